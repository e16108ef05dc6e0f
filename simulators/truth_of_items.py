"""The plant's truth about what lay on the belt: each trip of an item, and the strays that no id names."""

from msgspec import Struct

from config.settings import LaneRole


class TripBegan(Struct, frozen=True, tag="trip"):
    """It was inducted and got a tracking id."""

    parcel: int
    trip: int
    epoch: int
    tracking_id: int
    gap_ahead_mm: float | None
    at_s: float
    time_ms: int


class DecisionDue(Struct, frozen=True, tag="decision_due"):
    """Its front reached the decision eye: the controller posted the event."""

    epoch: int
    tracking_id: int
    time_ms: int


class CutoffPassed(Struct, frozen=True, tag="cutoff"):
    """It passed the release cut-off."""

    epoch: int
    tracking_id: int
    time_ms: int


class Unscanned(Struct, frozen=True, tag="unscanned"):
    """The CT scanner was out of order while it was in the tunnel: there is no image of it."""

    epoch: int
    tracking_id: int


class ScanSent(Struct, frozen=True, tag="scan"):
    """The CT scanner sent an object of its image, or tried to; `time_ms`: when its last byte had left.

    `scan` tells the scans of one trip apart. `own_id`: the object names its item. `whole`: it did not break
    off. `delivered`: the receiver took it; else `why` says what it said, or that nobody was there. `sha256`:
    of the object as sent, where the plant knows it.
    """

    epoch: int
    tracking_id: int
    scan: int
    energy: str
    own_id: bool
    whole: bool
    delivered: bool
    time_ms: int
    why: str = ""
    sha256: str = ""


class LaneAccepted(Struct, frozen=True, tag="lane_accepted"):
    """The controller accepted a lane command for it; a trip may have several."""

    epoch: int
    tracking_id: int
    lane: int
    time_ms: int


class TripEnded(Struct, frozen=True, tag="entered"):
    """It entered a lane. `touched`: on this trip the agent was silent, belt or controller stopped, or a scan
    fault, of its own or nearby, could make a careful line doubt its image (`simulators.doubts`)."""

    parcel: int
    trip: int
    epoch: int
    tracking_id: int
    lane: int
    role: LaneRole
    touched: bool
    at_s: float


class TripBroken(Struct, frozen=True, tag="broken"):
    """Somebody took it off the belt: it goes to the bench by hand."""

    parcel: int
    trip: int
    epoch: int
    tracking_id: int
    at_s: float


class StrayLaid(Struct, frozen=True, tag="stray"):
    """A parcel lies on the belt without a tracking id of its own: somebody laid it there behind the
    induction, the induction eye did not see it, or it touches another and the two were taken for one."""

    parcel: int
    at_s: float


class StrayEnded(Struct, frozen=True, tag="stray_entered"):
    """It entered a lane; lane 0: somebody took it off the belt, to the bench."""

    parcel: int
    lane: int
    role: LaneRole
    at_s: float


class LabelSent(Struct, frozen=True, tag="label"):
    """A scanner sent a frame for it, or what was to be one. `own`: with what its label shows, whole."""

    epoch: int
    tracking_id: int
    scanner: int
    own: bool
    at_s: float


class WeightSent(Struct, frozen=True, tag="weight"):
    """The scale sent a weight for it; `own`: of it alone."""

    epoch: int
    tracking_id: int
    own: bool
    at_s: float


class ImageReviewed(Struct, frozen=True, tag="reviewed"):
    """A reviewer looked at an image for it. `own`: it was its image; `clear`: there is nothing in it;
    `length_mm`, `mass_g`: what the image showed, for whose it could be taken."""

    epoch: int
    tracking_id: int
    own: bool
    clear: bool
    at_s: float
    length_mm: float | None = None
    mass_g: float | None = None


class Disturbed(Struct, frozen=True, tag="disturbed"):
    """A fault touched it."""

    epoch: int
    tracking_id: int
    fault: str
    at_s: float


OfStray = StrayLaid | StrayEnded
OfTrip = (
    DecisionDue
    | CutoffPassed
    | Unscanned
    | ScanSent
    | LaneAccepted
    | TripEnded
    | TripBroken
    | LabelSent
    | WeightSent
    | ImageReviewed
    | Disturbed
)
