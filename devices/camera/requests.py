"""What the driver says to its recorder and what comes back: one JSON value a line, on stdin and stdout.

All moments are seconds of CLOCK_MONOTONIC, which the processes of one machine share.
"""

from enum import StrEnum

from msgspec import Struct


class Setup(Struct, frozen=True):
    """The first line to a recorder. It comes by stdin, since everybody may read a command line.

    A still shows the frame that arrived `latency_s` after its moment; a clip lasts from `before_s` to
    `after_s` around it. Files go to `folder`, which exists.
    """

    device: str
    url: str
    folder: str
    latency_s: float
    before_s: float
    after_s: float
    username: str = ""
    password: str = ""


class Ask(Struct, frozen=True):
    """Record the moment `at_s`; `number` comes back with the answer and names its files."""

    number: int
    at_s: float


class CameraState(StrEnum):
    """What a recorder thinks of its camera."""

    CONNECTING = "connecting"  # not reached yet
    LIVE = "live"
    NO_FRAMES = "no_frames"  # connected, and silent
    NO_KEY_FRAME = "no_key_frame"  # frames come, but none that a recording can begin with
    BLACK = "black"
    FROZEN = "frozen"  # frames come and all show the very same
    LOST = "lost"  # was reached or tried, does not answer, is tried again


class Account(Struct, frozen=True, tag="account"):
    """How the camera does, told every second, so that a silent recorder is a hung one."""

    state: CameraState
    fps: float = 0.0  # 0 until it can be told
    width: int = 0
    height: int = 0
    detail: str = ""  # never an address with a password


class Recorded(Struct, frozen=True, tag="recorded"):
    """The answer to one `Ask`; paths are empty where nothing could be written, and `problem` says why."""

    number: int
    still: str = ""
    clip: str = ""
    problem: str = ""


Line = Account | Recorded
