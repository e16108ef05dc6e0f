"""An agent on a controller in memory, with real journal and list files."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from devices.errors import ControllerFrozen, LinkDown
from devices.interfaces import (
    CodesRead,
    CommandOutcome,
    CommandResult,
    Cursor,
    DeviceState,
    Health,
    ItemEvent,
    ItemEventKind,
    LaneCommand,
    LineStatus,
    PackMlState,
    Poll,
    WeightRead,
)
from edge.agent import Agent, Devices
from edge.clearance import ClearanceList
from edge.intake import Intake
from edge.journal import Journal
from edge.messages import (
    ClearanceSnapshot,
    ClearanceState,
    Event,
)
from tests.unit.edge.lines import EPOCH, KEYS, NOON, demo_line, entry

WAYBILL = "RB123456785CN"


class Controller:
    """A conveyor in memory: 2,000 mm/s, commands acknowledged at the next poll while `answering`."""

    name = "conveyor"

    def __init__(self) -> None:
        self.now_s = 0.0
        self.events: list[ItemEvent] = []
        self.commands: list[LaneCommand] = []
        self.results: list[CommandResult] = []
        self.beats: list[int] = []
        self.answering = True
        self.down = False
        self.frozen = False
        self.encoder_mm: int | None = None  # where the belt stands, if it does
        self.most_events = 1000
        self.free_slots = 8
        self.inducted = 0

    def see(self, kind: ItemEventKind, item: int, at_mm: int, *, point: int = 0, detail: int = 0) -> None:
        self.inducted = max(self.inducted, item)
        self.events.append(ItemEvent(len(self.events) + 1, kind, item, point, at_mm, 0, detail))

    async def poll(self, after: Cursor) -> Poll:
        if self.down:
            raise LinkDown("conveyor: no answer")
        if self.frozen:
            raise ControllerFrozen("conveyor: its program stands still")
        start = after.sequence if after.epoch == EPOCH else 0
        results, self.results = tuple(self.results), []
        encoder_mm = round(self.now_s * 2000) if self.encoder_mm is None else self.encoder_mm
        status = LineStatus(
            EPOCH, 1, 0, PackMlState.EXECUTE, True, True, 0, encoder_mm, 2000, frozenset(range(1, 6)),
            (0,) * 5, self.inducted, self.inducted, len(self.events),
        )  # fmt: skip
        return Poll(self.now_s, status, tuple(self.events[start : start + self.most_events]), results)

    async def send(self, commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]:
        placed = commands[: self.free_slots]
        self.commands += placed
        if self.answering:
            self.results += [CommandResult(each.command_id, CommandOutcome.ACCEPTED) for each in placed]
        return placed

    async def beat(self, count: int) -> None:
        self.beats.append(count)

    def health(self) -> Health:
        return Health("conveyor", DeviceState.OFFLINE if self.down else DeviceState.ONLINE, 0.0)

    async def close(self) -> None: ...


class Site:
    """An agent on a controller in memory, with real journal and list files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.controller = folder, Controller()
        self.list = ClearanceList(folder / "lists.db")
        self.start("s1")

    def start(self, session: str) -> None:
        line = demo_line()
        self.journal = Journal(self.folder / "journal.db", lambda: "j")
        self.intake = Intake(line, KEYS, session)
        devices = Devices(self.controller, [], None)
        self.agent = Agent(
            line, session, devices, self.intake, self.journal, self.list,
            lambda: self.controller.now_s, lambda: NOON + timedelta(seconds=self.controller.now_s),
        )  # fmt: skip

    def know(self, state: ClearanceState = ClearanceState.RELEASE) -> None:
        number = self.list.number + 1
        self.list.replace(ClearanceSnapshot(number, NOON, (entry(WAYBILL, state),)), self.controller.now_s)

    async def turn_at(self, at_mm: int) -> None:
        self.controller.now_s = at_mm / 2000
        await self.agent.turn()

    async def pass_item(self, item: int = 1, at_mm: int = 1000) -> None:
        """Everything of an item from induction to just before its decision eye."""
        await self.turn_at(at_mm)
        self.controller.see(ItemEventKind.INDUCTED, item, at_mm)
        self.controller.see(ItemEventKind.LENGTH, item, at_mm + 400, detail=400)
        await self.turn_at(at_mm + 400)
        self.intake.reading(CodesRead("top", (at_mm + 900) / 2000, (WAYBILL,), WAYBILL.encode()))
        await self.turn_at(at_mm + 1500)
        self.intake.reading(WeightRead("scale", (at_mm + 3000) / 2000, 500.0, True, b""))
        await self.turn_at(at_mm + 3100)
        self.controller.see(ItemEventKind.EYE, item, at_mm + 4200, point=2)

    def records(self, kind: type[Event]) -> list[Event]:
        return [row.message for row in self.journal.waiting(0, 1000) if isinstance(row.message, kind)]
