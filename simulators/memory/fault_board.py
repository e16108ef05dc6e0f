"""Which faults are on at this moment: the plan switches them, the adapters in memory ask and obey.

A fault that lasts is on between `begin` and `end`; one that strikes is armed and taken once. All are off by
default. Each time a fault takes effect it is counted together with the state the line was in.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong. The first word says where; after it the vocabulary of faults:
    off (silent), stuck (says the last thing again), garbage (cannot be understood), wrong (another's), slow
    (in time but late), delayed (too late), intermittent (now and then silent)."""

    SCANNER_OFF = "scanner_off"
    SCANNER_STUCK = "scanner_stuck"
    SCANNER_GARBAGE = "scanner_garbage"
    SCANNER_WRONG = "scanner_wrong"
    SCANNER_SLOW = "scanner_slow"
    SCANNER_DELAYED = "scanner_delayed"
    SCANNER_INTERMITTENT = "scanner_intermittent"
    SCANNER_PARTIAL = "scanner_partial"  # a frame breaks off
    SCALE_OFF = "scale_off"
    SCALE_STUCK = "scale_stuck"
    SCALE_GARBAGE = "scale_garbage"
    SCALE_WRONG = "scale_wrong"
    SCALE_SLOW = "scale_slow"
    SCALE_DELAYED = "scale_delayed"
    SCALE_INTERMITTENT = "scale_intermittent"
    CT_OFF = "ct_off"  # the image never comes
    CT_STUCK = "ct_stuck"  # the image before it comes again, under this item's name
    CT_GARBAGE = "ct_garbage"  # not whole
    CT_WRONG = "ct_wrong"  # it names a neighbour
    CT_SLOW = "ct_slow"
    CT_DELAYED = "ct_delayed"
    CT_INTERMITTENT = "ct_intermittent"
    REVIEWER_OFF = "reviewer_off"  # crashes: no review of what it had
    REVIEWER_SLOW = "reviewer_slow"
    REVIEWER_DELAYED = "reviewer_delayed"
    REVIEWER_WRONG = "reviewer_wrong"  # looks at another volume
    CAMERA_OFF = "camera_off"
    CAMERA_DELAYED = "camera_delayed"
    LINK_OFF = "link_off"  # the controller cannot be reached
    LINK_SLOW = "link_slow"
    LINK_TORN = "link_torn"  # a read is torn: the driver refuses it
    LINK_STUCK = "link_stuck"  # the controller's program stands still, its link answers
    COMMAND_LOST = "command_lost"  # a lane command does not reach the controller
    ACKNOWLEDGEMENT_LOST = "acknowledgement_lost"  # it does, and the answer is lost
    RING_OVERRUN = "ring_overrun"  # events are overwritten before they are read
    CONTROLLER_RESTARTED = "controller_restarted"  # ids repeat, counts at zero
    CONTRACT_MISMATCH = "contract_mismatch"
    EYE_MISSED = "eye_missed"  # an eye does not see an item
    EYE_DOUBLED = "eye_doubled"  # an eye sees it twice
    EYE_BOUNCED = "eye_bounced"  # several edges within millimetres
    ITEMS_TOUCH = "items_touch"  # two items without a gap: one to the eye
    ITEM_ADDED = "item_added"  # somebody lays one on the belt behind the induction
    ITEM_REMOVED = "item_removed"
    ITEM_SLIPPED = "item_slipped"  # moved along the belt by hand
    BELT_STOPPED = "belt_stopped"  # with items on it, and started again
    EMERGENCY_STOP = "emergency_stop"
    ITEM_JAMMED = "item_jammed"
    DIVERTER_FAILED = "diverter_failed"  # does not move
    DIVERTER_WRONG = "diverter_wrong"  # moves without an order
    LANE_FULL = "lane_full"
    BROKER_OFF = "broker_off"
    BROKER_EMPTY = "broker_empty"  # restarted without its sessions and retained messages
    BROKER_HALF_OPEN = "broker_half_open"  # takes everything, passes on nothing
    MESSAGE_LOST = "message_lost"
    MESSAGE_DOUBLED = "message_doubled"
    MESSAGE_DELAYED = "message_delayed"
    MESSAGES_REORDERED = "messages_reordered"
    AGENT_KILLED = "agent_killed"
    CENTRE_KILLED = "centre_killed"
    EDGE_DISK_FULL = "edge_disk_full"
    EDGE_DATABASE_BUSY = "edge_database_busy"
    CENTRE_DISK_FULL = "centre_disk_full"
    CENTRE_DATABASE_BUSY = "centre_database_busy"
    CLOCK_STEPPED = "clock_stepped"  # the wall clock, by an hour
    LIST_NOT_FETCHED = "list_not_fetched"  # the centre's HTTP does not answer
    CLEARANCE_STALE = "clearance_stale"  # customs spoke too long ago
    CLEARANCE_REVOKED = "clearance_revoked"  # after it said release
    ANSWER_EARLY = "answer_early"  # the officer answers at once
    ANSWER_LAST_MOMENT = "answer_last_moment"  # around the deadline
    ANSWER_LATE = "answer_late"
    ANSWER_TWICE = "answer_twice"  # the same command is delivered again


class FaultBoard:
    """The faults of one simulated site.

    Args:
        state: the line's state at this moment, in a word, for the report.
        happened: told each fault that took effect, for the timeline.
    """

    def __init__(
        self, state: Callable[[], str], happened: Callable[[Fault, str], None] = lambda _fault, _state: None
    ) -> None:
        self._state, self._happened = state, happened
        self._on: dict[Fault, bool] = {}  # whether it has taken effect since it began
        self._armed: Counter[Fault] = Counter()
        self.seen: Counter[tuple[Fault, str]] = Counter()

    def begin(self, fault: Fault) -> None:
        """From now on it lasts."""
        self._on.setdefault(fault, False)

    def end(self, fault: Fault) -> None:
        """It is over."""
        self._on.pop(fault, None)

    def arm(self, fault: Fault, times: int = 1) -> None:
        """It will strike at the next occasion."""
        self._armed[fault] += times

    def lasts(self, fault: Fault) -> bool:
        """Whether it is on; the asker obeys, and the first to ask has it counted."""
        if fault not in self._on:
            return False
        if not self._on[fault]:
            self._on[fault] = True
            self.count(fault)
        return True

    def strikes(self, fault: Fault) -> bool:
        """Whether it is armed; the asker lets it happen now."""
        if not self._armed[fault]:
            return False
        self._armed[fault] -= 1
        self.count(fault)
        return True

    def count(self, fault: Fault) -> None:
        """It took effect now."""
        state = self._state()
        self.seen[fault, state] += 1
        self._happened(fault, state)
