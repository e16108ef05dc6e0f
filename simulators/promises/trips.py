"""One trip of a parcel as the truth tells it, until its record at the centre is judged."""

from dataclasses import dataclass, field

from simulators.promises.findings import TripKey
from simulators.truth import ImageReviewed, LabelSent, ParcelMade, ScanSent, TripEnded, Unscanned, WeightSent


@dataclass(slots=True)
class Journey:
    """A parcel from its first induction to its last lane."""

    made: ParcelMade
    touched: bool = False  # a fault touched one of its trips
    stopped_by_papers: bool = False  # customs did not, or not always, say release
    aided: bool = False  # an officer released it

    @property
    def label(self) -> int:
        """Whose waybill stands on it: a copy carries the original's."""
        return self.made.copy_of or self.made.number


@dataclass(slots=True)
class Trip:
    """One induction of a parcel and what became of it."""

    journey: Journey
    number: int
    key: TripKey
    began_s: float
    close: bool = False  # another item was nearer than the belt's minimum gap
    faults: set[str] = field(default_factory=set[str])  # that touched it
    own_label: bool = False
    own_weight: bool = False
    weighed: bool = False
    unscanned: bool = False
    scans: list[ScanSent] = field(default_factory=list[ScanSent])
    own_image: ImageReviewed | None = None  # the latest review of its own image
    other_image: ImageReviewed | None = None  # … of another's, taken for its own
    officer: bool = False  # the last answer in time said release
    past_cutoff: bool = False
    papers_heard: bool = True  # at the decision eye the line could know its papers
    lanes: list[int] = field(default_factory=list[int])  # accepted by the controller, in order
    lied_to: bool = False  # a device lied so that no line could tell
    end: TripEnded | None = None
    removed: bool = False  # lifted off the belt: it comes to no lane
    removed_s: float = 0.0  # when that was
    touched: bool = False
    passage_id: str = ""  # of its record, once there is one
    late: bool = False  # its record is overdue, and that was said
    superseded: bool = False  # the controller has forgotten it and began anew

    @property
    def lane(self) -> int | None:
        """The lane the controller accepted last; None: it goes to inspection by itself."""
        return self.lanes[-1] if self.lanes else None

    def labelled(self, record: LabelSent) -> None:
        """A scanner sent something for it."""
        self.own_label |= record.own

    def weighed_as(self, record: WeightSent) -> None:
        """The scale sent something for it."""
        self.weighed = True
        self.own_weight |= record.own

    def went_unscanned(self, _record: Unscanned) -> None:
        """The CT scanner was out of order while it passed."""
        self.unscanned = True

    def reviewed(self, record: ImageReviewed) -> None:
        """A reviewer looked at an image that was taken for its own."""
        if record.own:
            self.own_image = record
        else:
            self.other_image = record

    def has_whole_image(self, energies: tuple[str, ...]) -> bool:
        """Whether one scan of its own came whole, with all its energies."""
        sound = {
            (sent.scan, sent.energy) for sent in self.scans if sent.own_id and sent.whole and sent.delivered
        }
        return any(all((scan, energy) in sound for energy in energies) for scan, _ in sound)
