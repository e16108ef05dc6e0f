"""What a run shows: a live line of figures while it goes, a table at its end, and both as JSON."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from simulators.health import Records
from simulators.oracle import Report
from simulators.plant import PlantStatus

_WIDEST = 240


class Progress(Struct, frozen=True):
    """How far `up` is, as data/run.json tells; `phase` is starting, running, idle, draining, judging or
    stopped."""

    phase: str
    console: str
    at: datetime
    parcels: int | None = None
    inducted: int = 0
    on_belt: int = 0
    lanes: dict[str, int] = {}
    recorded: int = 0
    outbox: int = 0
    restarts: dict[str, int] = {}
    killed: tuple[str, ...] = ()
    done: bool = False


def progress(
    phase: str,
    console: str,
    status: PlantStatus | None,
    records: Records | None,
    *,
    parcels: int | None = None,
    restarts: dict[str, int] | None = None,
    killed: tuple[str, ...] = (),
) -> Progress:
    """The figures of this moment, from what plant and centre say."""
    return Progress(
        phase=phase,
        console=console,
        at=datetime.now(UTC),
        parcels=parcels,
        inducted=status.inducted if status else 0,
        on_belt=status.on_belt if status else 0,
        lanes=status.lanes if status else {},
        recorded=records.closed if records else 0,
        outbox=records.outbox if records else 0,
        restarts=restarts or {},
        killed=killed,
        done=status.done if status else False,
    )


def write_json(path: Path, content: object) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    fresh.replace(path)


def log_tail(path: Path, lines: int = 8) -> list[str]:
    """The end of a program's log, for people: one short line an entry, repetitions once."""
    shown: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        entry = _entry(line)[:_WIDEST]
        if entry and entry not in shown[-1:]:
            shown.append(entry)
    return shown[-lines:]


def _entry(line: str) -> str:
    """A log line without its JSON; of a traceback only what it ends with."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return line.strip()
    ended = str(fields.pop("exception", "")).strip().rpartition("\n")[2]
    words = [str(fields.pop("level", "")), str(fields.pop("event", ""))]
    words += [f"{key}={value}" for key, value in fields.items() if key not in {"at", "logger", "process"}]
    return " ".join(filter(None, (*words, ended)))


def live_line(now: Progress) -> str:
    """One line of figures, rich markup."""
    of = f" of {now.parcels:,}" if now.parcels else ""
    lanes = "  ".join(f"{name} {count:,}" for name, count in now.lanes.items())
    parts = [f"[b]{now.inducted:,}[/] inducted{of}", f"{now.on_belt} on the belt", lanes]
    parts.append(f"{now.recorded:,} recorded" + (f", {now.outbox} on the way" if now.outbox else ""))
    if restarted := ", ".join(f"{name} {count}" for name, count in now.restarts.items() if count):
        parts.append(f"restarted: {restarted}")
    return " · ".join(parts)


def show_report(console: Console, report: Report) -> None:
    """The oracle's findings as tables for people."""
    share = report.clean_released_unaided / report.clean if report.clean else 1.0
    table = Table("", "", title=f"Run with seed {report.seed}", title_justify="left", show_header=False)
    rows: dict[str, Any] = {
        "parcels": f"{report.parcels:,} on {report.inducted:,} trips",
        "records": f"{report.recorded:,}; lost {report.lost}, twice {report.duplicated}",
        "wrong lane": f"{report.misrouted}; released against the rules {report.wrongly_released}",
        "touched by a fault": f"{report.touched_by_fault}",
        "clean, released unaided": f"{report.clean_released_unaided:,} of {report.clean:,} ({share:.1%})",
        "decision eye to lane": (
            f"p50 {report.event_to_lane_ms.p50} ms, p95 {report.event_to_lane_ms.p95} ms, "
            f"p99 {report.event_to_lane_ms.p99} ms"
        ),
        **_image_rows(report),
        "lanes": ", ".join(f"{name} {count:,}" for name, count in sorted(report.by_lane.items())),
        "reasons": ", ".join(
            f"{name} {count:,}" for name, count in sorted(report.by_reason.items(), key=lambda pair: -pair[1])
        ),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    for failure in report.failures:
        console.print(f"[red]✗[/] {failure}")
    console.print(
        "[green]✓ the run came out right[/]" if report.ok else "[red]the run did not come out right[/]"
    )


def _image_rows(report: Report) -> dict[str, str]:
    """What a run on a line with CT scanner and cameras says of their images."""
    if not report.scan_faults:
        return {}
    taken = report.ct_to_lane_ms
    faults = (f"{name} {each['right']}/{each['occurred']}" for name, each in report.scan_faults.items())
    kinds = sorted(report.exceptions.items(), key=lambda pair: -pair[1])
    return {
        "image to lane": f"p50 {taken.p50} ms, p95 {taken.p95} ms, p99 {taken.p99} ms",
        "image past the cut-off": f"{report.share_past_cutoff:.1%} of those sent in time",
        "image exceptions": ", ".join(f"{kind} {count:,}" for kind, count in kinds),
        "scan faults, right/occurred": ", ".join(faults),
        "wrong volume cleared": f"{report.wrong_volume_cleared}",
        "evidence complete": f"{report.evidence_complete:.1%}",
    }
