"""Tells whether a run came out right: the plant's truth against the lanes and what the centre recorded.

It knows no verdict code: what is right follows from what each parcel is and what physically happened to it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from config.settings import LaneRole, Line, Site
from simulators import truth
from simulators.books import audit
from simulators.categories import CLEAN_CATEGORIES, SCAN_FAULTS, Category, categories
from simulators.fates import Fate, Run, Trip, last_run, release_lane
from simulators.imaging import examine
from simulators.occurred import occurred
from simulators.records import Records, read_records

REQUIRED = 10  # parcels of each category …
REQUIRED_FROM = 300  # … in a run of so many
CLEAN_SHARE = 0.99  # of the clean parcels released without a hand
CLEAN_SHARE_WITH_FAULTS = 0.97  # … of those no fault touched; a run on a line with CT always has scan faults

_FAULTY = SCAN_FAULTS | {Category.ENERGIES_APART}


class Latency(Struct, frozen=True):
    """In the controller's milliseconds; 0 if none was measured."""

    p50: int
    p95: int
    p99: int


class Report(Struct, frozen=True):
    """What the oracle found. Inducted, recorded, lost and duplicated count trips, the others parcels.

    `touched_by_fault` are those a fault sent to a safer lane than theirs: they are not misrouted.
    """

    seed: int
    parcels: int
    inducted: int
    recorded: int
    lost: int
    duplicated: int
    misrouted: int
    wrongly_released: int
    touched_by_fault: int
    clean: int
    clean_released_unaided: int
    by_lane: dict[str, int]
    by_reason: dict[str, int]
    by_category: dict[str, dict[str, int]]
    event_to_lane_ms: Latency  # decision eye to the first lane command accepted
    ct_to_lane_ms: Latency  # last byte of an image to the first lane command accepted after it
    share_past_cutoff: float  # of the images sent in time, those reviewed too late
    exceptions: dict[str, int]  # of images and correlation, by kind
    scan_faults: dict[str, dict[str, int]]  # as by_category, and how many really came about
    evidence_complete: float  # share of passages scanned or filmed of which all files are on record
    wrong_volume_cleared: int  # released without a sound image of their own
    ok: bool
    failures: tuple[str, ...]


def report(
    truth_log: Path, database: str | Path, site: Site, line: Line, *, with_faults: bool = False
) -> dict[str, Any]:
    """Judge the last run in a truth log; `with_faults` when something was killed or cut on purpose.

    `database` is a SQLite file or a SQLAlchemy URL. Returns `Report` as a dict that goes into JSON.
    """
    run = last_run(truth.read(truth_log))
    records = read_records(database, site.id, line.id)
    return msgspec.to_builtins(judge(run, records, line, with_faults=with_faults), str_keys=True)


def judge(run: Run, records: Records, line: Line, *, with_faults: bool = False) -> Report:
    """Judge a run against the centre's records."""
    fates = tuple(run.fates.values())
    arrived = [fate for fate in fates if fate.end]
    unfinished = sum(not fate.end and not fate.at_bench_by_hand for fate in fates)
    astray = [fate for fate in arrived if not _is_right(run, records, line, fate)]
    excused = [fate for fate in astray if _is_safer(fate)]
    misrouted = [fate for fate in astray if not _is_safer(fate)]
    wrongly_released = [
        fate for fate in arrived if fate.released and LaneRole.RELEASE not in _roles(run, records, fate)
    ]
    clean = [fate for fate in fates if fate.parcel.category in CLEAN_CATEGORIES]
    unaided = [fate for fate in clean if fate.released and not _by_officer(records, fate)]
    books = audit(run, records)
    imaging = examine(run, records, line)
    by_category = _by_category(categories(line), fates, arrived, astray)
    failures = (
        *books.failures(),
        *_route_failures(unfinished, misrouted, wrongly_released),
        *_category_failures(categories(line), fates),
        *_occurrence_failures(run, fates),
        *_clean_failures(clean, unaided, with_faults or line.ct is not None),
        *imaging.failures(),
    )
    names = {lane.number: lane.name for lane in line.lanes}
    return Report(
        seed=run.started.seed,
        parcels=len(fates),
        inducted=len(run.trips),
        recorded=books.recorded,
        lost=len(books.lost),
        duplicated=len(books.duplicated) + len(books.phantoms),
        misrouted=len(misrouted),
        wrongly_released=len(wrongly_released),
        touched_by_fault=len(excused),
        clean=len(clean),
        clean_released_unaided=len(unaided),
        by_lane=dict(Counter(names[fate.end.lane] for fate in fates if fate.end)),
        by_reason=dict(Counter(reason for key in run.trips for reason in records.reasons.get(key, ()))),
        by_category=by_category,
        event_to_lane_ms=_latency(_to_lane_ms(run.trips.values())),
        ct_to_lane_ms=_latency(imaging.to_lane_ms),
        share_past_cutoff=round(imaging.share_past_cutoff, 4),
        exceptions=imaging.exceptions,
        scan_faults={
            name: each | {"occurred": _occurred(run, fates, Category(name))}
            for name, each in by_category.items()
            if name in _FAULTY
        },
        evidence_complete=round(imaging.evidence_complete, 4),
        wrong_volume_cleared=len(imaging.wrong_volume_cleared),
        ok=not failures,
        failures=failures,
    )


