"""The figures of one reviewer on one labelled set, as they stand in the report.

A field `x_interval` is the 95 % interval of `x`. A parcel is positive if it holds an object of a kind that
alarms (`models.taxonomy.alarming`), else clean. None stands where nothing was there to measure.
"""

from msgspec import Struct

from models.evaluation.box_detection import FrocPoint
from models.evaluation.calibration_error import Bin
from models.evaluation.intervals import Interval, Rated
from models.evaluation.parcel_detection import Operating


class AsShipped(Struct, frozen=True):
    """At the thresholds that the reviewer itself applies: its outcomes."""

    detection: Rated  # alarms among the positive
    false_alarms: Rated  # alarms among the clean
    to_a_person_if_positive: Rated  # alarms or exceptions
    to_a_person_if_clean: Rated


class OfKind(Struct, frozen=True):
    """One kind of finding."""

    alarms: bool  # whether it counts for mAP and for parcel detection
    named: bool  # whether the reviewer can name it
    parcels: int  # that hold it
    objects: int
    # Parcels that hold it and alarm at 5 % false alarms, whatever for: it may be for another thing in them.
    detection_rate_at_5pct_false_alarms: float | None
    detection_rate_at_5pct_false_alarms_interval: Interval | None
    ap_25: float | None  # by its name
    ap_25_interval: Interval | None
    ap_50: float | None
    ap_50_interval: Interval | None


class ClutterThird(Struct, frozen=True):
    """A third of the positive parcels, by clutter."""

    clutter_per_cm2: tuple[float, float]  # least and most
    detection_rate_at_5pct_false_alarms: float | None
    detection_rate_at_5pct_false_alarms_interval: Interval | None
    detected: int
    parcels: int


class Latency(Struct, frozen=True):
    """Of a review from memory, in ms."""

    p50: float
    p95: float
    mean: float


class OddShare(Struct, frozen=True):
    """Odd volumes of one kind."""

    to_a_person: Rated  # alarm or exception: not clear
    exceptions: Rated


class Figures(Struct, frozen=True):
    """All of a reviewer's."""

    reviewers: tuple[str, ...]
    model_sha256: str
    parcels: int
    positive: int
    clean: int
    objects: int  # of kinds that alarm
    detection_rate_at_5pct_false_alarms: float | None
    detection_rate_at_5pct_false_alarms_interval: Interval | None
    detection_rate_at_10pct_false_alarms: float | None
    detection_rate_at_10pct_false_alarms_interval: Interval | None
    detection_rate_at_20pct_false_alarms: float | None
    detection_rate_at_20pct_false_alarms_interval: Interval | None
    # Mean over the kinds that alarm, are in the set and can be named by the reviewer.
    map_25: float | None
    map_25_interval: Interval | None
    map_50: float | None
    map_50_interval: Interval | None
    # Mean over all kinds that alarm and are in the set: what cannot be named counts as 0.
    map_25_of_all_kinds: float | None
    map_50_of_all_kinds: float | None
    # All kinds that alarm as one.
    ap_25_without_kinds: float | None
    ap_25_without_kinds_interval: Interval | None
    ap_50_without_kinds: float | None
    ap_50_without_kinds_interval: Interval | None
    per_class: dict[str, OfKind]
    per_clutter_third: dict[str, ClutterThird]
    points_lost_in_most_cluttered_third: float | None  # percentage points against all positive parcels
    expected_calibration_error: float | None  # of the parcels' suspicion
    expected_calibration_error_interval: Interval | None
    expected_calibration_error_of_findings: float | None  # a finding is right if it hits its kind at IoU 0.25
    expected_calibration_error_of_findings_interval: Interval | None
    exceptions_of_valid: float | None
    exceptions_of_valid_interval: Interval | None
    exceptions: dict[str, int]
    latency_ms: Latency
    volumes_per_hour: float  # in one process, without loading
    loading_ms: float  # median
    peak_memory_mb: float  # of a process, with all reviewers of the run
    as_shipped: AsShipped
    operating_points: tuple[Operating, ...]
    concealed_detection_at_5pct: Rated | None  # positive parcels in which all that alarms is concealed
    look_alike_false_alarms_at_5pct: Rated | None  # clean parcels that hold something made to be mistaken
    froc: tuple[FrocPoint, ...]  # at IoU 0.25, without kinds
    roc_curve: tuple[tuple[float, float], ...]
    froc_curve: tuple[tuple[float, float], ...]
    reliability: tuple[Bin, ...]
    odd_volumes: dict[str, OddShare] | None = None  # "all": over all kinds but those like a parcel
