"""How many results a second the centre takes in, through a real broker into a database of a million passages.

A result is one record of a line (a verdict, or where the item really went): one MQTT message, received by the
centre, committed to its database with SQLite's full durability, and receipted back to the line.
"""

import subprocess
import time
import urllib.request
from math import ceil
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from config.settings import Site
from simulators import health
from simulators.processes import Program, Supervisor
from tests.bench.centre import grown
from tests.bench.centre.load import WINDOW, Outcome, Task
from tests.bench.centre.plain_sql import Rewriting, Written
from tests.bench.rig import site as bench_site
from tests.bench.rig.broker import broker_program, part, redpeak
from tests.bench.rig.cost import CpuMeter, pss_mib
from tests.bench.rig.counting import percentile, slowest
from tests.bench.rig.result import FOLDER, Results, console_for_tables
from tests.bench.rig.waiting import BenchError, wait_until

WARM_S = 5.0
CALM_RATE = 100.0  # records a second: the load of a dozen busy lines
CALM_S = 10.0
PAPERS_PER_S = 4_000  # a release needs papers, and half of all records are verdicts
LEAST_PAPERS = 300_000  # so that short runs share the prepared database with whole ones
MOST_REWRITTEN = 100_000


class Measured(Struct, frozen=True):
    """One load and what the programs used meanwhile; shares are of one core."""

    outcome: Outcome
    seconds: float
    commits: int
    messages: int  # in those commits
    centre_share: float
    broker_share: float


class UnderLoad(Struct, frozen=True):
    """What the running centre showed."""

    broker: str
    loaded: Measured
    calm: Measured
    pss_mib: float


