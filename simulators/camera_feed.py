"""What the plant tells its belt camera, a process of its own: JSON lines into its standard input.

Positions are millimetres of belt from the induction eye, as everywhere. Label texts are personal data: they
travel through this pipe only and are never logged.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from simulators.camera_faults import CameraFaults

TELL_EVERY_S = 0.08


Length = Annotated[float, Meta(gt=0, le=5000)]
LabelText = Annotated[str, Meta(pattern="^[ -~]{1,48}$")]  # printable ASCII


class SeenItem(Struct, frozen=True):
    """A parcel on the belt; one that keeps seed, size and labels looks the same in every picture."""

    front_mm: float  # where its front is; its back is `length_mm` behind
    length_mm: Length  # along the belt
    width_mm: Length  # across the belt
    seed: Annotated[int, Meta(ge=0)]  # for its colours, tape and the place of its labels
    labels: tuple[LabelText, ...] = ()  # the text of each label on its upper side; two are drawn at most
    aside_mm: float = 0.0  # from the belt's middle to its middle, seen in the direction of travel to the left


class BeltSeen(Struct, frozen=True, tag="belt"):
    """The belt at one moment; the camera reckons on from here until it hears more."""

    time_s: float  # the system's monotonic clock (`time.monotonic`) when all this held
    travel_mm: float  # of the belt since any beginning
    speed_mm_s: float  # 0 when it is stopped
    items: tuple[SeenItem, ...] = ()


class Disturb(Struct, frozen=True, tag="disturb"):
    """Have these faults from now on, and no others."""

    faults: CameraFaults


Message = BeltSeen | Disturb

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def write_line(message: Message) -> bytes:
    """One line of the feed, with its end."""
    return msgspec.json.encode(message) + b"\n"


def read_line(line: bytes) -> Message:
    """The message of one line; msgspec.DecodeError if it is none: never log its text."""
    return _decoder.decode(line)
