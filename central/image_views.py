"""What the API shows of images: files and where they are, reviews, claims."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, structs

from edge.messages import MediaKind, ScanDoubt
from models.findings import Finding, ImageException, Outcome, Review


class MediaPlace(StrEnum):
    """Where a file is."""

    HERE = "here"
    AT_EDGE = "at_edge"  # it can be asked for
    FETCHING = "fetching"  # it was


class ImageState(StrEnum):
    """Where the image of a passage is."""

    HERE = "here"
    AT_EDGE = "at_edge"
    FETCHING = "fetching"
    NONE = "none"  # there is none


class MediaItem(Struct, frozen=True):
    """A file about a passage."""

    sha256: str
    kind: MediaKind
    part: str  # of a volume its energy; of a report "officer" if it was made here
    media_type: str
    size: int
    device: str
    recorded_at: datetime
    state: MediaPlace


class ReviewShown(Struct, frozen=True):
    """A reviewer's word on an image, every field told."""

    outcome: Outcome
    reviewer: str
    exception: ImageException | None
    findings: tuple[Finding, ...]
    length_mm: float | None
    mass_g: float | None
    model_sha256: str
    took_ms: int
    detail: str
    suspicion: float | None  # probability that the parcel holds something that alarms


class ScanView(Struct, frozen=True):
    """The CT scan of a passage."""

    scan_id: str
    volumes: tuple[str, ...]
    review: ReviewShown | None
    doubts: tuple[ScanDoubt, ...]


class VolumePlace(Struct, frozen=True):
    """One object of a scan, and where it is."""

    sha256: str
    part: str
    size: int
    state: MediaPlace


class ImageView(Struct, frozen=True):
    """The image of a passage; shape and spacing in the order z, y, x, known once it is here.

    `problem`: a sentence when it is here and cannot be shown.
    """

    state: ImageState
    review: ReviewShown | None
    doubts: tuple[ScanDoubt, ...]
    volumes: tuple[VolumePlace, ...]
    shape: tuple[int, int, int] | None = None
    spacing_mm: tuple[float, float, float] | None = None
    has_low: bool = False
    problem: str = ""


class ClaimView(Struct, frozen=True):
    """A claim just taken or renewed; `officer` by the name they sign with."""

    passage_id: str
    officer: str
    until: datetime


class ClaimChanged(Struct, frozen=True):
    """A passage's claim as it is now, in the live stream."""

    passage_id: str
    claimed_by: str | None
    claimed_by_me: bool
    claimed_until: datetime | None


class MediaChanged(Struct, frozen=True):
    """Something about a passage's files is new: fetch again."""

    passage_id: str


def shown_review(review: Review | None) -> ReviewShown | None:
    """A review with its defaults written out."""
    return None if review is None else ReviewShown(**structs.asdict(review))
