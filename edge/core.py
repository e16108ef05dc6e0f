"""The line's core: observations in, actions out. Pure and replayable; the agent carries out what it says.

Life of an item: inducted → observed → (papers asked) → decided, perhaps revised → seen in a lane → closed.
"""

from datetime import datetime
from typing import assert_never

from config.settings import Line
from devices.interfaces import CommandOutcome, ItemEvent, ItemEventKind
from edge import answers, falling_due, records
from edge.interruptions import Interruptions
from edge.judging import Judging
from edge.line_events import OF_LINE, LineEvents
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
    Film,
    InductionsMissed,
    LabelRead,
    LaneRuled,
    LookUp,
    MediaKept,
    Observation,
    PapersFound,
    Report,
    ReviewScan,
    ScanArrived,
    ScanReviewed,
    SetLane,
    Weighed,
)
from edge.scans import Scans
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
        self._scans = Scans(line, line.ct, self.state) if line.ct is not None else None
        self._interruptions = Interruptions(line, self.state, self._judging, self._scans)
        self._line_events = LineEvents(line, self.state, self._tracking, self._judging, self._scans)
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
                self._out.extend(self._interruptions.agent_started(observation, at))
            case ControllerSaw():
                self._saw(observation.epoch, observation.event, at)
            case ControllerRestarted():
                self._out.extend(self._interruptions.controller_restarted(observation, at))
            case ControllerStalled():
                self._out.extend(self._interruptions.unwatched("controller_stalled", at))
            case EventsMissed():
                self._out.extend(self._interruptions.events_missed(observation, at))
            case InductionsMissed():
                self._out.extend(self._interruptions.inductions_missed(observation, at))
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
            case FellDue():
                self._fell_due(observation, at)
            case ScanArrived():
                self._scan_arrived(observation, at)
            case ScanReviewed():
                if self._scans is not None:
                    if item := self._about(self._scans.reviewed(observation, at)):
                        self._out.extend(self._judging.revise(item, at, anew=True))
                    self._revise_all(at)
            case MediaKept():
                self.subject = observation.passage_id
                self._out.append(Report(records.kept(observation, at)))
            case _:
                assert_never(observation)
        return self._out

    def due(self, encoder_mm: int) -> list[FellDue]:
        """What has fallen due at this place of the belt; to be fed back as observations."""
        return list(falling_due.due(self._line, self.items.values(), encoder_mm))

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

    def _saw(self, epoch: int, event: ItemEvent, at: datetime) -> None:
        self.state.last_sequence = event.sequence
        if self._scans is not None:
            self._scans.look(event.encoder_mm)
        kind = event.kind
        if kind is ItemEventKind.INDUCTED:
            self._out.extend(self._interruptions.fill_gap(event.tracking_id - 1, at))
            self.state.missed = (0, 0)
            passage_id = records.passage_id(self._line.id, epoch, event)
            self._about(self._tracking.open(event, passage_id, epoch, at))
            self.state.last_tracking_id = event.tracking_id
            return
        if kind in OF_LINE:
            self._out.extend(self._line_events.saw(event, at))
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
                self._judging.ruled(item, lane, CommandOutcome.ACCEPTED)
                item.past_cutoff = True
                item.confirmed = item.verdict is not None and item.verdict.lane == lane
                item.note(at, "lane_latched", event.encoder_mm, detail=str(lane))
            case ItemEventKind.DIVERTED:
                item.note(at, "diverted", event.encoder_mm, detail=str(lane))
                self._out.extend(self._judging.close(item, lane, at))
                return
            case ItemEventKind.DIVERT_FAILED:
                item.note(at, "divert_failed", event.encoder_mm, detail=str(lane))
                self._line_events.missed(event)
                self._out.append(Report(records.divert_failed(item, lane, at)))
            case ItemEventKind.LOST:
                self._line_events.missed(event)
                item.doubts.add(Reason.LOST_IN_TRACK)
                item.note(at, "lost", event.encoder_mm, detail=str(event.point))
            case ItemEventKind.TOO_CLOSE:
                item.doubts.add(Reason.TOO_CLOSE)
                item.note(at, "too_close", event.encoder_mm)
            case _:
                return
        self._out.extend(self._judging.revise(item, at))

    def _read_something(self, device: str, at: datetime) -> None:
        """A reading can make any item doubtful; many that fit none are something a person must know."""
        self._revise_all(at)
        if self.state.orphans_in_a_row.get(device) == _ORPHANS_BEFORE_ALARM:
            self._out.append(Report(records.readings_without_item(device, _ORPHANS_BEFORE_ALARM, at)))

    def _fell_due(self, fell: FellDue, at: datetime) -> None:
        item = self._about(self.items.get(fell.tracking_id))
        if item is None:
            return
        match fell.due:
            case Due.FILM:
                item.filmed.add(fell.device)
                self._out.append(Film(fell.device, item.passage_id, fell.encoder_mm))
            case Due.SCAN if self._scans is not None:
                missing = self._scans.overdue(item, fell.encoder_mm, at)
                self._out.extend(self._judging.revise(item, at, anew=missing))
                self._revise_all(at)
            case Due.VERDICT if item.verdict is None:
                if self._scans is not None:
                    self._scans.look(fell.encoder_mm)
                item.doubts.add(Reason.EYE_MISSED)
                self._decide(item, at)
            case Due.END:
                item.doubts.add(Reason.LOST_IN_TRACK)
                item.note(at, "never_seen_in_a_lane", None)
                self._out.append(Report(records.never_arrived(item, at)))
                self._out.extend(self._judging.close(item, None, at))
            case _:
                pass

    def _scan_arrived(self, scan: ScanArrived, at: datetime) -> None:
        """Its volumes are evidence of its item, if it has one; a complete one is reviewed."""
        if self._scans is None or self._scans.has(scan):
            return
        item = self._about(self._scans.arrived(scan, at))
        if item is None:
            self._out.append(Report(records.scan_without_item(scan, at)))
        else:
            self._out.extend(Report(records.kept(each, at)) for each in records.volumes(scan, item))
            if scan.complete and item.scan is scan:
                self._out.append(ReviewScan(scan.scan_id, item.passage_id, scan.volumes))
            if item.scan_doubts:  # the record says why, also of an item inspected already
                self._out.extend(self._judging.revise(item, at, anew=True))
        self._revise_all(at)

    def _decide(self, item: Item, at: datetime) -> None:
        """The first verdict; a scanner that said nothing may have seen a second label, or its frame is
        another item's by now."""
        heard = {frame.scanner for frame in item.frames}
        if self._line.policy.every_scanner and any(each.name not in heard for each in self._line.scanners):
            item.doubts.add(Reason.OBSERVATION_GAP)
        self._out.extend(self._judging.decide(item, at))

    def _revise_all(self, at: datetime) -> None:
        self._out.extend(self._judging.revise_all(at))

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
        self._judging.ruled(item, ruled.lane, ruled.outcome)
        self._rule(answers.lane_ruled(item, ruled, at))
        of_verdict = item.verdict is not None and ruled.lane == item.verdict.lane
        if ruled.outcome is CommandOutcome.ACCEPTED:
            item.confirmed |= of_verdict  # an older command's lane says nothing about the present verdict's
        elif ruled.outcome is CommandOutcome.LANE_UNAVAILABLE:
            item.refused.add(ruled.lane)
            self._out.extend(self._judging.revise(item, at))
        elif of_verdict and not item.confirmed:
            self._out.extend(self._judging.came_too_late(item, at))
