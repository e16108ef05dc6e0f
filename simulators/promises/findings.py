"""What the checker finds: broken promises, each with a sentence, and the counts of a run."""

from msgspec import Struct, field

TripKey = tuple[int, int]  # the controller's epoch and tracking id


class Violation(Struct, frozen=True):
    """A promise of the design, section 4, that was not kept; `at_s` is the plant's clock."""

    promise: int
    sentence: str
    at_s: float
    parcel: int | None = None
    epoch: int | None = None
    tracking_id: int | None = None

    def __str__(self) -> str:
        """As a person reads it at 3 a.m."""
        whose = "" if self.parcel is None else f" parcel {self.parcel}"
        trip = "" if self.epoch is None else f" (epoch {self.epoch}, id {self.tracking_id})"
        return f"{self.at_s:.2f} s: promise {self.promise}:{whose}{trip} {self.sentence}"


class Problem(Struct, frozen=True):
    """What speaks against a release; `lies`: faults of devices that can deceive a careful line here."""

    promise: int
    sentence: str
    lies: frozenset[str] = frozenset()


class Tallies(Struct):
    """The counts of a run.

    `clean` counts parcels that may be released, of the plain categories; `untouched` those of them that no
    fault touched; `released_unaided` is without an officer. `deceived`: released on readings of a device that
    lied so well that no line could tell. `unordered`: in a release lane without an order, by a fault of the
    belt; the line had to stop. `bothered`: the first of the untouched clean parcels that were not released.
    """

    parcels: int = 0
    trips: int = 0
    recorded: int = 0
    in_gaps: int = 0
    released: int = 0
    released_by_officer: int = 0
    clean: int = 0
    clean_released_unaided: int = 0
    clean_untouched: int = 0
    clean_untouched_released_unaided: int = 0
    deceived: int = 0
    unordered: int = 0
    by_lane: dict[int, int] = field(default_factory=dict[int, int])
    bothered: list[int] = field(default_factory=list[int])