def run(
    seconds: Annotated[float, typer.Option(min=1, help="Of sustained load.")] = 60.0,
    lines: Annotated[int, typer.Option(min=1, help=f"That send at once, {WINDOW} records ahead each.")] = 4,
    passages: Annotated[int, typer.Option(min=10_000, help="In the database before.")] = 1_000_000,
) -> None:
    """Results a second through broker and centre into SQLite, beside the same rows by plain SQL."""
    console = console_for_tables()
    results = Results("ingest")
    papers = max(LEAST_PAPERS, ceil((seconds + WARM_S + CALM_S) * PAPERS_PER_S))
    size = grown.Size(lines, passages, papers)
    folder = FOLDER.absolute() / "ingest-run"
    site, file = bench_site.lay(folder, lines=lines)
    prepared = grown.grown(FOLDER.absolute() / "cache", site, size, console.print)
    task = Task(
        site=str(file),
        data=str(folder),
        first=passages // lines,
        last=(passages + size.papers) // lines,
        first_sequence=2 * (passages // lines) + 1,
        warm_s=WARM_S,
        seconds=seconds,
        rate=0.0,
    )
    ran, again = folder / "central.db", folder / "plain.db"
    grown.copy(prepared, ran)
    under = _under_load(site, file, folder, task, console)
    console.print("the same rows by plain SQL …")
    grown.copy(prepared, again)
    loaded = under.loaded
    batch = max(1, round(loaded.messages / max(1, loaded.commits)))
    rewriting = Rewriting(ran, again, lines=lines, first_item=task.first, first_sequence=task.first_sequence)
    plain = rewriting.run(batch, min(MOST_REWRITTEN, len(loaded.outcome.receipted_s)))
    _report(results, size, under, plain)
    results.show(console)
    console.print(f"written to {results.write()}")
    for each in (ran, again):
        each.unlink(missing_ok=True)


def _under_load(site: Site, file: Path, folder: Path, task: Task, console: Console) -> UnderLoad:
    """Start broker and centre, put the full and then the calm load on them, and stop them."""
    supervisor = Supervisor(folder / "log")
    try:
        program, broker = broker_program(site, file, folder)
        supervisor.start(program)
        wait_until(
            lambda: health.broker_answers(site.broker, folder),
            f"{broker} answers; see {folder}/log",
            alive=lambda: supervisor.alive("broker"),
        )
        words = ("central", "run", "--site", str(file), "--data", str(folder))
        supervisor.start(Program("central", redpeak(*words)))
        wait_until(
            lambda: health.centre_answers(site.centre),
            f"the centre answers; see {folder}/log",
            alive=lambda: supervisor.alive("central"),
        )
        console.print(f"{task.seconds:g} s of load from {len(site.lines)} lines through {broker} …")
        loaded = _measure(site, supervisor, task)
        memory_mib = pss_mib(supervisor.pid("central"))
        console.print(f"{CALM_S:g} s at {CALM_RATE:g} records a second …")
        after = msgspec.structs.replace(
            task,
            first=loaded.outcome.next_item,
            first_sequence=loaded.outcome.next_sequence,
            warm_s=1.0,
            seconds=CALM_S,
            rate=CALM_RATE,
        )
        return UnderLoad(broker, loaded, _measure(site, supervisor, after), memory_mib)
    finally:
        supervisor.stop()


def _measure(site: Site, supervisor: Supervisor, task: Task) -> Measured:
    """Run one load and read the meters at its two ends."""
    process = subprocess.Popen(
        part("centre.load", msgspec.json.encode(task).decode()), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        _expect(process.stdout.readline(), "began")
        meters = [CpuMeter(supervisor.pid(name)) for name in ("central", "broker")]
        before, begun_s = _commits(site), time.monotonic()
        _expect(process.stdout.readline(), "ended")
        span_s = time.monotonic() - begun_s
        used_s = [meter.used_s() for meter in meters]
        after = _commits(site)
        outcome = msgspec.json.decode(process.stdout.readline(), type=Outcome)
        process.wait(10)
    finally:
        process.kill()
        process.wait()
    if not outcome.receipted_s or outcome.unreceipted:
        raise BenchError(f"{outcome.unreceipted} of {outcome.sent} records were never receipted")
    return Measured(
        outcome,
        task.seconds,
        after[0] - before[0],
        after[1] - before[1],
        used_s[0] / span_s,
        used_s[1] / span_s,
    )


def _expect(line: str, word: str) -> None:
    if line.strip() != word:
        raise BenchError(f"the load ended early: expected it to say {word!r}, it said {line.strip()[:200]!r}")


def _commits(site: Site) -> tuple[int, int]:
    """The centre's own count: commits so far, and messages in them."""
    with urllib.request.urlopen(f"http://{site.centre.host}:{site.centre.port}/metrics", timeout=5) as page:
        lines = [line.split(" ") for line in page.read().decode().splitlines() if line[0] != "#"]
    found = {
        name: float(value) for name, value in lines if name.startswith("redpeak_central_batch_messages_")
    }
    name = "redpeak_central_batch_messages_"
    return int(found[f"{name}count"]), int(found[f"{name}sum"])


def _report(results: Results, size: grown.Size, under: UnderLoad, plain: Written) -> None:
    broker, loaded, calm = under.broker, under.loaded, under.calm
    outcome, seconds = loaded.outcome, loaded.seconds
    count = len(outcome.receipted_s)
    batch = loaded.messages / max(1, loaded.commits)
    rows = 2 * size.passages
    results.under(
        f"{broker}, SQLite (WAL, synchronous FULL) from {size.passages:,} passages and {rows:,} events; a "
        "result is one record (verdict or end of a passage) received, committed and receipted; 7 of 8 "
        "passages are released and change the clearance list; load, broker and centre share the cores"
    )
    common = (
        f"{seconds:g} s after {WARM_S:g} s of warming up, {size.lines} lines with {WINDOW} records each sent "
        "ahead of their receipts"
    )
    rate = count / seconds
    results.add("sqlite_results_per_second", rate, "1/s", count, common)
    worst = slowest(outcome.receipted_s, 0.0, seconds, 10.0)
    results.add("sqlite_results_per_second_slowest_10s", worst, "1/s", count, common)
    plain_conditions = (
        f"the same rows by sqlite3 executemany on a copy of the same database, {plain.commits:,} commits of "
        f"{plain.records // max(1, plain.commits)} records, the same durability, values ready"
    )
    results.add("plain_sql_results_per_second", plain.per_second, "1/s", plain.records, plain_conditions)
    results.add(
        "sqlite_ratio_to_plain_sql", rate / plain.per_second, "", count, f"{common}; {plain_conditions}"
    )
    for name, measured in (("", loaded), (f"_at_{CALM_RATE:g}", calm)):
        latencies_ms = [1000 * each for each in measured.outcome.latencies_s]
        conditions = common if measured is loaded else f"{CALM_RATE:g} records a second for {CALM_S:g} s"
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            key = f"receipt_latency_ms{name}_{label}"
            results.add(key, percentile(latencies_ms, share), "ms", len(latencies_ms), conditions)
    results.add("records_per_commit", batch, "records", loaded.commits, common)
    results.add("records_resent", outcome.resent, "records", outcome.sent, common)
    events = rows + outcome.sent + calm.outcome.sent
    results.add("rows_events", events, "rows", 1, "in the database at the end")
    results.add("cpu_share_centre", loaded.centre_share, "of a core", count, common)
    results.add("cpu_share_broker", loaded.broker_share, "of a core", count, common)
    results.add("cpu_share_load", outcome.used_s / seconds, "of a core", count, common)
    results.add("pss_mib_centre", under.pss_mib, "MiB", 1, common)
