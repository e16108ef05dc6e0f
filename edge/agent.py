"""The agent of one line: takes in what devices and centre say, writes it down, and only then acts.

One task decides; drivers, uplink and clearance run beside it and only hand over readings. The heartbeat is
written at the end of each turn of the decision loop, so it stops when the loop or the journal does, and the
controller then keeps the line safe by itself.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct

from config.settings import Line
from devices.errors import ControllerFrozen, DeviceError
from devices.interfaces import (
    Conveyor,
    Cursor,
    DeviceState,
    Health,
    LineStatus,
    Poll,
    Scale,
    Scanner,
)
from edge.clearance import ClearanceList
from edge.imaging import Imaging
from edge.intake import Intake
from edge.journal import Entry, Journal, JournalError
from edge.lane_commands import LaneCommands
from edge.messages import DeviceChanged
from edge.observations import (
    AgentStarted,
    ControllerRestarted,
    ControllerStalled,
    InductionsMissed,
    LookUp,
    Observation,
    Paper,
    PapersFound,
    Report,
    SetLane,
)
from edge.recovery import recovered

_JOURNAL_RETRY_S = 0.5
_WAITING_SHARE = 0.5  # of the pause between two looks, while a command is unanswered
_LIST_MAY_COME_S = 10.0
_REPEATS_BEFORE_ALARM = 20  # looks: a single one may have been torn
_LOOK_AGAIN_S = 30.0  # papers of what stays on the belt: a belt that stands still does not keep them young
_CHECKPOINT_AFTER = 500  # entries: what a restart has to replay at most
_log = structlog.get_logger(__name__)


class Devices(Struct):
    """The line's devices, as drivers, simulators in memory or recordings."""

    conveyor: Conveyor
    scanners: Sequence[Scanner]
    scale: Scale | None
    imaging: Imaging | None = None  # CT, reviewer and cameras

    def healths(self) -> Iterator[Health]:
        """Every device's account of itself."""
        yield self.conveyor.health()
        for scanner in self.scanners:
            yield scanner.health()
        if self.scale is not None:
            yield self.scale.health()
        if self.imaging is not None:
            yield from self.imaging.healths()


