"""One line in memory: the plant, its devices, and the lives of its agent one after the other."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from config.keyring import Keyring
from config.settings import Line, Site
from devices.ct.evidence_store import EvidenceStore
from edge.adapters import Adapters
from edge.composition import LineAgent
from edge.imaging import Imaging
from edge.interfaces import MqttClient
from edge.journal import JournalError
from models.findings import Outcome, Review
from simulators.belt import Scanned, Weighed
from simulators.memory.camera import MemoryCamera
from simulators.memory.conveyor import MemoryConveyor
from simulators.memory.ct import MemoryCt, Volume
from simulators.memory.fault_board import FaultBoard
from simulators.memory.life import AgentLife, InlineWorker, inline
from simulators.memory.plant import Listeners, MemoryPlant, Name
from simulators.memory.readers import MemoryScale, MemoryScanner
from simulators.memory.reviewer import MemoryReviewer
from simulators.memory.steps import Killed, Process, Steps
from simulators.memory.virtual_time import EPOCH, Clock
from simulators.memory.ways import AgentClient, Ways
from simulators.scan_plan import ScanMade
from simulators.truth import ImageReviewed, PaperHeard, ProcessBegan, Truth
from simulators.world import World

_MB = 1_000_000
_PUBLISHED_WITHIN_S = 2.0  # the centre may know of a change and not have published it yet
_AWAY_S = (0.5, 12.0)  # from an agent's death to the start of the next
_STATE_EVERY_S = 4.0
_ROLL_EVERY_S = 3600.0


class MemoryLine:
    """A line with its agent.

    Args:
        data: the data folder.
        random: seeded; everything of the line is drawn from it.
        truth: told all that really happens, in order.
        crashed: told when the agent ended without having been killed.
    """

    def __init__(
        self,
        site: Site,
        line: Line,
        data: Path,
        *,
        keyring: Keyring,
        world: World,
        scan_s: float,
        energies: tuple[str, ...],
        faults: FaultBoard,
        steps: Steps,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        random: Random,
        ways: Ways,
        truth: Callable[[Truth], None],
        crashed: Callable[[BaseException], None],
    ) -> None:
        self._over = False
        self._crashed, self._scan_s = crashed, scan_s
        self._connection: AgentClient | None = None
        self._site, self._line, self._data, self._keyring = site, line, data, keyring
        self._faults, self._steps, self._clock, self._loop = faults, steps, clock, loop
        self._random, self._ways, self._truth = random, ways, truth
        self.plant = MemoryPlant(
            world, clock.now_s, faults, Listeners(truth, self._sight, self._weigh, self._scan)
        )
        folder = data / f"edge-{line.id}"
        self._scanners = [
            MemoryScanner(scanner.name, place, self.plant, faults, self._fresh(), loop, truth)
            for place, scanner in enumerate(line.scanners)
        ]
        self._scale = None
        if line.scale is not None:
            self._scale = MemoryScale(line.scale.name, self.plant, faults, self._fresh(), loop, truth)
        self._ct: MemoryCt | None = None
        if line.ct is not None:
            store = EvidenceStore(
                folder / "evidence", line.ct.disk_budget_mb * _MB, 0, lambda: clock.wall().timestamp()
            )
            within_s = line.ct.complete_within_ms / 1000
            self._ct = MemoryCt(
                line.ct.name, store, self.plant, faults, steps, self._fresh(), loop, energies, within_s, truth
            )
        self._cameras = [
            MemoryCamera(camera.name, data / "camera" / camera.name, faults, loop) for camera in line.cameras
        ]
        self.life: AgentLife | None = None
        self._ids = self._fresh()

    @property
    def alive(self) -> bool:
        """Whether an agent runs."""
        return self.life is not None and self.life.alive

    async def run(self) -> None:
        """Let the plant go on, scan after scan, until cancelled; the agent starts by itself."""
        self._begin()
        while True:
            self.plant.advance()
            await asyncio.sleep(self._scan_s)

    def kill(self, cause: BaseException) -> None:
        """The agent dies here, and starts again after a while."""
        if self.life is not None:
            self.life.kill(cause)

    def end(self) -> None:
        """Everything ends; nothing begins again."""
        self._over = True
        if self.life is not None:
            self.life.end()

    def _begin(self) -> None:
        if self._over:
            return
        try:
            agent = LineAgent(self._site, self._line, self._data, self._keyring, self._adapters())
        except JournalError:  # the disk is full: a supervisor would start it again and again
            self._loop.call_later(1.0, self._begin)
            return
        self.life = AgentLife(agent, self._steps, self._faults, self._loop, self._ended, self._heard)
        self._truth(ProcessBegan(Process.AGENT, self._clock.now_s()))
        self.life.start()

    def _client(self, will: tuple[str, bytes]) -> MqttClient:
        self._connection = self._ways.client(will, self.kill)
        return self._connection

    def _ended(self, cause: BaseException) -> None:
        if self._connection is not None:
            self._connection.vanish()
        if not isinstance(cause, Killed):
            self._crashed(cause)
        self._loop.call_later(self._random.uniform(*_AWAY_S), self._begin)

    def _adapters(self) -> Adapters:
        clock = self._clock
        return Adapters(
            conveyor=MemoryConveyor(self.plant, self._faults, self._steps, clock.now_s),
            scanners=self._scanners,
            scale=self._scale,
            ct=self._ct,
            cameras=self._cameras,
            reviewer=self._reviewer,
            client=self._client,
            clearance=self._ways.clearance,
            media=self._ways.media,
            worker=lambda _name: InlineWorker(self._loop, self.kill),
            aside=inline,
            now_s=clock.now_s,
            wall=clock.wall,
            new_id=lambda: f"{self._ids.getrandbits(128):032x}",
            salt=lambda: self._ids.randbytes(16),
            state_every_s=_STATE_EVERY_S,
            roll_every_s=_ROLL_EVERY_S,
        )

    def _reviewer(self, imaging: Imaging) -> MemoryReviewer:
        return MemoryReviewer(
            imaging.reviewed,
            imaging.reported,
            self._faults,
            self._fresh(),
            self._loop,
            self._line.review.timeout_ms / 1000,
            self._reviewed,
            lambda fault: self.plant.disturb(tuple(self.plant.names), fault),
        )

    def _reviewed(self, asked: Sequence[Volume], looked_at: Sequence[Volume], review: Review) -> None:
        if asked:
            own = looked_at == asked and all(each.own for each in asked)
            clear = review.outcome is Outcome.CLEAR
            first = asked[0]
            now_s = self._clock.now_s()
            shown = (review.length_mm, review.mass_g)
            self._truth(ImageReviewed(first.epoch, first.tracking_id, own, clear, now_s, *shown))

    def _heard(self, known_at: datetime) -> None:
        known_at_s = (known_at - EPOCH).total_seconds() - _PUBLISHED_WITHIN_S
        self._truth(PaperHeard(known_at_s, self._clock.now_s()))

    def _sight(self, sight: Scanned, name: Name | None) -> None:
        self._scanners[sight.scanner].look(sight, name, self._moment_s(sight.at_mm))

    def _weigh(self, weighed: Weighed, name: Name | None) -> None:
        if self._scale is not None:
            self._scale.weigh(weighed, name, self._moment_s(weighed.at_mm))

    def _scan(self, made: ScanMade) -> None:
        if self._ct is not None:
            self._ct.scanned(made)

    def _moment_s(self, at_mm: float) -> float:
        """When before the last scan the belt was there."""
        world = self.plant.world
        return world.scanned_at_s - (world.travel_mm - at_mm) / self._line.belt.speed_mm_s

    def _fresh(self) -> Random:
        return Random(self._random.getrandbits(64))  # noqa: S311  a plant, not a secret
