"""The core under random but possible days of a line, held to promises that are computed here once more.

A small controller stands beside it: items at their places, commands that take effect when they arrive, and
acknowledgements that come late or never. Agents restart at any moment; a second core that begins at a
checkpoint must say the same from then on.
"""

import heapq
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, ItemEventKind
from edge.core import Core
from edge.messages import AnswerRuled, ClearanceState, Decision, PassageClosed, PassageDecided, Reason, Ruling
from edge.observations import (
    Action,
    AgentStarted,
    ControllerStalled,
    EventsMissed,
    LaneRuled,
    Observation,
    Paper,
    PapersFound,
    Report,
    SetLane,
)
from edge.state import State
from tests.unit.edge.lines import EPOCH, KEYS, Bench, entry

WAYBILLS = ("RB123456785CN", "LX987654321CN", "SF1234567890123")
LANES = frozenset(range(1, 6))
_state = msgspec.json.Decoder(State)


@dataclass
class Parcel:
    """What a day knows of an item: the controller's side of it, and every input the core was given."""

    at_mm: int
    label: str | None
    lane: int = 5
    gone: bool = False
    in_flight: bool = False
    latched: bool = False
    codes: set[str] = field(default_factory=set[str])
    frames: Counter[str] = field(default_factory=Counter[str])
    weights: list[float | None] = field(default_factory=list[float | None])
    doubted: bool = False
    decided: bool = False
    answered: bool = False  # an officer's release was given and not ruled out


