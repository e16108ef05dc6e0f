"""How fast one edge agent sorts on real wires, what it reports and loses, and what it costs; without CT."""

from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.bench.rig.counting import percentile
from tests.bench.rig.result import FOLDER, Results, console_for_tables
from tests.bench.rig.site import DECISION_S, PITCH_MM
from tests.bench.sorting_rig import faults, plant, rates
from tests.bench.sorting_rig.faults import Survived
from tests.bench.sorting_rig.peers import MEASURED_PEERS, Peer
from tests.bench.sorting_rig.rates import AtRate

RATES = (5, 20, 50)  # items a second, the peers' own
USUAL = 5  # of them, the rate for the figures of latency and cost: 18,000 parcels an hour
RISING = (10, 15, 20, 30, 40, 50, 60, 80, 100)


class Part(StrEnum):
    """What can be run alone."""

    RATES = "rates"
    CAPACITY = "capacity"
    BROKER = "broker"
    AGENT = "agent"
    PLC = "plc"


def run(
    only: Annotated[
        list[Part] | None, typer.Option(help="This part, may be given again; the others keep their figures.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=2, help="At each of the fixed rates.")] = 20.0,
    poll_ms: Annotated[
        int, typer.Option(min=1, help="The site's poll_ms: the agent's rest between looks.")
    ] = 10,
    step_seconds: Annotated[float, typer.Option(min=2, help="At each of the rising rates.")] = 8.0,
) -> None:
    """One line at 5, 20 and 50 items a second, at its limit, and with broker, agent or PLC link dead."""
    console = console_for_tables()
    parts = only or list(Part)
    results = Results("sorting", keep=only is not None)
    folder = FOLDER.absolute() / "sorting-run"
    if Part.RATES in parts:
        for rate in RATES:
            console.print(f"{rate} items a second for {seconds:g} s …")
            _report_rate(results, rates.hold(folder, rate, seconds, poll_ms), seconds, poll_ms)
    if Part.CAPACITY in parts:
        _find_capacity(results, console, folder, step_seconds, poll_ms)
    for part, key, go, dead_s in (
        (Part.BROKER, "broker_killed_20s", faults.broker_killed, 20.0),
        (Part.AGENT, "agent_killed_5s", faults.agent_killed, 5.0),
        (Part.PLC, "plc_link_dead_20s", faults.plc_link_dead, 20.0),
    ):
        if part in parts:
            console.print(f"{key.replace('_', ' ')}, at {faults.RATE:g} items a second …")
            _report_fault(results, key, go(folder, dead_s, poll_ms), poll_ms)
    results.show(console)
    _show_peers(results, console)
    console.print(f"written to {results.write()}")


def _line_in_words(broker: str, poll_ms: int) -> str:
    return (
        f"one agent process on its own journal (SQLite, synchronous FULL), poll_ms {poll_ms}; {broker}; belt "
        f"and controller of the simulators scanned each {plant.SCAN_S * 1000:g} ms, Modbus TCP; two scanners "
        f"and a scale on pseudo terminals at 115200 baud; clean parcels at {PITCH_MM} mm pitch, belt speed "
        f"to match; {DECISION_S * 1000:g} ms from the deciding eye to the cut-off; plant, broker and "
        "subscriber share the cores"
    )


def _report_rate(results: Results, held: AtRate, seconds: float, poll_ms: int) -> None:
    seen, suffix = held.steps, f"_at_{held.rate:g}"
    conditions = f"{held.rate:g} items a second for {seconds:g} s, plant behind by {held.slipped_ms} ms"
    results.under(_line_in_words(held.broker, poll_ms))
    for name, spans, label in (
        ("event_to_lane_ms", seen.accepted_ms, "deciding eye's event in the ring to lane command accepted"),
        (
            "event_to_command_ms",
            seen.commanded_ms,
            "the same to the agent's write, without the controller's scan",
        ),
        (
            "event_to_mqtt_ms",
            seen.reported_ms,
            "event of the lane in the ring to the closed record at a subscriber",
        ),
    ):
        for share, word in ((0.5, "p50"), (0.99, "p99")):
            if spans:
                key = f"{name}_{word}{suffix}"
                results.add(key, percentile(spans, share), "ms", len(spans), f"{label}; {conditions}")
    missed = 100 * seen.missed / max(1, seen.diverted)
    results.add(
        f"missed{suffix}", missed, "%", seen.diverted, f"items in a lane without a record; {conditions}"
    )
    results.add(
        f"late{suffix}", seen.late, "items", seen.items, f"cut-off passed without a lane; {conditions}"
    )
    released = 100 * seen.released / max(1, seen.diverted)
    reasons = (
        ", ".join(f"{count} {reason}" for reason, count in sorted(seen.reasons.items())) or "all released"
    )
    results.add(
        f"released{suffix}", released, "%", seen.diverted, f"of clean parcels: {reasons}; {conditions}"
    )
    results.add(f"cpu_share_edge{suffix}", held.cpu_share, "of a core", seen.items, conditions)
    if held.rate == USUAL:
        for word, share in (("p50", 0.5), ("p99", 0.99)):
            spans = seen.accepted_ms
            if spans:
                results.add(
                    f"event_to_lane_ms_{word}", percentile(spans, share), "ms", len(spans), conditions
                )
        results.add("cpu_share_edge", held.cpu_share, "of a core", seen.items, conditions)
        results.add("pss_mib_edge", held.pss_mib, "MiB", 1, conditions)


def _find_capacity(results: Results, console: Console, folder: Path, seconds: float, poll_ms: int) -> None:
    tried: list[AtRate] = []
    for rate in RISING:
        console.print(f"rising: {rate} items a second for {seconds:g} s …")
        held = rates.hold(folder, rate, seconds, poll_ms)
        if held.wanting:
            console.print(f"    {held.wanting}: once more, in case something else had the machine …")
            held = rates.hold(folder, rate, seconds, poll_ms)
        tried.append(held)
        if held.wanting:
            break
    results.under(_line_in_words(tried[0].broker, poll_ms))
    rising = (
        f"the highest of {', '.join(str(rate) for rate in RISING)} items a second, {seconds:g} s each, "
        "two tries, with"
    )
    kept = (
        f"every lane accepted before the cut-off, p99 of eye to lane at most {rates.LIMIT_MS:g} ms and every "
        "item reported"
    )
    best, limit = rates.sustained(tried, lambda each: each.wanting)
    conditions = f"{rising} {kept}; {limit or 'nothing failed'}"
    count = best.steps.items if best else 0
    results.add("parcels_per_hour", 3600 * best.inducted_a_second if best else 0, "1/h", count, conditions)
    if best:
        p99_ms = percentile(best.steps.accepted_ms, 0.99)
        results.add("event_to_lane_ms_p99_at_limit", p99_ms, "ms", count, f"at {best.rate:g} items a second")
        results.add(
            "cpu_share_edge_at_limit", best.cpu_share, "of a core", count, f"at {best.rate:g} items a second"
        )
    best, limit = rates.sustained(tried, lambda each: each.unreleased)
    conditions = (
        f"{rising} {kept}, and at least {rates.LEAST_RELEASED:.0%} of the parcels, all clean, released; "
        f"{limit or 'nothing failed'}"
    )
    count = best.steps.items if best else 0
    results.add(
        "parcels_per_hour_released", 3600 * best.inducted_a_second if best else 0, "1/h", count, conditions
    )


def _report_fault(results: Results, key: str, survived: Survived, poll_ms: int) -> None:
    conditions = (
        f"dead for {survived.dead_s:g} s at {faults.RATE:g} items a second, {survived.in_gaps} items in gap "
        f"records, {survived.twice} with two records of their end"
    )
    results.under(_line_in_words(survived.broker, poll_ms))
    back = "until the first record arrived" if key.startswith("broker") else "until induction was open"
    caught = "until all items sorted meanwhile were reported"
    lost = "inducted and neither reported nor in a gap record"
    results.add(f"lost_{key}", survived.lost, "items", survived.items, f"{lost}; {conditions}")
    for name, value, what in (("back", survived.back_s, back), ("caught_up", survived.caught_up_s, caught)):
        if isfinite(value):  # else it did not happen within the trial, and there is no such figure
            results.add(f"{name}_s_{key}", value, "s", survived.items, f"{what}; {conditions}")


def _show_peers(results: Results, console: Console) -> None:
    """Beside what the same machine class showed of other software; `-` where this run did not measure."""
    table = Table(
        "",
        "missed at 5 / 20 / 50 per s",
        "p50 / p99 ms at 50 per s",
        "CPU of a core at 50 per s",
        "broker killed 20 s",
        "edge killed 5 s",
        "PLC link dead 20 s",
        title="beside measured peers",
    )
    for peer in MEASURED_PEERS:
        table.add_row(*_peer_cells(peer))
    missed = " / ".join(results.worded(f"missed_at_{rate}", "{:g}") for rate in RATES)
    table.add_row(
        "Redpeak, one agent",
        f"{missed} %",
        f"{results.worded('event_to_mqtt_ms_p50_at_50', '{:.1f}')} / "
        f"{results.worded('event_to_mqtt_ms_p99_at_50', '{:.1f}')}",
        results.worded("cpu_share_edge_at_50", "{:.0%}"),
        *(
            f"{results.worded(f'lost_{key}', '{:g}')} lost, "
            f"back in {results.worded(f'back_s_{key}', '{:.1f}')} s"
            for key in ("broker_killed_20s", "agent_killed_5s", "plc_link_dead_20s")
        ),
    )
    console.print(table)


def _peer_cells(peer: Peer) -> tuple[str, ...]:
    missed = " / ".join(f"{share:g}" for share in peer.missed)
    return (
        peer.name,
        f"{missed} %",
        f"{peer.p50_ms:g} / {peer.p99_ms:g}",
        f"{peer.cpu_percent:g}%",
        peer.broker_killed_20s,
        peer.killed_5s,
        peer.plc_link_dead_20s,
    )
