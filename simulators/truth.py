"""The plant's own record of what really happened, apart from anything the site under test says: JSON lines.

Times are seconds of the plant's clock (`at_s`) and milliseconds of the controller's (`time_ms`). No label,
number or name is in it: a parcel is its place in the stream.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from config.settings import LaneRole, Mode
from simulators.categories import Category


class RunStarted(Struct, frozen=True, tag="run"):
    """A plant began; `started_at` is ISO 8601, UTC."""

    site: str
    line: str
    seed: int
    parcels: int | None
    started_at: str
    energies: tuple[str, ...] = ()  # of one scan of the CT scanner; empty: there is none


class ParcelMade(Struct, frozen=True, tag="parcel"):
    """A parcel stood at the infeed: what it is and where it belongs."""

    number: int
    category: Category
    right: LaneRole
    courier: str
    destination: str
    weight_g: int
    length_mm: int
    copy_of: int | None


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


class FaultTook(Struct, frozen=True, tag="fault"):
    """A fault took effect, while the line was in that state."""

    fault: str
    state: str
    at_s: float


class ProcessDied(Struct, frozen=True, tag="died"):
    """The agent or the centre was killed between two of its durable steps."""

    process: str
    after: str
    before: str
    at_s: float


class ProcessBegan(Struct, frozen=True, tag="began"):
    """The agent or the centre began, or began again."""

    process: str
    at_s: float


class PaperChanged(Struct, frozen=True, tag="paper"):
    """What customs says of a parcel's waybill from now on: the centre has it in its database.

    `release`: it may leave; `as_of_s`: when customs said so, on the same clock, negative before the run.
    `review`: it may leave if an officer says so. `mode`: how it is cleared; None is not told.
    """

    parcel: int
    release: bool
    as_of_s: float
    at_s: float
    review: bool = False
    mode: Mode | None = None


class PaperHeard(Struct, frozen=True, tag="paper_heard"):
    """The line's agent has taken in all clearance changes the centre knew at `known_at_s`."""

    known_at_s: float
    at_s: float


class OfficerAnswered(Struct, frozen=True, tag="answered"):
    """An officer answered for a passage, and the centre took it."""

    passage_id: str
    epoch: int
    tracking_id: int
    release: bool
    at_s: float


class LineCleared(Struct, frozen=True, tag="cleared"):
    """Somebody came to the line, looked after what had stopped it, and let it start again."""

    at_s: float


OfStray = StrayLaid | StrayEnded
OfSite = FaultTook | ProcessDied | ProcessBegan | PaperChanged | PaperHeard | OfficerAnswered | LineCleared
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
Truth = RunStarted | ParcelMade | TripBegan | OfTrip | OfStray | OfSite

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Truth)


class TruthLog:
    """Appends truth to a file; every batch is flushed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def write(self, records: Iterable[Truth]) -> None:
        """Append records, one line each."""
        lines = b"".join(_encoder.encode(record) + b"\n" for record in records)
        if lines:
            self._file.write(lines)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read(path: Path) -> Iterator[Truth]:
    """The records of a truth log; a last line cut off by a kill is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _decoder.decode(line)
