"""What is known of one image object before its pixels are read."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Energy(StrEnum):
    """Which of a dual-energy scan's images an object is."""

    LOW = "low"
    HIGH = "high"


class ScanHeader(Struct, frozen=True):
    """The header of one image object, checked; shape and spacing in the order z, y, x."""

    sop_class_uid: str
    study_uid: str
    series_uid: str
    sop_uid: str
    ooi_id: str  # object of inspection: DICOM's Patient ID
    acquired_at: datetime | None  # aware; when the acquisition began
    duration_ms: float | None
    energy: Energy | None  # as the file states it; None if it does not
    kvp: float | None  # tube voltage in kV
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    frame_uid: str = ""  # frame of reference, in which regions are given
