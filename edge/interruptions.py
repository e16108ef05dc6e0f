"""When sight of the belt was lost: agent or controller started anew, events overwritten, a program standing
still. What was not watched is doubtful; what has no record of its own goes into a gap record. Pure.
"""

from collections.abc import Iterator
from datetime import datetime

from config.settings import Line
from devices.interfaces import CtState
from edge import gaps, records
from edge.judging import Judging
from edge.messages import Reason
from edge.observations import (
    Action,
    AgentStarted,
    ControllerRestarted,
    EventsMissed,
    Flag,
    InductionsMissed,
    Report,
    ReviewScan,
)
from edge.scans import Scans
from edge.state import State


class Interruptions:
    """Takes up a line's state again after an interruption.

    Args:
        line: its settings.
        judging, scans: the core's; `scans` is None on a line without a CT.
    """

    def __init__(self, line: Line, state: State, judging: Judging, scans: Scans | None) -> None:
        self._line, self._state, self._judging, self._scans = line, state, judging, scans

    def agent_started(self, started: AgentStarted, at: datetime) -> Iterator[Action]:
        """What passed before was not watched: it is doubtful unless its verdict was durable already."""
        state = self._state
        state.epoch = state.epoch or started.epoch
        if started.epoch == state.epoch:
            state.unwatched_until_mm = started.encoder_mm
            self._stands(started.lanes_available, started.ct_state, started.encoder_mm)
        for item in state.items.values():
            item.note(at, "agent_started", None)
            if item.flagged:
                yield Flag(item.passage_id)
            if item.verdict is None:
                item.doubts.add(Reason.OBSERVATION_GAP)
            if item.scan is not None and item.scan.complete and item.review is None:
                yield ReviewScan(item.scan.scan_id, item.passage_id, item.scan.volumes)

    def controller_restarted(self, restarted: ControllerRestarted, at: datetime) -> Iterator[Action]:
        """It forgot its items: they run to the inspection lane unseen and are closed as lost."""
        state = self._state
        for item in list(state.items.values()):
            item.doubts.add(Reason.LOST_IN_TRACK)
            item.note(at, "controller_restarted", None)
            yield from self._judging.close(item, None, at)
        if restarted.epoch < state.epoch:
            yield Report(records.epoch_went_back(state.epoch, restarted.epoch, at))
        yield Report(gaps.restarted(state, restarted.lane_counts, at))
        state.epoch, state.last_tracking_id, state.last_sequence = restarted.epoch, 0, 0
        state.unwatched_until_mm, state.missed = None, (0, 0)
        state.ct_down.clear()
        self._stands(restarted.lanes_available, restarted.ct_state, restarted.encoder_mm)

    def events_missed(self, missed: EventsMissed, at: datetime) -> Iterator[Action]:
        """The ring overran: what is open may have lost an event; ids never seen go into a gap record."""
        self._stands(missed.lanes_available, missed.ct_state, missed.encoder_mm)
        yield from self.unwatched("events_missed", at)
        self._state.missed = (missed.first_sequence, missed.last_sequence)
        self._state.lane_counts = missed.lane_counts
        self._state.last_sequence = missed.last_sequence

    def inductions_missed(self, missed: InductionsMissed, at: datetime) -> Iterator[Action]:
        """Tracking ids were given out of which no event tells."""
        self._state.lane_counts = missed.lane_counts
        yield from self.fill_gap(missed.last_tracking_id, at)

    def unwatched(self, why: str, at: datetime) -> Iterator[Action]:
        """What is open was not watched without a gap."""
        for item in self._state.items.values():
            item.doubts.add(Reason.OBSERVATION_GAP)
            item.note(at, why, None)
        yield from self._judging.revise_all(at)

    def fill_gap(self, up_to: int, at: datetime) -> Iterator[Action]:
        """Record the tracking ids up to this one that were never seen."""
        if gap := gaps.unseen(self._state, up_to, at):
            yield Report(gap)

    def _stands(self, lanes: frozenset[int] | None, ct_state: CtState, encoder_mm: int) -> None:
        """What the controller's status says of lanes and CT, whatever events of them were lost."""
        if lanes is not None:
            self._state.closed_lanes = {lane.number for lane in self._line.lanes} - lanes
        if self._scans is not None:
            self._scans.ct_is(ct_state, encoder_mm)
