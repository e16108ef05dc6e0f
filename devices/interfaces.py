"""What the agent knows of a device: one Protocol per kind, and the typed readings they yield.

A driver on a wire, the plant in memory and a recording all satisfy these; the agent cannot tell them apart.
Every driver is run as one task, reconnects by itself and reports its health; it raises only when cancelled.
Times named `at_s` are seconds of the monotonic clock passed to the driver.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum, StrEnum
from typing import Protocol

from msgspec import Struct


class DeviceState(StrEnum):
    """Where a device stands, in the words its health tile uses."""

    CONNECTING = "connecting"  # not reached yet
    ONLINE = "online"  # answers as it should
    DEGRADED = "degraded"  # answers, but with errors (garbage, refused frames, wrong version)
    OFFLINE = "offline"  # was reached, or was tried, and does not answer


class Health(Struct, frozen=True):
    """A device's own account of itself; `detail` never holds what it read: labels are personal data."""

    device: str
    state: DeviceState
    since_s: float
    detail: str = ""
    readings: int = 0
    errors: int = 0


class CodesRead(Struct, frozen=True, tag=True):
    """One scanner frame: every code it holds (none for a no-read) and the bytes as they came."""

    device: str
    at_s: float  # when the first byte of the frame arrived, less the time it took on the wire
    codes: tuple[str, ...]
    raw: bytes


class WeightRead(Struct, frozen=True, tag=True):
    """One item's weight from an in-motion scale; `weight_g` is None when the scale could not tell."""

    device: str
    at_s: float
    weight_g: float | None
    stable: bool
    raw: bytes


class VolumeFile(Struct, frozen=True):
    """One stored object of a scan; `path` lies in the store, named by its hash."""

    path: str
    sha256: str
    size: int
    energy: str  # "low", "high" or "both", by the profile


class ScanStored(Struct, frozen=True, tag=True):
    """A CT scan is on disk: all its objects, or what came of them in time.

    `scanned_at_s` is the middle of the acquisition, by the scanner's own clock brought onto ours; None if
    the objects do not say. `tracking_id` and `epoch` are what the object-of-inspection id names.
    """

    device: str
    at_s: float  # when its last object was durable
    scan_id: str  # the scanner's own, unique: its study
    files: tuple[VolumeFile, ...]
    complete: bool  # all objects of the profile are there
    scanned_at_s: float | None = None
    tracking_id: int | None = None
    epoch: int | None = None
    problem: str = ""  # why it is not complete, or not to be used; never personal data


class MediaFile(Struct, frozen=True):
    """A recording on disk, in the open: whoever takes it seals it and removes it."""

    path: str
    media_type: str  # image/jpeg, video/mp4


class Footage(Struct, frozen=True, tag=True):
    """What a camera recorded of one passage; `problem` says why something is missing."""

    device: str
    passage_id: str
    at_s: float  # the moment that was asked for
    still: MediaFile | None = None
    clip: MediaFile | None = None
    problem: str = ""


Reading = CodesRead | WeightRead | ScanStored


class Scanner(Protocol):
    """Reads labels; emits a frame per item that passed, in the order they passed."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    async def run(self, emit: Callable[[CodesRead], None]) -> None: ...


class Scale(Protocol):
    """Weighs in motion; emits one weight per item when the item has left the weighing belt."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    async def run(self, emit: Callable[[WeightRead], None]) -> None: ...


class CtScanner(Protocol):
    """Yields scans in the order they were complete; each is durable before it is yielded, and is yielded
    again at the next start unless it was `taken`."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    def taken(self, scan_id: str) -> None: ...  # the oldest of that name is written down
    async def run(self, emit: Callable[[ScanStored], None]) -> None: ...


class Camera(Protocol):
    """Records passages on request; each request is answered by one Footage, if need be an empty one."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    def film(self, passage_id: str, at_s: float) -> None: ...
    async def run(self, emit: Callable[[Footage], None]) -> None: ...


LANE_EYE = 255  # the `point` of an event at a lane's own eye