class Day(Bench):
    """A bench that plays a whole day by itself, from a seed."""

    def play(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.parcels: dict[int, Parcel] = {}
        self.order = itertools.count()
        self.agenda: list[tuple[int, int, Callable[[int], object]]] = []
        self.wanted: set[int] = set()
        self.shadow: Core | None = None
        self.starts = 1
        self.released: dict[str, int] = {}  # waybill → item that was ordered into a release lane
        self.closed: dict[int, PassageClosed] = {}
        self.rulings: dict[str, Ruling] = {}
        for number in WAYBILLS:
            self.change_papers(0, number)
        at_mm = 1000
        for item in range(1, self.random.randint(2, 7)):
            self.plan(item, at_mm)
            at_mm += self.random.choice([1100, 1300, 2500, 6000])
        for _ in range(self.random.randint(0, 6)):
            happens = self.random.choice(
                [self.restart, self.lane_full, self.lane_free, self.stall, self.overrun, self.cut,
                 self.unexpected, self.answer_something, self.answer_something,
                 lambda mm: self.change_papers(mm, self.random.choice(WAYBILLS))]
            )  # fmt: skip
            self.later(self.random.randint(1000, at_mm + 12_000), happens)
        for mm in range(0, at_mm + 16_000, 300):
            self.later(mm, self.exchange)
        now_mm = 0
        while self.agenda:
            now_mm, _, act = heapq.heappop(self.agenda)
            for due in list(self.core.due(now_mm)):
                self.feed(due)
            act(now_mm)
        for due in list(self.core.due(now_mm + 30_000)):
            self.feed(due)

    def later(self, mm: int, act: Callable[[int], object]) -> None:
        heapq.heappush(self.agenda, (mm, next(self.order), act))

    def plan(self, item: int, at_mm: int) -> None:
        """An item's way, with the slips that happen."""
        chance, length_mm = self.random.random, self.random.choice([250, 400, 650])
        parcel = Parcel(at_mm, self.random.choice([*WAYBILLS, WAYBILLS[0], None]))

        def induct(mm: int) -> None:
            self.parcels[item] = parcel
            self.see(ItemEventKind.INDUCTED, item, mm)

        def read(scanner: str, place_mm: int) -> Callable[[int], None]:
            def act(mm: int) -> None:
                parcel.frames[scanner] += 1
                numbers = [parcel.label] if parcel.label and chance() < 0.9 else []
                parcel.codes |= {KEYS.waybill_key(number) for number in numbers}
                self.scan(mm - place_mm - 200, *numbers, scanner=scanner)

            return act

        def weigh(mm: int) -> None:
            parcel.weights.append(self.random.choice([500.0, 500.0, 500.0, 530.0, 900.0, None]))
            self.weigh(mm - 2600 - length_mm, parcel.weights[-1], length_mm=length_mm)

        def slip(kind: ItemEventKind) -> Callable[[int], None]:
            def act(mm: int) -> None:
                parcel.doubted = True
                self.see(kind, item, mm, point=2)

            return act

        self.later(at_mm, induct)
        self.later(at_mm + length_mm, lambda mm: self.see(ItemEventKind.LENGTH, item, mm, detail=length_mm))
        for scanner, place_mm in (("top", 700), ("side", 1000)):
            for _ in range(self.random.choice([0, 1, 1, 1, 1, 1, 2])):
                self.later(at_mm + place_mm + 200, read(scanner, place_mm))
        if chance() < 0.95:
            self.later(at_mm + 2600 + length_mm, weigh)
        self.later(at_mm + 1500, lambda mm: self.see(ItemEventKind.EYE, item, mm, point=1))
        if chance() < 0.95:
            self.later(at_mm + 4200, lambda mm: self.see(ItemEventKind.EYE, item, mm, point=2))
        else:
            parcel.doubted = True
        if chance() < 0.05:
            self.later(at_mm + self.random.randint(100, 9000), slip(ItemEventKind.LOST))
        if chance() < 0.05:
            self.later(at_mm + 50, slip(ItemEventKind.TOO_CLOSE))
        self.later(at_mm + 9000, lambda mm: self.latch(item, mm))
        if chance() < 0.95:
            self.later(at_mm + 12_000, lambda mm: self.divert(item, mm))

    def feed(self, observation: Observation) -> list[Action]:
        shadow = getattr(self, "shadow", None)
        at_count, before = len(self.inputs), len(self.actions)
        found = super().feed(observation)
        if shadow is not None:
            said: list[Action] = []
            for at, each in self.inputs[at_count:]:
                said += shadow.step(each, at)
            assert said == self.actions[before:], "a core that went on from a checkpoint says something else"
        if not isinstance(observation, PapersFound) and hasattr(self, "parcels"):
            for action in self.actions[before:]:
                self.hear(action)
        return found

    def hear(self, action: Action) -> None:
        """Hold what the core says to the promises."""
        if isinstance(action, SetLane):
            self.wanted.add(action.tracking_id)
            if action.lane in (1, 2):
                self.promise(action.tracking_id)
        elif isinstance(action, Report) and isinstance(action.message, PassageDecided):
            parcel = self.parcels.get(action.message.tracking_id)
            if parcel is not None:
                parcel.decided = True
        elif isinstance(action, Report) and isinstance(action.message, PassageClosed):
            closed = action.message
            assert closed.tracking_id not in self.closed, "two records of one item"
            self.closed[closed.tracking_id] = closed
            if closed.lane is not None and closed.role is not LaneRole.RELEASE:
                self.released = {w: i for w, i in self.released.items() if i != closed.tracking_id}
        elif isinstance(action, Report) and isinstance(action.message, AnswerRuled):
            ruled = action.message
            assert ruled.answer_id not in self.rulings, "an answer was ruled twice"
            self.rulings[ruled.answer_id] = ruled.ruling

    def promise(self, item: int) -> None:
        """No release without evidence for that very item, reckoned from what the core was given."""
        parcel = self.parcels[item]
        papers = self.core.items[item].papers
        known = {p.entry.waybill_key: p for key in parcel.codes if (p := papers.get(key)) is not None}
        assert len(known) == 1
        assert all(papers.get(key) is not None for key in parcel.codes)
        (waybill, paper), = known.items()  # fmt: skip
        assert paper.entry.state is ClearanceState.RELEASE or (
            paper.entry.state is ClearanceState.REVIEW and parcel.answered
        )
        assert paper.age_s is not None
        assert paper.age_s <= 172_800
        assert len(parcel.weights) == 1
        assert parcel.weights[0] is not None
        assert abs(parcel.weights[0] - 500.0) <= 50.0
        assert not parcel.doubted
        assert max(parcel.frames.values()) == 1
        assert self.released.setdefault(waybill, item) == item, "one waybill released twice"

    def exchange(self, mm: int) -> None:
        """Commands go out one at a time for an item; their acknowledgements may be late, or lost."""
        for item in sorted(self.wanted):
            parcel = self.parcels[item]
            if parcel.in_flight or self.random.random() < 0.2:
                continue
            self.wanted.discard(item)
            order = self.core.wanted_lane(item)
            if order is None:
                continue
            outcome = self.rule(parcel, order.lane, mm)
            if self.random.random() < 0.15:
                self.wanted.add(item)  # never acknowledged: given up, and given again
                continue
            parcel.in_flight = True
            self.later(mm + self.random.choice([0, 100, 900]), self.reply(item, order.lane, outcome))
        for item, tracked in self.core.items.items():
            parcel = self.parcels[item]
            if tracked.confirmed and tracked.verdict is not None:
                assert parcel.lane == tracked.verdict.lane, "believed to be acknowledged, and is not"
            if tracked.verdict is not None and not tracked.confirmed and not parcel.in_flight:
                assert item in self.wanted or tracked.past_cutoff, "nobody commands this item's lane"

    def rule(self, parcel: Parcel, lane: int, mm: int) -> CommandOutcome:
        if parcel.gone:
            return CommandOutcome.UNKNOWN_ITEM
        if mm - parcel.at_mm >= (9600 if lane == 5 else 9000):
            return CommandOutcome.TOO_LATE
        if lane in self.core.state.closed_lanes:
            return CommandOutcome.LANE_UNAVAILABLE
        parcel.lane = lane
        return CommandOutcome.ACCEPTED

    def reply(self, item: int, lane: int, outcome: CommandOutcome) -> Callable[[int], None]:
        agent = self.starts

        def act(mm: int) -> None:
            if agent == self.starts:  # an earlier agent's acknowledgements are no longer waited for
                self.parcels[item].in_flight = False
                self.feed(LaneRuled(item, lane, outcome))

        return act

    def latch(self, item: int, mm: int) -> None:
        self.parcels[item].latched = True
        self.see(ItemEventKind.DECIDED, item, mm, detail=self.parcels[item].lane)

    def divert(self, item: int, mm: int) -> None:
        self.parcels[item].gone = True
        self.see(ItemEventKind.DIVERTED, item, mm, detail=self.parcels[item].lane)

    def cut(self, mm: int) -> None:
        """From here on a second core goes on from a checkpoint."""
        self.shadow = Core(self.line, "policy", _state.decode(msgspec.json.encode(self.core.state)))

    def restart(self, mm: int) -> None:
        """The agent is killed and starts again: its core comes from a checkpoint, commands are lost."""
        self.core = Core(self.line, "policy", _state.decode(msgspec.json.encode(self.core.state)))
        for parcel in self.parcels.values():
            parcel.doubted |= not parcel.decided
            parcel.in_flight = False
        self.starts += 1
        self.wanted = set(self.core.items)
        self.feed(AgentStarted("again", EPOCH, mm, LANES - self.core.state.closed_lanes))

    def doubt_all(self) -> None:
        for item in self.core.items:
            self.parcels[item].doubted = True

    def stall(self, mm: int) -> None:
        self.doubt_all()
        self.feed(ControllerStalled())

    def overrun(self, mm: int) -> None:
        self.doubt_all()
        self.sequence += 3
        self.feed(EventsMissed(self.sequence - 2, self.sequence, (), LANES))

    def unexpected(self, mm: int) -> None:
        self.see(ItemEventKind.UNEXPECTED, 0, mm, point=self.random.choice([1, 2]))
        for item, tracked in self.core.items.items():
            self.parcels[item].doubted |= Reason.UNEXPECTED_ITEM in tracked.doubts

    def lane_full(self, mm: int) -> None:
        self.see(ItemEventKind.LANE_FULL, 0, mm, detail=self.random.choice([1, 2, 3, 4]))

    def lane_free(self, mm: int) -> None:
        self.see(ItemEventKind.LANE_FREE, 0, mm, detail=self.random.choice([1, 2, 3, 4]))

    def change_papers(self, mm: int, number: str) -> None:
        """The centre says something else of a waybill: told at once of what is on the belt."""
        state = self.random.choice([ClearanceState.RELEASE] * 4 + list(ClearanceState))
        age_s = self.random.choice([60.0] * 5 + [180_000.0, None])
        key = KEYS.waybill_key(number)
        self.papers[key] = Paper(entry(number, state), age_s, 1)
        for item, tracked in list(self.core.items.items()):
            if key in tracked.papers:
                self.tell_papers(PapersFound(item, {key: self.papers[key]}))

    def tell_papers(self, found: PapersFound) -> None:
        before = len(self.actions)
        self.feed(found)
        for action in self.actions[before:]:
            self.hear(action)

    def answer_something(self, mm: int) -> None:
        """An officer answers about something on the belt, perhaps twice."""
        if not self.core.items:
            return
        item = self.random.choice(list(self.core.items))
        decision, answer_id = self.random.choice(list(Decision)), f"a{mm}-{item}"
        parcel, before = self.parcels[item], self.parcels[item].answered
        parcel.answered |= decision is Decision.RELEASE
        for _ in range(self.random.choice([1, 1, 2])):
            self.answer(self.core.items[item].passage_id, decision, mm, answer_id=answer_id)
        if self.rulings.get(answer_id, Ruling.ACCEPTED) is not Ruling.ACCEPTED:
            parcel.answered = before


@settings(max_examples=400, deadline=None)
@given(st.integers(min_value=0, max_value=2**48))
def test_every_day_keeps_the_promises(seed: int) -> None:
    day = Day()
    day.play(seed)
    assert set(day.closed) == set(day.parcels), "every inducted item has its one record"
    assert day.core.items == {}
    out = Counter(c.waybill_key for c in day.closed.values() if c.role is LaneRole.RELEASE and c.waybill_key)
    assert all(count == 1 for count in out.values())
    revisions: dict[str, list[int]] = defaultdict(list)
    for action in day.actions:
        if isinstance(action, Report) and isinstance(action.message, PassageDecided):
            revisions[action.message.passage_id].append(action.message.revision)
    assert all(found == list(range(1, len(found) + 1)) for found in revisions.values())


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=2**48))
def test_replaying_a_days_inputs_says_the_same_again(seed: int) -> None:
    day = Day()
    day.play(seed)
    again = Core(day.line, "policy")
    assert [action for at, each in day.inputs for action in again.step(each, at)] == day.actions
    assert msgspec.to_builtins(again.state) == msgspec.to_builtins(day.core.state)
