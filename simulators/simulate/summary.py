"""The seeds of a run taken together: the report as JSON and as a table."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table

from simulators.memory.fault_board import Fault
from simulators.memory.fault_plan import Level
from simulators.simulate.seed_run import SeedReport


def summary(reports: Sequence[SeedReport], level: Level, hours: float, wall_s: float) -> dict[str, Any]:
    """What the issue of record wants to know of a run, in a dict that goes into JSON."""
    parcels = sum(each.tallies.parcels for each in reports)
    belt_s = sum(each.belt_s for each in reports)
    untouched = sum(each.tallies.clean_untouched for each in reports)
    unaided = sum(each.tallies.clean_untouched_released_unaided for each in reports)
    kills = _added(each.kill_coverage for each in reports)
    met = _added(each.pairs_met for each in reports)
    return {
        "faults": level.value,
        "hours": hours,
        "seeds": [each.seed for each in reports],
        "ok": all(each.ok for each in reports),
        "parcels": parcels,
        "violations": [
            {"seed": each.seed, **msgspec.to_builtins(violation)}
            for each in reports
            for violation in each.violations
        ],
        "crashes": [{"seed": each.seed, "error": error} for each in reports for error in each.crashes],
        "clean_released_unaided": round(unaided / untouched, 5) if untouched else None,
        "clean_untouched": untouched,
        "parcels_per_second": round(parcels / wall_s, 1) if wall_s else None,
        "speed_ratio": round(belt_s / wall_s, 1) if wall_s else None,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(sum(each.cpu_s for each in reports), 1),
        "fault_coverage": _fault_coverage(reports),
        "kill_coverage": {pair: kills[pair] for pair in sorted(met)},
        "pairs_met": dict(sorted(met.items())),
        "memory_growth_mb_per_100000": _growth(reports),
        "tallies": _tallies(reports),
        "hashes": {str(each.seed): each.hash for each in reports},
    }


def table(found: dict[str, Any]) -> Table:
    """The figures a person looks for first."""
    grid = Table(show_header=False, title=f"{len(found['seeds'])} seeds, faults {found['faults']}")
    coverage = {fault: sum(states.values()) for fault, states in found["fault_coverage"].items()}
    rare = sorted(coverage, key=lambda fault: coverage[fault])[:3]
    kills = found["kill_coverage"]
    least = min(kills.values(), default=0)
    share = found["clean_released_unaided"]
    for name, value in (
        ("parcels", f"{found['parcels']:,}"),
        ("violations", str(len(found["violations"]))),
        ("crashes", str(len(found["crashes"]))),
        ("clean, untouched, released unaided", "none" if share is None else f"{share:.2%}"),
        ("speed", f"{found['parcels_per_second']} parcels/s, {found['speed_ratio']} × real time"),
        ("faults", f"{sum(coverage.values()):,} of {len(coverage)} kinds"),
        ("seen least", ", ".join(f"{fault} {coverage[fault]}" for fault in rare)),
        ("kills", f"{sum(kills.values()):,} between {len(kills)} pairs of steps, at least {least}"),
    ):
        grid.add_row(name, value)
    return grid


def _added(counts: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def _fault_coverage(reports: Sequence[SeedReport]) -> dict[str, dict[str, int]]:
    """Every fault there is, also one that was never seen."""
    found: dict[str, Counter[str]] = {fault.value: Counter() for fault in Fault}
    for each in reports:
        for fault, states in each.fault_coverage.items():
            found[fault].update(states)
    return {fault: dict(states) for fault, states in found.items()}


def _tallies(reports: Sequence[SeedReport]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    lanes: Counter[str] = Counter()
    for each in reports:
        counts = msgspec.to_builtins(each.tallies, str_keys=True)
        lanes.update(counts.pop("by_lane"))
        total.update(counts)
    return {**total, "by_lane": dict(lanes)}


def _growth(reports: Sequence[SeedReport]) -> float | None:
    """Over the last half of the longest seed; None if it is too short to say."""
    longest = max(reports, key=lambda each: each.tallies.parcels, default=None)
    if longest is None or len(longest.memory_mb) < 4:
        return None
    half = longest.memory_mb[len(longest.memory_mb) // 2 :]
    (from_parcels, from_mb), (to_parcels, to_mb) = half[0], half[-1]
    return round((to_mb - from_mb) / (to_parcels - from_parcels) * 100_000, 3)
