"""`redpeak simulate`: hours of belt in seconds, with everything going wrong, every promise checked."""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from config.load import parse_site, read_site, shipped_site, shipped_sites
from config.settings import Site
from simulators.memory.fault_plan import Level
from simulators.simulate.seed_run import Order, SeedReport, run_seed
from simulators.simulate.summary import summary, table


def add_to(app: typer.Typer) -> None:
    """Add the `simulate` command."""
    app.command("simulate")(simulate)


def simulate(
    hours: Annotated[float, typer.Option(min=0.01, help="Hours of belt for each seed.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The first seed: the same seed gives the same run.")] = 1,
    faults: Annotated[Level, typer.Option(help="How much goes wrong.")] = Level.LIGHT,
    report: Annotated[Path | None, typer.Option(help="Where the report goes, as JSON.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, one after the other.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="How many of them at a time.")] = 1,
    parcels: Annotated[int | None, typer.Option(min=1, help="End a seed after so many parcels.")] = None,
    site: Annotated[str, typer.Option(help="A site file or a shipped site's name.")] = "demo",
    timeline: Annotated[bool, typer.Option(help="Show what led to a broken promise.")] = False,
) -> None:
    """Run the production agent and centre beside the plant in memory, under a virtual clock.

    Exits 0 only if no promise was broken. A seed that fails is replayed by the command that is printed.
    """
    console = Console(stderr=True)
    loaded = _site(site)
    orders = [
        Order(number, faults, hours * 3600, parcels, timeline or seeds == 1)
        for number in range(seed, seed + seeds)
    ]
    began_s = time.perf_counter()
    reports = _run_all(loaded, orders, jobs, console)
    found = summary(reports, faults, hours, time.perf_counter() - began_s)
    for each in reports:
        if not each.ok:
            _tell_failure(console, each, hours, faults, parcels, site)
    console.print(table(found))
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
        console.print(f"report: {report}")
    if not found["ok"]:
        raise typer.Exit(1)


def _run_all(site: Site, orders: list[Order], jobs: int, console: Console) -> list[SeedReport]:
    if jobs == 1:
        reports: list[SeedReport] = []
        for order in orders:
            reports.append(run_seed(site, order))
            _tell_seed(console, reports[-1])
        return reports
    found: dict[int, SeedReport] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = [pool.submit(_run_encoded, msgspec.json.encode(site), order) for order in orders]
        for future in as_completed(futures):
            each = msgspec.json.decode(future.result(), type=SeedReport)
            found[each.seed] = each
            _tell_seed(console, each)
    return [found[order.seed] for order in orders]


def _run_encoded(site: bytes, order: Order) -> bytes:
    return msgspec.json.encode(run_seed(msgspec.json.decode(site, type=Site), order))


def _tell_seed(console: Console, each: SeedReport) -> None:
    mark = "✓" if each.ok else "✗"
    faults = sum(sum(states.values()) for states in each.fault_coverage.values())
    console.print(
        f"{mark} seed {each.seed}: {each.tallies.parcels:,} parcels in {each.wall_s:.1f} s,"
        f" {faults} faults, {sum(each.kill_coverage.values())} kills, {len(each.violations)} violations",
        highlight=False,
    )


def _tell_failure(
    console: Console, each: SeedReport, hours: float, level: Level, parcels: int | None, site: str
) -> None:
    for error in each.crashes[:3]:
        console.print(f"✗ something ended by its own fault: {error}", highlight=False, markup=False)
    if each.timeline:
        console.print(each.timeline, highlight=False, markup=False)
    else:
        for violation in each.violations[:5]:
            console.print(f"✗ {violation}", highlight=False, markup=False)
    ends = f" --parcels {parcels}" if parcels is not None else ""
    where = f" --site {site}" if site != "demo" else ""
    console.print(
        f"replay: ./redpeak simulate --hours {hours:g} --seed {each.seed} --faults {level}"
        f"{ends}{where} --timeline",
        highlight=False,
        soft_wrap=True,
    )


def _site(name: str) -> Site:
    if name in shipped_sites():
        return parse_site(shipped_site(name), name)
    return read_site(Path(name))
