"""How many parcels an hour one edge sorts with CT, camera and image review, how late, and at what cost."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.load import SiteError
from tests.bench.line_rig import rates
from tests.bench.line_rig.rates import AtRate
from tests.bench.line_rig.site import DISK_BUDGET_MB, PITCH_MM
from tests.bench.rig.counting import percentile
from tests.bench.rig.result import FOLDER, Results, console_for_tables
from tests.bench.rig.waiting import BenchError

RISING = (1800, 3600, 5400, 7200, 9000, 10800, 12600, 14400)  # parcels an hour
FIRST_TARGET, AIM = 1800, 7200  # the figure of fast CT machines, and four times that
PSS_TARGET_MIB = 600

_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def run(
    rate: Annotated[
        list[int] | None, typer.Option(min=300, help="Parcels an hour; may be given again, in rising order.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=5, help="At each rate, once the belt is full.")] = 40.0,
) -> None:
    """One line with CT at rising rates, until parcels are late, unscanned, unreviewed or held back."""
    console = console_for_tables()
    results = Results("line")
    folder = FOLDER.absolute() / "line-run"
    rising = tuple(rate) if rate else RISING
    tried: list[AtRate] = []
    failed, limit = 0, "nothing failed"
    for each in rising:
        console.print(f"{each:,} parcels an hour for {seconds:g} s …")
        try:
            held = _held(folder, each, seconds, console)
        except SiteError as refused:
            failed, limit = each, f"at {each} an hour the site check refuses the line: {_why(refused)}"
            console.print(f"    {limit}")
            break
        tried.append(held)
        if held.wanting:
            failed, limit = each, f"at {each} an hour {held.wanting}"
            break
    if not tried:
        raise BenchError(f"no rate could be tried: {limit}")
    results.under(_line_in_words(tried[0].broker))
    _report_limit(results, rising, tried, seconds, limit)
    if failed:
        results.add("limit", failed, "1/h", 1, f"the first rate that was not sustained: {limit}")
    for held in tried:
        _report_rate(results, held, f"_at_{held.rate:g}")
    results.show(console, without="_at_")
    _show_rates(tried, console)
    console.print(f"written to {results.write()}")


def _held(folder: Path, rate: int, seconds: float, console: Console) -> AtRate:
    """A rate held, once more if something was wanting: another program may have had the machine."""
    held = rates.hold(folder, rate, seconds)
    if held.wanting:
        console.print(f"    {held.wanting}: once more …")
        held = rates.hold(folder, rate, seconds)
    if held.wanting:
        console.print(f"    {held.wanting}")
    return held


def _why(refused: SiteError) -> str:
    return "; ".join(": ".join(filter(None, (each.key, each.expectation))) for each in refused.problems)


def _line_in_words(broker: str) -> str:
    return (
        "the line of the shipped site demo, its places unchanged, at other belt speeds; one edge (agent with "
        "its journal in SQLite, synchronous FULL; CT receiver, classical reviewer, camera recorder, each a "
        f"process), {broker} and a subscriber that receipts, no centre; the simulated plant on all wires: "
        "Modbus TCP scanned each 10 ms, pseudo terminals, C-STORE of two DICOS objects (192×128×128, 12.6 MB "
        "together) 0.8 s after the tunnel, H.264 over RTSP; clean parcels of 200 to 600 mm at a pitch of "
        f"about {PITCH_MM} mm; plant, rendering, broker and subscriber share the cores with the "
        f"edge; evidence lies on the machine's disk, volumes fsynced, disk_budget_mb {DISK_BUDGET_MB:,}"
    )


def _report_limit(
    results: Results, rising: tuple[int, ...], tried: list[AtRate], seconds: float, limit: str
) -> None:
    best = next((held for held in reversed(tried) if not held.wanting), None)
    conditions = (
        f"the highest of {', '.join(map(str, rising))} an hour, {seconds:g} s each with the belt full, two "
        "tries, at which each parcel was scanned, reviewed and its lane accepted before the cut-off, at "
        f"least {rates.LEAST_RELEASED:.0%} of them, all clean, were released and each was reported; limit: "
        f"{limit}"
    )
    count = best.seen.steps.items if best else 0
    sustained = best.per_hour if best else 0.0
    results.add("parcels_per_hour", sustained, "1/h", count, conditions)
    for target in (FIRST_TARGET, AIM):
        results.add(f"ratio_to_{target}", sustained / target, "", count, conditions)
    if best:
        _report_rate(results, best, "")


def _report_rate(results: Results, held: AtRate, suffix: str) -> None:
    """All figures of one rate; those of the highest sustained one stand without suffix, too."""
    found, steps = held.seen, held.seen.steps
    conditions = (
        f"{held.rate:g} an hour for {held.span_s:.0f} s: belt at {held.speed_mm_s / 1000:g} m/s, "
        f"{held.decision_s:.1f} s from the deciding eye to the cut-off, {held.after_tunnel_s:.1f} s from the "
        f"tunnel's end; plant behind by {held.slipped_ms} ms; {held.wanting or 'sustained'}"
    )

    def spans(name: str, values_ms: tuple[float, ...], label: str) -> None:
        for word, share in _SHARES:
            if values_ms:
                key = f"{name}_{word}{suffix}"
                value = percentile(values_ms, share)
                results.add(key, value, "ms", len(values_ms), f"{label}; {conditions}")

    spans(
        "ct_to_lane_ms", found.to_lane_ms, "last byte of an image's C-STORE to the release lane's acceptance"
    )
    spans("store_ms", found.store_ms, "request for the association to the second object's success")
    spans("review_ms", found.review_ms, "the reviewer's own time for a scan")
    spans("event_to_lane_ms", steps.accepted_ms, "deciding eye's event in the ring to its lane accepted")
    items = steps.items
    results.add(f"inducted_per_hour{suffix}", held.per_hour, "1/h", items, conditions)
    results.add(f"released{suffix}", 100 * held.released, "%", steps.diverted, conditions)
    for key, count in (
        ("not_scanned", items - found.scanned),
        ("not_reviewed_in_time", items - found.reviewed),
        ("late", steps.late),
        ("missed", steps.missed),
    ):
        results.add(f"{key}{suffix}", count, "parcels", items, conditions)
    evidence = "parcels with both volumes, report, still and clip on record"
    results.add(f"evidence_complete{suffix}", held.complete, "", items, f"{evidence}; {conditions}")
    _report_cost(results, held, suffix, conditions)


def _report_cost(results: Results, held: AtRate, suffix: str, conditions: str) -> None:
    items = held.seen.steps.items
    sharing = "libraries' pages are shared with the plant's processes, too; the most seen"
    results.add(f"pss_mib_edge{suffix}", held.pss_total_mib, "MiB", items, f"{sharing}; {conditions}")
    alone = "the edge's memory were the plant's processes not there to share libraries with"
    results.add(f"memory_mib_edge_alone{suffix}", held.alone_mib, "MiB", items, f"{alone}; {conditions}")
    for name, mib in held.pss_mib.items():
        results.add(f"pss_mib_{name}{suffix}", mib, "MiB", items, f"{sharing}; {conditions}")
    for whose, shares in (("edge", held.edge_share), ("others", held.other_share)):
        share = sum(shares.values())
        results.add(f"cpu_share_{whose}{suffix}", share, "of a core", items, conditions)
        spent_s = share * held.span_s / max(1, items)
        results.add(f"cpu_s_per_parcel_{whose}{suffix}", spent_s, "s", items, conditions)
        for name, each in shares.items():
            results.add(f"cpu_share_{name}{suffix}", each, "of a core", items, conditions)
    results.add(f"cpu_share_machine{suffix}", held.machine_share, "of all cores", items, conditions)


def _show_rates(tried: list[AtRate], console: Console) -> None:
    """What the rates showed, side by side."""
    targets = f"targets: {FIRST_TARGET:,} and {AIM:,} parcels/h, {PSS_TARGET_MIB} MB"
    table = Table("at", *(f"{held.rate:,g}/h" for held in tried), title=f"by rate; {targets}")
    rows: tuple[tuple[str, Callable[[AtRate], str]], ...] = (
        ("parcels/h", lambda held: f"{held.per_hour:,.0f}"),
        ("belt m/s", lambda held: f"{held.speed_mm_s / 1000:g}"),
        ("deciding eye to cut-off s", lambda held: f"{held.decision_s:.1f}"),
        ("released", lambda held: f"{held.released:.1%}"),
        ("CT to lane ms p50 / p99", lambda held: _both(held.seen.to_lane_ms)),
        ("C-STORE ms p50 / p99", lambda held: _both(held.seen.store_ms)),
        ("review ms p50 / p99", lambda held: _both(held.seen.review_ms)),
        ("eye to lane ms p50 / p99", lambda held: _both(held.seen.steps.accepted_ms)),
        ("evidence complete", lambda held: f"{held.complete:.1%}"),
        ("edge's PSS MiB", lambda held: f"{held.pss_total_mib:.0f}"),
        ("edge's cores", lambda held: f"{sum(held.edge_share.values()):.2f}"),
        ("plant's, broker's, ear's cores", lambda held: f"{sum(held.other_share.values()):.2f}"),
        ("machine busy", lambda held: f"{held.machine_share:.0%}"),
        ("sustained", lambda held: held.wanting or "yes"),
    )
    for title, cell in rows:
        table.add_row(title, *(cell(held) for held in tried))
    console.print(table)


def _both(values_ms: tuple[float, ...]) -> str:
    if not values_ms:
        return "-"
    return f"{percentile(values_ms, 0.5):.0f} / {percentile(values_ms, 0.99):.0f}"
