"""What the controller says and is told, in the words and numbers of the sorter contract.

Written from the contract's text, apart from the drivers: a mistake in one is not mirrored in the other.
"""

from enum import IntEnum

from msgspec import Struct


class EventKind(IntEnum):
    """The kinds of the event ring."""

    INDUCTED = 1  # detail: earlier trips, UNKNOWN_TRIPS if it cannot tell
    EYE = 2  # point: the eye
    DECIDED = 3  # the release cut-off passed; detail: the lane latched
    DIVERTED = 4  # detail: the lane it was seen in
    DIVERT_FAILED = 5  # detail: the lane it was not seen in
    LOST = 6  # point: the eye it was not seen at
    UNEXPECTED = 7  # point: the eye; tracking id 0
    TOO_CLOSE = 8  # detail: the gap in mm
    LENGTH = 9  # detail: the length in mm
    LANE_FULL = 10  # detail: the lane; tracking id 0
    LANE_FREE = 11  # detail: the lane; tracking id 0
    LINE_STATE = 12  # detail: the PackML state
    CT_STATE = 13  # detail: the CT scanner's state; tracking id 0


UNKNOWN_TRIPS = 255


LANE_EYE = 255  # the point of an event at a lane's own eye


class State(IntEnum):
    """The PackML states of the contract (ANSI/ISA-TR88.00.02 numbers)."""

    CLEARING = 1  # a hand has released the line after ABORTED
    STOPPED = 2  # the belt stands: just booted and no agent yet, or stopped by hand
    STARTING = 3
    IDLE = 4  # ready to start
    SUSPENDED = 5  # the bench is full: the belt stands until it takes items
    EXECUTE = 6  # running, induction open
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9  # emergency stop, or an item released without an order: only a hand starts the line again
    HOLDING = 10
    HELD = 11  # induction closed: the agent's heartbeat is away and the belt clears itself, or a jam


class CtState(IntEnum):
    """What the CT scanner tells the controller of itself."""

    NONE = 0  # there is none
    READY = 1
    FAULT = 2
    BYPASS = 3  # items pass unscanned, on an operator's order
    XRAY_OFF = 4


class Outcome(IntEnum):
    """What becomes of a lane command."""

    ACCEPTED = 1
    TOO_LATE = 2
    UNKNOWN_ITEM = 3
    WRONG_EPOCH = 4
    LANE_UNAVAILABLE = 5


class Event(Struct, frozen=True):
    """One slot of the ring, less its sequence: the first event after a boot is number 1."""

    kind: EventKind
    time_ms: int
    encoder_mm: int
    tracking_id: int = 0
    point: int = 0
    detail: int = 0


class Command(Struct, frozen=True):
    """A command slot whose sequence the controller has not answered yet."""

    slot: int
    sequence: int
    epoch: int
    tracking_id: int
    lane: int


class Result(Struct, frozen=True):
    """The answer to a command."""

    command: Command
    outcome: Outcome
    time_ms: int


class Status(Struct, frozen=True):
    """The status block, less what is constant."""

    epoch: int
    state: State
    heartbeat: int
    induction_open: bool
    agent_alive: bool
    time_ms: int
    encoder_mm: int
    speed_mm_s: int
    lanes_available: frozenset[int]
    inducted: int
    last_tracking_id: int
    lane_counts: tuple[int, ...]  # lane 1 first
    ct_state: CtState = CtState.NONE