def _by_officer(records: Records, fate: Fate) -> bool:
    return bool(fate.trips) and fate.trips[-1].key in records.officer_released


def _roles(run: Run, records: Records, fate: Fate) -> frozenset[LaneRole]:
    return run.right_roles(fate, officer_released=_by_officer(records, fate))


def _is_right(run: Run, records: Records, line: Line, fate: Fate) -> bool:
    end = fate.end
    if end is None or end.role not in _roles(run, records, fate):
        return False
    return end.role is not LaneRole.RELEASE or end.lane == release_lane(line, fate.parcel)


def _is_safer(fate: Fate) -> bool:
    """Whether a fault touched it and sent it to the bench, or to wait instead of leaving."""
    if not fate.touched or fate.end is None:
        return False
    waits = fate.end.role is LaneRole.WAIT and fate.parcel.right is LaneRole.RELEASE
    return waits or fate.end.role is LaneRole.INSPECT


def _route_failures(
    unfinished: int, misrouted: Sequence[Fate], wrongly_released: Sequence[Fate]
) -> Iterator[str]:
    if unfinished:
        yield f"{unfinished} parcels have not come to their last lane"
    if misrouted:
        yield f"{len(misrouted)} parcels lie in a wrong lane: {_listed(misrouted)}"
    if wrongly_released:
        yield f"{len(wrongly_released)} parcels were released without right: {_listed(wrongly_released)}"


def _category_failures(required: Sequence[Category], fates: Sequence[Fate]) -> Iterator[str]:
    if len(fates) < REQUIRED_FROM:
        return
    counts = Counter(fate.parcel.category for fate in fates)
    for category in required:
        if counts[category] < REQUIRED:
            yield f"only {counts[category]} parcels of category {category}, {REQUIRED} are required"


def _occurred(run: Run, fates: Iterable[Fate], category: Category) -> int:
    return sum(
        occurred(category, fate.trips[-1], run.started.energies)
        for fate in fates
        if fate.parcel.category is category and fate.trips
    )


def _occurrence_failures(run: Run, fates: Sequence[Fate]) -> Iterator[str]:
    if len(fates) < REQUIRED_FROM or not run.started.energies:
        return
    for category in sorted(_FAULTY):
        if (count := _occurred(run, fates, category)) < REQUIRED:
            yield f"{category} really happened to {count} parcels, {REQUIRED} are required"


def _clean_failures(clean: Sequence[Fate], unaided: Sequence[Fate], with_faults: bool) -> Iterator[str]:
    least = CLEAN_SHARE_WITH_FAULTS if with_faults else CLEAN_SHARE
    counted = [fate for fate in clean if not (with_faults and fate.touched)]
    released = [fate for fate in unaided if not (with_faults and fate.touched)]
    if counted and len(released) < least * len(counted):
        left = [fate for fate in counted if fate not in released]
        yield (
            f"{len(released)} of {len(counted)} clean parcels were released without a hand, "
            f"{least:.0%} are required; left: {_listed(left)}"
        )


def _listed(fates: Sequence[Fate], most: int = 5) -> str:
    """The first few, by number, category and lane: enough to look them up."""
    first = (
        f"{fate.parcel.number} ({fate.parcel.category}, lane {fate.end.lane if fate.end else 'none'})"
        for fate in fates[:most]
    )
    return ", ".join(first) + (", …" if len(fates) > most else "")


def _by_category(
    possible: Sequence[Category], fates: Sequence[Fate], arrived: Sequence[Fate], astray: Sequence[Fate]
) -> dict[str, dict[str, int]]:
    made = Counter(fate.parcel.category for fate in fates)
    there = Counter(fate.parcel.category for fate in arrived)
    wrong = Counter(fate.parcel.category for fate in astray)
    return {
        category.value: {"parcels": made[category], "right": there[category] - wrong[category]}
        for category in possible
    }


def _to_lane_ms(trips: Iterable[Trip]) -> list[int]:
    return sorted(
        trip.accepted_ms[0] - trip.due_ms for trip in trips if trip.due_ms is not None and trip.accepted_ms
    )


def _latency(taken_ms: Sequence[int]) -> Latency:
    """Percentiles of sorted times."""
    if not taken_ms:
        return Latency(0, 0, 0)
    p50, p95, p99 = (taken_ms[min(len(taken_ms) - 1, len(taken_ms) * share // 100)] for share in (50, 95, 99))
    return Latency(p50, p95, p99)
