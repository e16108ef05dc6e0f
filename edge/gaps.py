"""Items of which the line has no record: each lies in exactly one gap record, with both its ends."""

from datetime import datetime

from edge.messages import GapCause, GapRecorded
from edge.state import State


def unseen(state: State, up_to: int, at: datetime) -> GapRecorded | None:
    """Tracking ids up to this one whose induction was never seen; None if there are none."""
    first = state.last_tracking_id + 1
    if up_to < first:
        return None
    state.last_tracking_id = up_to
    cause = GapCause.RING_OVERRUN if state.missed[1] else GapCause.JOURNAL_LOST
    return GapRecorded(state.epoch, first, up_to, *state.missed, cause, state.lane_counts, at)


def restarted(state: State, lane_counts: tuple[int, ...], at: datetime) -> GapRecorded:
    """What the controller inducted after the last look is not known: the gap's ends lie open."""
    item, event = state.last_tracking_id, state.last_sequence
    cause = GapCause.CONTROLLER_RESTART
    return GapRecorded(state.epoch, item + 1, item, event + 1, event, cause, lane_counts, at)