class ItemEventKind(IntEnum):
    """What the controller saw; the numbers are the sorter contract's."""

    INDUCTED = (
        1  # its front reached the induction eye, it got its tracking id; detail = earlier trips (255 unknown)
    )
    EYE = 2  # a tracked item's front reached eye `point`
    DECIDED = 3  # the release cut-off passed; detail = the lane latched
    DIVERTED = 4  # the item was seen in lane `detail`
    DIVERT_FAILED = 5  # it should have entered lane `detail` and was not seen there
    LOST = 6  # expected at eye `point` and not seen; LANE_EYE: in no lane
    UNEXPECTED = 7  # seen at eye `point`, or with LANE_EYE in lane `detail`, and not tracked; tracking id 0
    TOO_CLOSE = 8  # its gap to the item ahead is under the contract's minimum; both are named, one event each
    LENGTH = 9  # the item's back cleared the induction eye; detail = length in mm
    LANE_FULL = 10  # lane `detail` takes no more; tracking id 0
    LANE_FREE = 11  # lane `detail` takes items again; tracking id 0
    LINE_STATE = 12  # the line's PackML state changed; detail = the state
    CT_STATE = 13  # the CT scanner's state changed; detail = CtState; tracking id 0


class ItemEvent(Struct, frozen=True):
    """One slot of the controller's event ring."""

    sequence: int
    kind: ItemEventKind
    tracking_id: int
    point: int
    encoder_mm: int  # belt encoder when it happened; minus that at INDUCTED: where the item's front is
    time_ms: int  # controller's clock
    detail: int


class PackMlState(IntEnum):
    """The states of ANSI/ISA-TR88.00.02 that a sorting line uses, with its numbers."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5  # cause downstream: a lane is full
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9  # emergency stop: only a hand at the line starts it again
    HOLDING = 10
    HELD = 11  # cause inside: jam, heartbeat lost


class CtState(IntEnum):
    """What the controller knows of the line's CT scanner; the numbers are the sorter contract's."""

    NONE = 0  # the line has none
    READY = 1  # X-ray on, scanning what passes
    FAULT = 2
    BYPASS = 3  # items pass unscanned, on an operator's order
    XRAY_OFF = 4


class LineStatus(Struct, frozen=True):
    """The controller's status block, read whole in one request."""

    epoch: int  # changes at each boot of the controller: tracking ids repeat after it
    contract_version: int
    controller_heartbeat: int
    state: PackMlState
    induction_open: bool
    agent_alive: bool  # what the controller thinks of our heartbeat
    time_ms: int
    encoder_mm: int
    speed_mm_s: int
    lanes_available: frozenset[int]
    lane_counts: tuple[int, ...]  # items confirmed in lane 1, 2, … since boot
    inducted: int
    last_tracking_id: int
    newest_sequence: int
    ct_state: CtState = CtState.NONE


class Cursor(Struct, frozen=True):
    """The last event already handled; `epoch` 0 means none ever."""

    epoch: int = 0
    sequence: int = 0


class CommandOutcome(IntEnum):
    """The controller's word on a lane command; the numbers are the sorter contract's."""

    ACCEPTED = 1
    TOO_LATE = 2
    UNKNOWN_ITEM = 3
    WRONG_EPOCH = 4
    LANE_UNAVAILABLE = 5


class LaneCommand(Struct, frozen=True):
    """Send this item to that lane; repeating it with another `command_id` changes nothing."""

    command_id: int  # the agent's own number, returned with the outcome; not the mailbox sequence
    epoch: int
    tracking_id: int
    lane: int


class CommandResult(Struct, frozen=True):
    """What became of a command."""

    command_id: int
    outcome: CommandOutcome


class Poll(Struct, frozen=True):
    """All that one look at the controller tells, in the order of the ring."""

    at_s: float
    status: LineStatus
    events: tuple[ItemEvent, ...]
    results: tuple[CommandResult, ...]
    missed: tuple[int, int] | None = None  # first and last sequence overwritten unread, just before `events`


class Conveyor(Protocol):
    """The line's controller. `poll`, `send` and `beat` raise DeviceError when it does not answer.

    `poll` returns at most a few hundred events; the caller polls again at once while more are waiting.
    If the controller's epoch is not the cursor's, events start at the oldest the ring still holds.
    `send` returns the commands it could place; the rest wait for a free mailbox slot.
    """

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    async def poll(self, after: Cursor) -> Poll: ...
    async def send(self, commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]: ...
    async def beat(self, count: int) -> None: ...
    async def close(self) -> None: ...
