"""The line's core: observations in, actions out. Pure and replayable; the agent carries out what it says.

Life of an item: inducted → observed → (papers asked) → decided, perhaps revised → seen in a lane → closed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from config.settings import Line
from devices.interfaces import CommandOutcome, ItemEvent, ItemEventKind
from edge import answers, gaps, records
from edge.judging import Judging
from edge.messages import AnswerRuled, Reason
from edge.observations import (
    Action,
    AgentStarted,
    AnswerGiven,
    ControllerRestarted,
    ControllerSaw,
    ControllerStalled,
    Due,
    EventsMissed,
    FellDue,
    InductionsMissed,
    LabelRead,
    LaneRuled,
    LookUp,
    Observation,
    PapersFound,
    Report,
    SetLane,
    Weighed,
)
from edge.state import Item, State
from edge.tracking import Tracking

_ORPHANS_BEFORE_ALARM = 20


class Core:
    """The state of one line.

    Args:
        line: the line's settings.
        policy_hash: SHA-256 of them, written into each verdict.
        state: where to go on; a line of which nothing is known if not given.
    """

    def __init__(self, line: Line, policy_hash: str, state: State | None = None) -> None:
        self.state = state or State()
        self._line = line
        self._tracking = Tracking(line.belt, self.state)
        self._judging = Judging(line, policy_hash, self.state)
        self._out: list[Action] = []
        self.subject: str | None = None  # the passage the last observation was about

    @property
    def items(self) -> dict[int, Item]:
        """Open passages by tracking id."""
        return self.state.items

    def step(self, observation: Observation, at: datetime) -> list[Action]:  # noqa: PLR0912  one case a kind
        """Take one observation in and say what follows from it; `at` is wall-clock time, for people only."""
        self._out, self.subject = [], None
        match observation:
            case AgentStarted():
                self._start(observation, at)
            case ControllerSaw():
                self._saw(observation.epoch, observation.event, at)
            case ControllerRestarted():
                self._restart(observation, at)
            case ControllerStalled():
                self._doubt_all("controller_stalled", at)
            case EventsMissed():
                self._overrun(observation, at)
            case InductionsMissed():
                self.state.lane_counts = observation.lane_counts
                self._fill_gap(observation.last_tracking_id, at)
            case LabelRead():
                item = self._about(self._tracking.read(observation, at))
                if item is not None and observation.codes:
                    keys = tuple(dict.fromkeys(code.key for code in item.codes))
                    self._out.append(LookUp(item.tracking_id, keys))
                self._read_something(observation.scanner, at)
            case Weighed():
                self._about(self._tracking.weigh(observation, at))
                self._read_something(observation.scale, at)
            case PapersFound(tracking_id=tracking_id, papers=papers):
                if item := self._about(self.items.get(tracking_id)):
                    item.papers.update(papers)
                    self._out.extend(self._judging.revise(item, at))
            case AnswerGiven():
                self._answered(observation, at)
            case LaneRuled():
                self._lane_ruled(observation, at)
            case FellDue(tracking_id=tracking_id, due=due):
                self._fell_due(tracking_id, due, at)
            case _:
                assert_never(observation)
        return self._out

    def due(self, encoder_mm: int) -> Iterable[FellDue]:
        """What has fallen due at this place of the belt; to be fed back as observations."""
        belt = self._line.belt
        slack_mm = belt.tolerance_mm
        verdict_mm = belt.eyes_mm[belt.decide_eye] + slack_mm
        end_mm = belt.end_mm + belt.longest_item_mm + slack_mm
        found: list[FellDue] = []
        for item in self.items.values():
            front_mm = item.front_mm(encoder_mm)
            if front_mm > end_mm:
                found.append(FellDue(item.tracking_id, Due.END))
            elif front_mm > verdict_mm and item.verdict is None:
                found.append(FellDue(item.tracking_id, Due.VERDICT))
        return found

    def wanted_lane(self, tracking_id: int) -> SetLane | None:
        """The lane the present verdict asks for and the controller has not acknowledged."""
        item = self.items.get(tracking_id)
        if item is None or item.verdict is None or item.confirmed:
            return None
        return SetLane(item.epoch, tracking_id, item.verdict.lane)

    def _about(self, item: Item | None) -> Item | None:
        if item is not None:
            self.subject = item.passage_id
        return item

    def _start(self, started: AgentStarted, at: datetime) -> None:
        """What passed before was not watched: it is doubtful unless its verdict was durable already."""
        self.state.epoch = self.state.epoch or started.epoch
        if started.epoch == self.state.epoch:
            self.state.unwatched_until_mm = started.encoder_mm
            self._lanes_are(started.lanes_available)
        for item in self.items.values():
            item.note(at, "agent_started", None)
            if item.verdict is None:
                item.doubts.add(Reason.OBSERVATION_GAP)

    def _saw(self, epoch: int, event: ItemEvent, at: datetime) -> None:
        self.state.last_sequence = event.sequence
        kind = event.kind
        if kind is ItemEventKind.INDUCTED:
            self._fill_gap(event.tracking_id - 1, at)
            self.state.missed = (0, 0)
            passage_id = records.passage_id(self._line.id, epoch, event)
            self._about(self._tracking.open(event, passage_id, epoch, at))
            self.state.last_tracking_id = event.tracking_id
            return
        if kind is ItemEventKind.LANE_FULL:
            self.state.closed_lanes.add(event.detail)
            self._revise_all(at)
            return
        if kind is ItemEventKind.LANE_FREE:
            self.state.closed_lanes.discard(event.detail)
            return
        if kind is ItemEventKind.UNEXPECTED:
            self._unexpected(event, at)
            return
        item = self._about(self.items.get(event.tracking_id))
        if item is not None:
            self._saw_item(item, event, at)

    def _saw_item(self, item: Item, event: ItemEvent, at: datetime) -> None:
        """An event of a tracked item; each kind changes the item and may change its verdict."""
        lane = event.detail
        match event.kind:
            case ItemEventKind.LENGTH:
                self._tracking.measured(item, event.detail)
            case ItemEventKind.EYE:
                self._tracking.at_eye(item, event)
                item.note(at, "eye", event.encoder_mm, detail=str(event.point))
                if event.point == self._line.belt.decide_eye and item.verdict is None:
                    self._decide(item, at)
            case ItemEventKind.DECIDED:
                item.past_cutoff = True
                item.confirmed = item.verdict is not None and item.verdict.lane == lane
                item.note(at, "lane_latched", event.encoder_mm, detail=str(lane))
            case ItemEventKind.DIVERTED:
                item.note(at, "diverted", event.encoder_mm, detail=str(lane))
                self._close(item, lane, at)
                return
            case ItemEventKind.DIVERT_FAILED:
                item.note(at, "divert_failed", event.encoder_mm, detail=str(lane))
                self._out.append(Report(records.divert_failed(item, lane, at)))
            case ItemEventKind.LOST:
                item.doubts.add(Reason.LOST_IN_TRACK)
                item.note(at, "lost", event.encoder_mm, detail=str(event.point))
            case ItemEventKind.TOO_CLOSE:
                item.doubts.add(Reason.TOO_CLOSE)
                item.note(at, "too_close", event.encoder_mm)
            case _:
                return
        self._out.extend(self._judging.revise(item, at))

    def _unexpected(self, event: ItemEvent, at: datetime) -> None:
        """Something untracked lies on the belt: what is near it cannot be told from it."""
        eyes_mm = self._line.belt.eyes_mm
        if event.point < len(eyes_mm):
            for item in self._tracking.near(eyes_mm[event.point], event.encoder_mm):
                item.doubts.add(Reason.UNEXPECTED_ITEM)
        self._out.append(Report(records.unexpected_item(event, at)))
        self._revise_all(at)

    def _lanes_are(self, available: frozenset[int] | None) -> None:
        if available is not None:
            self.state.closed_lanes = {lane.number for lane in self._line.lanes} - available

    def _read_something(self, device: str, at: datetime) -> None:
        """A reading can make any item doubtful; many that fit none are something a person must know."""
        self._revise_all(at)
        if self.state.orphans_in_a_row.get(device) == _ORPHANS_BEFORE_ALARM:
            self._out.append(Report(records.readings_without_item(device, _ORPHANS_BEFORE_ALARM, at)))

    def _doubt_all(self, why: str, at: datetime) -> None:
        """What is open was not watched without a gap."""
        for item in self.items.values():
            item.doubts.add(Reason.OBSERVATION_GAP)
            item.note(at, why, None)
        self._revise_all(at)

    def _restart(self, restarted: ControllerRestarted, at: datetime) -> None:
        """The controller forgot its items: they run to the inspection lane unseen and are closed as lost."""
        for item in list(self.items.values()):
            item.doubts.add(Reason.LOST_IN_TRACK)
            item.note(at, "controller_restarted", None)
            self._close(item, None, at)
        state, new = self.state, restarted.epoch
        if new < state.epoch:
            self._out.append(Report(records.epoch_went_back(state.epoch, new, at)))
        self._out.append(Report(gaps.restarted(state, restarted.lane_counts, at)))
        state.epoch, state.last_tracking_id, state.last_sequence = new, 0, 0
        state.unwatched_until_mm, state.missed = None, (0, 0)
        self._lanes_are(restarted.lanes_available)

    def _overrun(self, missed: EventsMissed, at: datetime) -> None:
        """The ring overran: what is open may have lost an event; ids never seen go into a gap record."""
        self._lanes_are(missed.lanes_available)
        self._doubt_all("events_missed", at)
        self.state.missed = (missed.first_sequence, missed.last_sequence)
        self.state.lane_counts = missed.lane_counts
        self.state.last_sequence = missed.last_sequence

    def _fill_gap(self, up_to: int, at: datetime) -> None:
        if gap := gaps.unseen(self.state, up_to, at):
            self._out.append(Report(gap))

    def _fell_due(self, tracking_id: int, due: Due, at: datetime) -> None:
        item = self._about(self.items.get(tracking_id))
        if item is None:
            return
        if due is Due.VERDICT and item.verdict is None:
            item.doubts.add(Reason.EYE_MISSED)
            self._decide(item, at)
        elif due is Due.END:
            item.doubts.add(Reason.LOST_IN_TRACK)
            item.note(at, "never_seen_in_a_lane", None)
            self._out.append(Report(records.never_arrived(item, at)))
            self._close(item, None, at)

    def _decide(self, item: Item, at: datetime) -> None:
        """The first verdict; a scanner that said nothing may have seen a second label, or its frame is
        another item's by now."""
        heard = {frame.scanner for frame in item.frames}
        if self._line.policy.every_scanner and any(each.name not in heard for each in self._line.scanners):
            item.doubts.add(Reason.OBSERVATION_GAP)
        self._out.extend(self._judging.decide(item, at))

    def _revise_all(self, at: datetime) -> None:
        for item in self.items.values():
            self._out.extend(self._judging.revise(item, at))

    def _close(self, item: Item, lane: int | None, at: datetime) -> None:
        del self.items[item.tracking_id]
        self._out.extend(self._judging.close(item, lane, at))
        self._rule(answers.overtaken(item, lane, at))

    def _answered(self, given: AnswerGiven, at: datetime) -> None:
        answer = given.answer
        self.subject = answer.passage_id
        item = next((each for each in self.items.values() if each.passage_id == answer.passage_id), None)
        if item is not None and answer.answer_id in item.heard:
            return  # delivered twice
        ruled = answers.receive(item, given, self._line, at)
        if ruled is not None or item is None:
            self._rule(ruled)
            return
        self._out.extend(self._judging.revise(item, at))
        if item.verdict is not None:
            self._rule(answers.settle(item, item.verdict, at))
            self._out.extend(self._judging.revise(item, at))  # a refused answer no longer counts

    def _rule(self, ruled: AnswerRuled | None) -> None:
        if ruled is not None:
            self._out.append(Report(ruled))

    def _lane_ruled(self, ruled: LaneRuled, at: datetime) -> None:
        item = self._about(self.items.get(ruled.tracking_id))
        if item is None:
            return
        item.note(at, f"lane_{ruled.outcome.name.lower()}", None, detail=str(ruled.lane))
        self._rule(answers.lane_ruled(item, ruled, at))
        of_verdict = item.verdict is not None and ruled.lane == item.verdict.lane
        if ruled.outcome is CommandOutcome.ACCEPTED:
            item.confirmed |= of_verdict  # an older command's lane says nothing about the present verdict's
        elif ruled.outcome is CommandOutcome.LANE_UNAVAILABLE:
            item.refused.add(ruled.lane)
            self._out.extend(self._judging.revise(item, at))
        elif of_verdict and not item.confirmed:
            self._out.extend(self._judging.came_too_late(item, at))
