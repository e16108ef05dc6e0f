"""A whole site under the virtual clock: put together from a seed, run, brought to rest and judged.

Everything random, every id and every time comes from the seed: the same seed gives the same run, which the
hash over all that happened tells.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Self

import msgspec

from config.keyring import for_tests
from config.settings import LaneRole, Line, Site
from edge.messages import PassageDecided
from simulators.categories import OFFICER_MAY_CLEAR, Category
from simulators.fates import TripKey
from simulators.memory.broker import MemoryBroker
from simulators.memory.centre import MemoryCentre
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.fault_plan import FaultPlan, Level
from simulators.memory.line import MemoryLine
from simulators.memory.officer import ORDERLY, UNRULY, Officers
from simulators.memory.papers_feed import PapersFeed
from simulators.memory.steps import Killed, Pair, Process, Steps
from simulators.memory.virtual_time import Clock, VirtualLoop
from simulators.memory.ways import Ways
from simulators.parcels import Parcel
from simulators.truth import (
    DecisionDue,
    FaultTook,
    PaperChanged,
    ParcelMade,
    ProcessBegan,
    ProcessDied,
    TripBegan,
    TripEnded,
    Truth,
)
from simulators.world import World

_EPOCH = 1
_CENTRE_AWAY_S = (1.0, 30.0)
_HOUR_S = 3600.0
_KILL_WITHIN_S = 60.0  # where no wanted pair of steps comes, it is killed anywhere
_SETTLE_S = 240.0
_CENTRE_POLL_S = 1.0
_AHEAD = 300  # parcels whose papers come before them
_PAPERS_EVERY_S = 5.0
_HELD = 500  # customs' status of what it wants to look at
_encoder = msgspec.json.Encoder()


class Announced:
    """A stream of parcels whose papers are brought some way ahead; it ends when told to.

    Args:
        stream: may be endless.
    """

    def __init__(self, stream: Iterator[Parcel], feed: PapersFeed) -> None:
        self._stream, self._feed = stream, feed
        self._ahead: deque[Parcel] = deque()
        self.ended = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Parcel:
        if self.ended:
            raise StopIteration
        fresh = list(islice(self._stream, _AHEAD - len(self._ahead)))
        self._feed.bring(fresh)
        self._ahead.extend(fresh)
        if not self._ahead:
            raise StopIteration
        return self._ahead.popleft()


class Simulation:
    """One site with one line.

    Args:
        data: an empty folder for the files of edge and centre.
        stream: the parcels.
        seed: of everything else.
        level: how much goes wrong.
        truth: told all that really happens, in order.
        scan_s: how long a scan of the controller takes.
        energies: of one CT scan.
    """

    def __init__(
        self,
        site: Site,
        line: Line,
        data: Path,
        *,
        stream: Iterator[Parcel],
        seed: str,
        level: Level,
        loop: VirtualLoop,
        truth: Callable[[Truth], None],
        scan_s: float,
        energies: tuple[str, ...] = ("low", "high"),
    ) -> None:
        self._truth, self._loop = truth, loop
        self._random = Random(f"{seed} site")  # noqa: S311  a plant, not a secret
        self._ids = self._fresh()
        self._digest = hashlib.sha256()
        self.clock = Clock(loop)
        self.faults = FaultBoard(self._state, self._fault_took)
        self.steps = Steps(self._about_to_die)
        self.keyring = for_tests(seed, nonce=self._fresh().randbytes)
        self.broker = MemoryBroker(loop, self.faults, self._fresh(), self._log)
        self.centre = MemoryCentre(
            site,
            data,
            self.keyring,
            self.broker,
            self.steps,
            self.faults,
            clock=Clock(loop),
            random=self._fresh(),
            new_id=self._new_id,
            died=self._centre_died,
            poll_s=_CENTRE_POLL_S,
        )
        self.feed = PapersFeed(self.centre, self.clock, self._paper_changed)
        self.officers = Officers(
            self.centre,
            loop,
            self.clock,
            self.faults,
            self._fresh(),
            line.belt,
            may_release=self._may_release,
            tell=self.happened,
            habits=ORDERLY if level is Level.NONE else UNRULY,
        )
        self._announced = Announced(stream, self.feed)
        self._parcels: dict[TripKey, ParcelMade] = {}  # on the belt, by what the controller calls them
        self._made: dict[int, ParcelMade] = {}
        world = World(
            line,
            self._announced,
            seed=self._ids.getrandbits(32),
            epoch=_EPOCH,
            scan_s=scan_s,
            faults=self.faults,
        )
        self.line = MemoryLine(
            site,
            line,
            data,
            keyring=self.keyring,
            world=world,
            scan_s=scan_s,
            energies=energies,
            faults=self.faults,
            steps=self.steps,
            clock=self.clock,
            loop=loop,
            random=self._fresh(),
            ways=Ways(self.broker, self.centre, self.steps, f"edge-{site.id}-{line.id}"),
            truth=self.happened,
            crashed=self._crashed,
        )
        self.plan = FaultPlan(self.faults, self._acts(), level, self._fresh())
        self.crashes: list[BaseException] = []

    @property
    def hash(self) -> str:
        """SHA-256 over everything that happened so far."""
        return self._digest.copy().hexdigest()

    async def start(self) -> None:
        """Let centre, plant, agent and faults begin."""
        self.centre.start()
        self.feed.turn()
        self._loop.set_exception_handler(self._stray)
        self._tasks = [
            self._loop.create_task(self._bring_papers(), name="papers"),
            self._loop.create_task(self.line.run(), name="line"),
            self._loop.create_task(self.plan.run(), name="faults"),
        ]

    async def until(self, condition: Callable[[], bool], *, look_every_s: float = 1.0) -> None:
        """Go on until something holds; a task that failed raises here."""
        while not condition():
            for task in self._tasks:
                if task.done() and not task.cancelled():
                    task.result()
            await asyncio.sleep(look_every_s)

    async def settle(self, look: Callable[[], object] = lambda: None) -> None:
        """No more parcels and faults: wait until everything that can be delivered has been."""
        self._announced.ended = True
        self.plan.rest()
        until_s = self._loop.time() + _SETTLE_S

        def settled() -> bool:
            look()
            return self._loop.time() >= until_s or self._at_rest()

        await self.until(settled)
        await asyncio.sleep(10.0)

    async def stop(self) -> None:
        """Everything ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.officers.stop()
        self.line.end()
        self.centre.close()
        self.broker.close()

    def happened(self, record: Truth) -> None:
        """Something really happened."""
        match record:
            case ParcelMade():
                self._made[record.number] = record
            case TripBegan():
                self._parcels[record.epoch, record.tracking_id] = self._made[record.parcel]
            case TripEnded(role=role, parcel=parcel):
                self._parcels.pop((record.epoch, record.tracking_id), None)
                if role is not LaneRole.RECIRCULATE:
                    self._made.pop(parcel, None)
            case DecisionDue():
                self._note_stale(self._parcels.get((record.epoch, record.tracking_id)))
            case _:
                pass
        self._digest.update(_encoder.encode(record))
        self._truth(record)

    def _at_rest(self) -> bool:
        life = self.line.life
        if life is None or not life.alive or not self.centre.alive or not self.line.plant.world.empty:
            return False
        return life.agent.journal.outbox_size() == 0 and not life.agent.agent.core.items

    def _acts(self) -> dict[Fault, Callable[[], None]]:
        return {
            Fault.AGENT_KILLED: lambda: self._kill(Process.AGENT),
            Fault.CENTRE_KILLED: lambda: self._kill(Process.CENTRE),
            Fault.CONTROLLER_RESTARTED: self._restart_controller,
            Fault.RING_OVERRUN: self.line.plant.overrun_ring,
            Fault.CLOCK_STEPPED: self._step_clock,
            Fault.CLEARANCE_REVOKED: self._revoke,
        }

    def _kill(self, process: Process) -> None:
        """Where it was killed least: between the two steps that were met and hit least often."""
        met = [pair for pair in self.steps.met if pair[0] is process]
        if not met:
            return
        fewest = min(self.steps.kills[pair] for pair in met)
        target = self._random.choice([pair for pair in met if self.steps.kills[pair] == fewest])
        self.steps.kill_between(process, lambda pair: pair == target)
        self._loop.call_later(_KILL_WITHIN_S, self._kill_anywhere, process, self.steps.kills.total())

    def _kill_anywhere(self, process: Process, kills: int) -> None:
        if self.steps.kills.total() == kills:
            self.steps.kill_between(process, lambda _pair: True)

    def _about_to_die(self, pair: Pair) -> None:
        process, after, before = pair
        self.faults.count(Fault.AGENT_KILLED if process is Process.AGENT else Fault.CENTRE_KILLED)
        self.happened(ProcessDied(process, after, before, self.clock.now_s()))

    def _centre_died(self, _process: Process) -> None:
        self._loop.call_later(self._random.uniform(*_CENTRE_AWAY_S), self._start_centre)

    def _start_centre(self) -> None:
        self.centre.start()
        self.happened(ProcessBegan(Process.CENTRE, self.clock.now_s()))

    def _restart_controller(self) -> None:
        self.faults.count(Fault.CONTROLLER_RESTARTED)
        self.line.plant.restart_controller()

    def _step_clock(self) -> None:
        self.faults.count(Fault.CLOCK_STEPPED)
        self.clock.wrong_by_s = 0.0 if self.clock.wrong_by_s else self._random.choice((-_HOUR_S, _HOUR_S))

    def _revoke(self) -> None:
        """Customs takes back what it said of a parcel: one to come, on the belt, or gone."""
        known = list(self.feed.known)
        if known and self.feed.revoke(self._random.choice(known), _HELD):
            self.faults.count(Fault.CLEARANCE_REVOKED)

    def _note_stale(self, parcel: ParcelMade | None) -> None:
        if parcel is not None and parcel.category is Category.STALE_PAPERS:
            self.faults.count(Fault.CLEARANCE_STALE)

    def _paper_changed(self, record: PaperChanged) -> None:
        self.happened(record)

    def _may_release(self, passage: PassageDecided) -> bool:
        parcel = self._parcels.get((passage.epoch, passage.tracking_id))
        return parcel is not None and parcel.category in OFFICER_MAY_CLEAR

    async def _bring_papers(self) -> None:
        while True:
            await asyncio.sleep(_PAPERS_EVERY_S)
            self.feed.turn()

    def _state(self) -> str:
        """Where the line stands, in a word."""
        if not self.line.alive:
            return "agent_away"
        if not self.centre.alive:
            return "centre_away"
        return "items_on_belt" if self.line.plant.names else "belt_empty"

    def _fault_took(self, fault: Fault, state: str) -> None:
        self.happened(FaultTook(fault, state, self.clock.now_s()))

    def _crashed(self, error: BaseException) -> None:
        self.crashes.append(error)

    def _stray(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """An exception nobody awaits: the agent's death, or a mistake of ours."""
        error = context.get("exception")
        if isinstance(error, Killed):
            if error.process is Process.AGENT:
                self.line.kill(error)
        elif isinstance(error, BaseException):
            self.crashes.append(error)

    def _log(self, kind: str, topic: str, content: bytes) -> None:
        self._digest.update(f"{kind} {topic} ".encode())
        self._digest.update(content)

    def _new_id(self) -> str:
        return f"{self._ids.getrandbits(128):032x}"

    def _fresh(self) -> Random:
        return Random(self._random.getrandbits(64))  # noqa: S311
