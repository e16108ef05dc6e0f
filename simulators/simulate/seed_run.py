"""One seed from beginning to end, in a process of its own."""

import asyncio
import logging
import os
import resource
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import structlog
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import Engine

from config.settings import Site
from simulators.memory.fault_plan import Level
from simulators.memory.simulation import Simulation
from simulators.memory.virtual_time import EPOCH, VirtualLoop
from simulators.parcels import endless
from simulators.promises.checker import Checker
from simulators.promises.findings import Tallies, Violation
from simulators.simulate.timeline import Timeline
from simulators.truth import Truth
from simulators.wires.ct_line import energies

_COARSE_S, _FINE_S = 0.1, 0.02  # a scan of the controller, and the agent's look at it
_FINE_EVERY = 4  # seeds
_SPEED_MM_S = 2000
_LOOK_EVERY_S = 5.0  # the checker at the centre's database
_MEMORY_FILES = Path("/dev/shm")  # noqa: S108  files there are as durable as the run needs
_MEMORY_EVERY = 5_000  # parcels
_PAGE = resource.getpagesize()


class Order(Struct, frozen=True):
    """What to run; it ends after so many seconds of belt or so many parcels, whichever comes first."""

    seed: int
    level: Level
    belt_s: float
    parcels: int | None = None
    show: bool = False  # a timeline around each violation
    stop_at_first: bool = False  # … violation


class SeedReport(Struct):
    """What came of a seed; `fault_coverage` by fault and state, `kill_coverage` by process and steps."""

    seed: int
    hash: str
    belt_s: float
    wall_s: float
    cpu_s: float
    tallies: Tallies
    violations: list[Violation]
    crashes: list[str]
    fault_coverage: dict[str, dict[str, int]]
    kill_coverage: dict[str, int]
    pairs_met: dict[str, int]
    memory_mb: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])  # parcels, MB
    timeline: str = ""

    @property
    def ok(self) -> bool:
        """Whether every promise was kept, and nothing ended by its own fault."""
        return not self.violations and not self.crashes


def run_seed(site: Site, order: Order, told: Callable[[int], None] = lambda _parcels: None) -> SeedReport:
    """Run a seed; `told` hears now and then how many parcels have been done."""
    folder = _MEMORY_FILES if os.access(_MEMORY_FILES, os.W_OK) else None
    with quiet(), tempfile.TemporaryDirectory(prefix="redpeak-", dir=folder) as data:
        return _Run(site, order, Path(data), told).run()


@contextmanager
def quiet() -> Generator[None]:
    """Without logs: what a fault makes the site say would fill them."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


class _Run:
    """A seed's simulation, its checker and its timeline."""

    def __init__(self, site: Site, order: Order, data: Path, told: Callable[[int], None]) -> None:
        scan_s = _COARSE_S if order.seed % _FINE_EVERY else _FINE_S
        site = fast(site, scan_s)
        line = site.lines[0]
        self._order, self._told = order, told
        self._loop = VirtualLoop()
        self._timeline = Timeline()
        sent = energies(line.ct.profile) if line.ct else ()
        self._checker = Checker(
            line,
            energies=sent,
            started_wall=EPOCH,
            report_violation=self._timeline.violated,
            scan_s=scan_s,
        )
        self._simulation = Simulation(
            site,
            line,
            data,
            stream=endless(line, order.seed),
            seed=str(order.seed),
            level=order.level,
            loop=self._loop,
            truth=self._take,
            scan_s=scan_s,
            energies=sent,
        )
        self._looked_s = 0.0
        self._memory: list[tuple[int, float]] = []

    def run(self) -> SeedReport:
        """From the first parcel to rest."""
        began_s, cpu_s = time.perf_counter(), time.process_time()
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._loop.close()
        faults, steps = self._simulation.faults, self._simulation.steps
        coverage: dict[str, dict[str, int]] = {}
        for (fault, state), count in sorted(faults.seen.items()):
            coverage.setdefault(fault, {})[state] = count
        return SeedReport(
            seed=self._order.seed,
            hash=self._simulation.hash,
            belt_s=self._loop.time(),
            wall_s=time.perf_counter() - began_s,
            cpu_s=time.process_time() - cpu_s,
            tallies=self._checker.tallies,
            violations=self._checker.violations,
            crashes=[repr(error) for error in self._simulation.crashes],
            fault_coverage=coverage,
            kill_coverage={" ".join(pair): count for pair, count in sorted(steps.kills.items())},
            pairs_met={" ".join(pair): count for pair, count in sorted(steps.met.items())},
            memory_mb=self._memory,
            timeline=self._timeline.text() if self._order.show else "",
        )

    async def _live(self) -> None:
        database = self._simulation.centre.open()
        try:
            await self._simulation.start()
            await self._simulation.until(lambda: self._look(database))
            if self._order.stop_at_first and self._broken:
                return
            self._checker.feeding_ended()
            await self._simulation.settle(lambda: self._look(database))
            self._checker.look(database, self._loop.time(), settled=True)
        finally:
            database.dispose()
            await self._simulation.stop()

    def _look(self, database: Engine) -> bool:
        """Now and then a look at the centre; whether enough was run."""
        now_s, parcels = self._loop.time(), self._checker.tallies.parcels
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._checker.look(database, now_s, settled=False)
            self._told(parcels)
            if not self._memory or parcels - self._memory[-1][0] >= _MEMORY_EVERY:
                self._memory.append((parcels, _resident_mb()))
        if self._order.stop_at_first and self._broken:
            return True
        enough = self._order.parcels is not None and parcels >= self._order.parcels
        return enough or now_s >= self._order.belt_s

    @property
    def _broken(self) -> bool:
        return bool(self._checker.violations or self._simulation.crashes)

    def _take(self, record: Truth) -> None:
        self._timeline.take(record)
        self._checker.take(record)


def fast(site: Site, scan_s: float) -> Site:
    """The site with its first line alone, faster, and looked at less often: more parcels in less time."""
    line = site.lines[0]
    line = replace(
        line,
        belt=replace(line.belt, speed_mm_s=_SPEED_MM_S),
        conveyor=replace(line.conveyor, poll_ms=round(scan_s * 1000)),
    )
    return replace(site, lines=(line,))


def _resident_mb() -> float:
    """Memory of this process, less its files."""
    pages = Path("/proc/self/statm").read_text("ascii").split()
    return (int(pages[1]) - int(pages[2])) * _PAGE / 1e6
