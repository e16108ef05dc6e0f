"""A line driven by hand: the core fed with what a controller, scanners, scale and list would say."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

import config
from config.keyring import for_tests
from config.load import read_site
from config.settings import Line, Mode
from devices.interfaces import CommandOutcome, ItemEvent, ItemEventKind
from edge.core import Core
from edge.messages import Answer, ClearanceEntry, ClearanceState, Decision, PassageClosed, PassageDecided
from edge.observations import (
    Action,
    AgentStarted,
    AnswerGiven,
    Code,
    ControllerSaw,
    LabelRead,
    LaneRuled,
    LookUp,
    Meaning,
    Observation,
    Paper,
    PapersFound,
    Report,
    SetLane,
    Weighed,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EPOCH = 7
KEYS = for_tests("edge")
_Message = TypeVar("_Message")


def demo_line(*, every_scanner: bool = False) -> Line:
    """The shipped demonstration line: R1 = 1, R2 (SF) = 2, W = 3, C = 4, I = 5; cut-offs at 9.0 and 9.6 m.

    One scanner's frame is enough here, unless `every_scanner`, so that a test says only what it is about.
    """
    line = read_site(Path(config.__file__).parent / "sites" / "sorting.toml").line("L1")
    return replace(line, policy=replace(line.policy, every_scanner=every_scanner))


def entry(number: str, state: ClearanceState = ClearanceState.RELEASE, **changes: object) -> ClearanceEntry:
    """A clearance entry for a waybill number."""
    values: dict[str, object] = {
        "waybill_key": KEYS.waybill_key(number),
        "state": state,
        "version": 1,
        "mode": Mode.DIRECT_PURCHASE,
        "as_of": NOON - timedelta(hours=1),
        "declared_weight_g": 500.0,
        "courier": "EMS",
    }
    return ClearanceEntry(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Bench:
    """Feeds a core and keeps every action; look-ups are answered from `papers`, by code key."""

    line: Line = field(default_factory=demo_line)
    papers: dict[str, Paper | None] = field(default_factory=dict[str, Paper | None])
    actions: list[Action] = field(default_factory=list[Action])
    inputs: list[tuple[datetime, Observation]] = field(default_factory=list[tuple[datetime, Observation]])
    sequence: int = 0
    epoch: int = EPOCH

    def __post_init__(self) -> None:
        self.core = Core(self.line, "policy")
        self.feed(AgentStarted("session", EPOCH, 0, frozenset(range(1, 6))))

    def know(self, number: str, state: ClearanceState = ClearanceState.RELEASE, **changes: object) -> None:
        """Put a waybill on the clearance list, confirmed a minute ago."""
        known = entry(number, state, **changes)
        self.papers[known.waybill_key] = Paper(known, 3660.0, 1)

    def feed(self, observation: Observation) -> list[Action]:
        """One observation; look-ups are answered at once, as the agent does."""
        at = NOON + timedelta(milliseconds=len(self.inputs))
        self.inputs.append((at, observation))
        found = self.core.step(observation, at)
        self.actions += found
        for action in found:
            if isinstance(action, LookUp):
                papers = {key: self.papers.get(key) for key in action.code_keys}
                found = found + self.feed(PapersFound(action.tracking_id, papers))
        return found

    def see(
        self, kind: ItemEventKind, item: int, encoder_mm: int, *, point: int = 0, detail: int = 0
    ) -> list[Action]:
        """An event of the controller's ring."""
        self.sequence += 1
        event = ItemEvent(self.sequence, kind, item, point, encoder_mm, encoder_mm // 2, detail)
        return self.feed(ControllerSaw(self.epoch, event))

    def induct(self, item: int, at_mm: int, *, trips: int = 0, length_mm: int = 400) -> None:
        """An item's front at the induction eye when the belt has travelled `at_mm`, then its length."""
        self.see(ItemEventKind.INDUCTED, item, at_mm, detail=trips)
        self.see(ItemEventKind.LENGTH, item, at_mm + length_mm, detail=length_mm)

    def scan(self, at_mm: int, *numbers: str, scanner: str = "top", ignored: tuple[str, ...] = ()) -> None:
        """A scanner frame for the item whose front was at the induction eye at `at_mm`."""
        place_mm = next(each.position_mm for each in self.line.scanners if each.name == scanner)
        codes = tuple(Code(KEYS.waybill_key(number), Meaning.WAYBILL) for number in numbers)
        codes += tuple(Code(KEYS.waybill_key(number), Meaning.IGNORED) for number in ignored)
        self.feed(LabelRead(scanner, place_mm, at_mm + place_mm + 200, codes, ""))

    def weigh(self, at_mm: int, weight_g: float | None, *, length_mm: int = 400) -> None:
        """A weight for that item."""
        self.feed(Weighed("scale", 2600, at_mm + 2600 + length_mm, weight_g))

    def reach_decision(self, item: int, at_mm: int) -> PassageDecided:
        """The item's front at the decision eye; gives the verdict."""
        self.see(ItemEventKind.EYE, item, at_mm + 1500, point=1)
        return said(self.see(ItemEventKind.EYE, item, at_mm + 4200, point=2), PassageDecided)

    def acknowledge(
        self, item: int, lane: int, outcome: CommandOutcome = CommandOutcome.ACCEPTED
    ) -> list[Action]:
        """The controller's word on a lane command."""
        return self.feed(LaneRuled(item, lane, outcome))

    def arrive(self, item: int, at_mm: int, lane: int) -> PassageClosed:
        """The item is seen in a lane."""
        self.see(ItemEventKind.DECIDED, item, at_mm + 9000, detail=lane)
        return said(self.see(ItemEventKind.DIVERTED, item, at_mm + 12000, detail=lane), PassageClosed)

    def answer(
        self,
        passage_id: str,
        decision: Decision,
        encoder_mm: int,
        *,
        answer_id: str = "a1",
        session: bool = True,
    ) -> list[Action]:
        """An officer's answer when the belt has travelled `encoder_mm`."""
        given = Answer(answer_id, passage_id, "session", EPOCH, decision, ("officer",), NOON)
        return self.feed(AnswerGiven(given, encoder_mm, session))

    def pass_item(
        self, item: int, at_mm: int, *numbers: str, weight_g: float | None = 500.0, trips: int = 0
    ) -> PassageDecided:
        """An item from induction to its verdict, read by the top scanner; no numbers: a no-read."""
        self.induct(item, at_mm, trips=trips)
        self.scan(at_mm, *numbers)
        self.weigh(at_mm, weight_g)
        return self.reach_decision(item, at_mm)


def said(actions: list[Action], kind: type[_Message]) -> _Message:
    """The one record of that kind among the actions."""
    found = [each.message for each in actions if isinstance(each, Report) and isinstance(each.message, kind)]
    assert len(found) == 1, f"expected one {kind.__name__}, found {len(found)}"
    return found[0]


def all_said(actions: list[Action], kind: type[_Message]) -> list[_Message]:
    """All records of that kind."""
    return [each.message for each in actions if isinstance(each, Report) and isinstance(each.message, kind)]


def lanes_set(actions: list[Action]) -> list[tuple[int, int]]:
    """Item and lane of each lane command."""
    return [(each.tracking_id, each.lane) for each in actions if isinstance(each, SetLane)]