class Agent:
    """One line's decision loop.

    Args:
        line: settings of the line; `session`: fresh for each start.
        intake: where the other tasks hand over what they have.
        now_s: monotonic seconds; `wall`: UTC now, for people only.
    """

    def __init__(
        self,
        line: Line,
        session: str,
        devices: Devices,
        intake: Intake,
        journal: Journal,
        clearance: ClearanceList,
        now_s: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._line, self._session, self._devices, self._intake = line, session, devices, intake
        self._journal, self._clearance = journal, clearance
        self._now_s, self._wall = now_s, wall
        self.core = recovered(line, journal)
        self.status: LineStatus | None = None
        self.written = asyncio.Event()  # set when the outbox may have grown
        self._device_states: dict[str, DeviceState] = {}
        self._batch: list[Entry] = []
        self._lanes = LaneCommands(self.core, devices.conveyor, now_s)
        self._beats = 0
        self._repeats = 0
        self._held_since_s: float | None = None
        self._said: set[str] = set()  # alarms whose cause still lasts
        self._announced = False
        self._looked_up_s = float("-inf")
        self._since_checkpoint = 0
        for tracking_id in self.core.items:
            self._lanes.want(tracking_id)

    async def run(self) -> None:
        """Turn after turn until cancelled; a controller that does not answer is tried again and again."""
        while True:
            pause_s = self._line.conveyor.poll_ms / 1000
            try:
                if await self.turn():
                    pause_s = 0.0
                elif self._lanes.waiting:
                    pause_s *= _WAITING_SHARE
            except DeviceError:
                self._note_changes()
                await self._write()
            await asyncio.sleep(pause_s)

    async def turn(self) -> bool:
        """Look, decide, write down, act, beat; True if it read events and the ring holds more already."""
        core = self.core.state
        poll = await self._poll(Cursor(core.epoch, core.last_sequence))
        status = self.status = poll.status
        if await self._repeats_epoch(status):
            return False
        for observation in self._arrivals(status):
            self._take(observation)
        for observation in self._intake.observed(poll):
            self._take(observation)
        for ruled in self._lanes.ruled(poll.results):
            self._take(ruled)
        read_all = core.last_sequence >= status.newest_sequence
        if read_all and core.last_tracking_id < status.last_tracking_id:
            self._take(InductionsMissed(status.last_tracking_id, status.lane_counts))
        if self._devices.imaging is not None:
            for wanted in self._intake.fetches():
                self._devices.imaging.fetch(wanted)
        self._look_up_again()
        if read_all or not poll.events:  # else what is missing still lies in the ring
            for due in self.core.due(status.encoder_mm):
                self._take(due)
        silent = "the controller left a lane command unanswered"
        self._alarm_while("command_unanswered", self._lanes.silent, silent)
        self._note_changes()
        await self._write()
        await self._lanes.send()
        if self._may_run():
            self._beats = (self._beats + 1) % 0x10000
            await self._devices.conveyor.beat(self._beats)
        return bool(poll.events) and not read_all

    def _may_run(self) -> bool:
        """A line that never got a clearance list would inspect every parcel: it is held instead."""
        if self._clearance.is_known:
            return True
        self._held_since_s = self._held_since_s or self._now_s()
        held = self._now_s() - self._held_since_s > _LIST_MAY_COME_S
        detail = "the centre has not given this line a clearance list yet; induction stays closed"
        self._alarm_while("no_clearance_list", held, detail)
        return False

    async def _poll(self, after: Cursor) -> Poll:
        """Look at the controller; while its program stands still, nothing that is open can be trusted."""
        try:
            poll = await self._devices.conveyor.poll(after)
        except ControllerFrozen as error:
            if "controller_frozen" not in self._said:
                self._take(ControllerStalled())
            self._alarm_while("controller_frozen", True, str(error))
            raise
        self._alarm_while("controller_frozen", False)
        return poll

    async def _repeats_epoch(self, status: LineStatus) -> bool:
        """Whether the controller restarted without changing its epoch: its ids would name other items'
        passages. No heartbeat then, so the line stands still until a person has seen to it."""
        core = self.core.state
        fewer = status.newest_sequence < core.last_sequence
        fewer = fewer or status.last_tracking_id < core.last_tracking_id
        if status.epoch != core.epoch or not fewer:
            self._repeats = 0
            return False
        self._repeats += 1
        detail = f"the controller counts its events afresh in epoch {status.epoch}; the line is held"
        self._alarm_while("epoch_repeated", self._repeats >= _REPEATS_BEFORE_ALARM, detail)
        self._note_changes()
        await self._write()
        return True

    def _alarm_while(self, code: str, lasts: bool, detail: str = "") -> None:
        """One alarm for a cause, however long it lasts."""
        if lasts and code not in self._said:
            self._intake.alarm(code, detail, self._wall())
        (self._said.add if lasts else self._said.discard)(code)

    def _arrivals(self, status: LineStatus) -> Iterator[Observation]:
        """The controller is new, or we are."""
        if self.core.state.epoch not in (0, status.epoch):
            yield ControllerRestarted(
                status.epoch,
                status.lane_counts,
                status.lanes_available,
                status.encoder_mm,
                status.ct_state,
            )
        if not self._announced:
            self._announced = True
            yield AgentStarted(
                self._session, status.epoch, status.encoder_mm, status.lanes_available, status.ct_state
            )

    def _take(self, observation: Observation) -> None:
        """Feed the core and gather what is to be written and done; look-ups are fed back at once."""
        at = self._wall()
        actions, imaging = self.core.step(observation, at), self._devices.imaging
        self._batch.append(Entry(at, observation, self.core.subject))
        for action in actions:
            match action:
                case Report(message=message):
                    self._batch.append(Entry(at, message, getattr(message, "passage_id", None)))
                case SetLane(tracking_id=tracking_id):
                    self._lanes.want(tracking_id)
                case LookUp():
                    self._take(self._look_up(action))
                case _:
                    if imaging is not None:
                        imaging.carry_out(action)

    def _look_up(self, asked: LookUp) -> PapersFound:
        now_s, wall = self._now_s(), self._wall()
        own = self.core.items[asked.tracking_id].passage_id
        papers: dict[str, Paper | None] = {}
        for key in asked.code_keys:
            paper = self._clearance.find(key, now_s, wall)
            if paper is not None:
                holder = self._journal.released_by(paper.entry.waybill_key)
                paper = msgspec.structs.replace(paper, released_by=holder if holder != own else None)
            papers[key] = paper
        return PapersFound(asked.tracking_id, papers)

    def _look_up_again(self) -> None:
        """Open items whose papers the centre has changed are judged again; all of them at a start, since a
        change may have come just before, and now and then, since papers age."""
        changed, now_s = self._intake.changed_papers(), self._now_s()
        if now_s - self._looked_up_s >= _LOOK_AGAIN_S:
            self._looked_up_s, changed = now_s, None
        for item in list(self.core.items.values()) if changed is None or changed else ():
            known = {paper.entry.waybill_key for paper in item.papers.values() if paper is not None}
            if item.papers and (changed is None or changed & (known | item.papers.keys())):
                self._take(self._look_up(LookUp(item.tracking_id, tuple(item.papers))))

    def _note_changes(self) -> None:
        """Write down alarms and changes of health."""
        for alarm in self._intake.alarms():
            self._batch.append(Entry(alarm.raised_at, alarm))
        for health in self._devices.healths():
            if self._device_states.get(health.device) is not health.state:
                self._device_states[health.device] = health.state
                changed = DeviceChanged(health.device, health.state, health.detail, self._wall())
                self._batch.append(Entry(changed.changed_at, changed))

    async def _write(self) -> None:
        """Make the batch durable, however long it takes: until then nothing is done, no heartbeat sent."""
        failed = False
        while self._batch:
            due = self._since_checkpoint >= _CHECKPOINT_AFTER
            try:
                self._journal.append(self._batch, msgspec.json.encode(self.core.state) if due else None)
            except JournalError as error:
                if not failed:
                    _log.error("journal_failed", problem=str(error), waiting=len(self._batch))
                    self._intake.alarm("journal_failed", str(error), self._wall())
                failed = True
                await asyncio.sleep(_JOURNAL_RETRY_S)
                continue
            self._since_checkpoint = 0 if due else self._since_checkpoint + len(self._batch)
            if self._devices.imaging is not None:
                self._devices.imaging.written(entry.content for entry in self._batch)
            self._batch = []
            self.written.set()
        if failed:
            _log.info("journal_recovered")
