"""An outage of the broker in memory: how the backlog drains, and whether what happens then waits."""

import asyncio
import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from central.store import Stored
from config.load import parse_site, shipped_site
from edge.composition import LineAgent
from edge.messages import PassageClosed
from simulators.memory.fault_board import Fault
from simulators.memory.fault_plan import Level
from simulators.memory.simulation import Simulation
from simulators.memory.virtual_time import EPOCH, VirtualLoop
from simulators.parcels import endless
from simulators.promises.checker import Checker
from simulators.simulate.seed_run import fast, quiet

SPEED_MM_S = 1100  # at a pitch of 1.1 m, 3,600 parcels an hour
_SCAN_S = 0.1
_BEFORE_S, _AFTER_S = 120.0, 180.0


class Outage(Struct):
    """What an outage came to. Delays are from a passage's end at the line to its commit at the centre."""

    outage_s: float
    parcels: int
    backlog: int  # records that waited when line and centre found each other again
    drained_s: float  # from then until all of them were receipted
    live: int  # passages that ended while the backlog drained, and in the minutes after
    live_delays_s: list[float]  # sorted
    violations: list[str]


def measure(outage_s: float, seed: int = 1) -> Outage:
    """Run a line with an outage in the middle; nothing else goes wrong."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    with quiet(), tempfile.TemporaryDirectory(prefix="redpeak-") as data:
        try:
            return loop.run_until_complete(_Run(loop, Path(data), seed).live(outage_s))
        finally:
            loop.close()


class _Run:
    def __init__(self, loop: VirtualLoop, data: Path, seed: int) -> None:
        site = fast(parse_site(shipped_site("demo"), "demo"), _SCAN_S)
        line = replace(site.lines[0], belt=replace(site.lines[0].belt, speed_mm_s=SPEED_MM_S))
        site = replace(site, lines=(line,))
        self._loop = loop
        self._back_s = float("inf")
        self._stored_count = 0
        self._delays_s: list[float] = []
        self._checker = Checker(
            line, energies=("low", "high"), started_wall=EPOCH, record_within_s=2 * 3600.0
        )
        self._simulation = Simulation(
            site,
            line,
            data,
            stream=endless(line, seed),
            seed=str(seed),
            level=Level.NONE,
            loop=loop,
            truth=self._checker.take,
            scan_s=_SCAN_S,
        )
        self._simulation.centre.watchers.append(self._stored)

    async def live(self, outage_s: float) -> Outage:
        """Before, during and after the outage, and until all is at rest."""
        simulation, faults = self._simulation, self._simulation.faults
        await simulation.start()
        await self._until(self._loop.time() + _BEFORE_S)
        faults.begin(Fault.BROKER_OFF)
        await self._until(self._loop.time() + outage_s)
        faults.end(Fault.BROKER_OFF)
        stored = self._stored_count
        await simulation.until(lambda: self._stored_count > stored, look_every_s=0.1)
        self._back_s = back_s = self._loop.time()  # line and centre have found each other again
        backlog = self._outbox()
        last = self._sequence()
        await simulation.until(lambda: self._oldest() > last, look_every_s=0.1)
        drained_s = self._loop.time() - back_s
        await self._until(back_s + drained_s + _AFTER_S)
        self._checker.feeding_ended()
        await simulation.settle()
        database = simulation.centre.open()
        self._checker.look(database, self._loop.time(), settled=True)
        database.dispose()
        await simulation.stop()
        crashes = [repr(error) for error in simulation.crashes]
        return Outage(
            outage_s,
            self._checker.tallies.parcels,
            backlog,
            drained_s,
            len(self._delays_s),
            sorted(self._delays_s),
            [*map(str, self._checker.violations), *crashes],
        )

    async def _until(self, at_s: float) -> None:
        await self._simulation.until(lambda: self._loop.time() >= at_s)

    def _stored(self, stored: Stored) -> None:
        now_s = self._loop.time()
        self._stored_count += len(stored.accepted)
        for each in stored.accepted:
            if isinstance(each.event, PassageClosed):
                closed_s = (each.event.closed_at - EPOCH).total_seconds()
                if closed_s >= self._back_s:
                    self._delays_s.append(now_s - closed_s)

    def _outbox(self) -> int:
        return self._agent.journal.outbox_size()

    def _sequence(self) -> int:
        return self._agent.journal.last_sequence

    def _oldest(self) -> int:
        """The oldest record that waits."""
        waiting = self._agent.journal.waiting(0, 1)
        return waiting[0].sequence if waiting else self._sequence() + 1

    @property
    def _agent(self) -> LineAgent:
        life = self._simulation.line.life
        assert life is not None  # nobody kills it here
        return life.agent
