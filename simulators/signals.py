"""What is on the belt and what its eyes, scanners, scale, tunnel and lanes tell of it."""

from dataclasses import dataclass
from enum import Enum, auto

from msgspec import Struct

from simulators.parcels import Parcel


@dataclass(eq=False)
class Item:
    """One trip of a parcel; positions are belt travel (mm) since the world began."""

    parcel: Parcel
    trip: int
    front_zero_mm: float  # travel at which its front was at the induction eye
    gap_ahead_mm: float | None  # to the item before it; None for the first
    seen_weight_g: float | None = None  # None: it was never alone on the scale
    lane: int | None = None
    gone: bool = False
    passed: int = 0  # how many places of its way lie behind it
    due_mm: float = 0.0  # travel at which it comes to the next
    scanned: bool = False  # by the CT scanner
    hidden: Parcel | None = None  # one that touches it: to the eyes the two are one
    stray: bool = False  # no controller has ever seen it inducted
    stuck: bool = False  # it stands while the belt runs
    slipped: bool = False  # moved by so little that nothing came of it
    undiverted: bool = False  # the diverters do not move for it
    misled_to: int | None = None  # the lane whose diverter moves for it without an order
    touched: bool = False  # a fault touched it on this trip …
    disturbed: bool = False  # … other than of a scan: what is measured of it may be another's


class EyeMade(Struct, frozen=True):
    """An item's front broke the beam of an eye."""

    at_mm: float
    eye: int
    item: Item
    from_loop: bool = False  # the merge beside the induction eye saw it come from the recirculation loop


class EyeCleared(Struct, frozen=True):
    """An item's back left the induction eye."""

    at_mm: float
    item: Item


class Scanned(Struct, frozen=True):
    """A scanner, by its place in the line's settings, looked at an item; no codes is a no-read."""

    at_mm: float
    scanner: int
    codes: tuple[str, ...]
    item: Item


class Weighed(Struct, frozen=True):
    """An item left the scale; `alone` is False when another lay on it too and the weight is of both."""

    at_mm: float
    weight_g: float
    alone: bool
    item: Item


class LaneEntered(Struct, frozen=True):
    """An item's middle passed into a lane."""

    at_mm: float
    lane: int
    item: Item


class Stage(Enum):
    """Where an item is on its way through the CT scanner's tunnel."""

    ENTERED = auto()  # its front is at the tunnel's beginning
    IMAGE_BEGAN = auto()  # its front is at the tunnel's middle, where the rays are
    IMAGE_ENDED = auto()  # its back is there
    LEFT = auto()  # its back is at the tunnel's end
    TOO_LATE = auto()  # it has passed the release cut-off, and no image of it can come in time


class TunnelPassed(Struct, frozen=True):
    """An item came to a stage of its way through the tunnel."""

    at_mm: float
    stage: Stage
    item: Item


Signal = EyeMade | EyeCleared | Scanned | Weighed | TunnelPassed | LaneEntered
