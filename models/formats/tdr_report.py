"""What a DICOS threat detection report says: a machine's or an operator's result on one scan, as a value.

`models.formats.tdr` writes it, `tdr_reading` reads it. How our outcomes are said in DICOS' words:

    clear      alarm decision CLEAR, abort flag SUCCESS
    alarm      alarm decision ALARM, abort flag SUCCESS, every finding a potential threat object
    exception  alarm decision UNKNOWN, abort flag ABORT with the abort reason that is nearest to the exception

The exception's own word stands beside the algorithm as its parameter, since DICOS has no term for some.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, structs

from models.findings import (
    Box,
    Category,
    Finding,
    FindingKind,
    ImageException,
    Material,
    Outcome,
    Review,
)
from models.formats.header import ScanHeader


class ReportType(StrEnum):
    """Whose result it is; the words are DICOS' (4010,1027)."""

    MACHINE = "MACHINE"
    OPERATOR = "OPERATOR"


class ReferencedImage(Struct, frozen=True):
    """An image object the report is about."""

    sop_class_uid: str
    sop_uid: str


class Report(Struct, frozen=True):
    """A threat detection report. Boxes of its findings are in mm of the volume, as in `models.findings`.

    `author`: the algorithm with its version, or the operator's account: never a person's name.
    """

    type: ReportType
    outcome: Outcome
    author: str
    decided_at: datetime  # aware
    took_ms: int
    ooi_id: str
    study_uid: str
    images: tuple[ReferencedImage, ...]
    shape: tuple[int, int, int]  # of the volume: z, y, x
    spacing_mm: tuple[float, float, float]  # z, y, x
    frame_uid: str  # the images' frame of reference
    findings: tuple[Finding, ...] = ()
    exception: ImageException | None = None
    model_sha256: str = ""


# The abort reason (4010,1021) nearest to each exception.
ABORT_REASONS = {
    ImageException.IMPENETRABLE: "NOT_REVIEWED",  # and its objects' ability assessment is SHIELD
    ImageException.CUT_OFF: "CLIPPED_BAG",
    ImageException.EMPTY: "FAILED_RECON",
    ImageException.OUT_OF_RANGE: "OUT_OF_BOUNDS",
    ImageException.UNREADABLE: "INCOMPLETE_SCAN",
    ImageException.MISMATCH: "NOT_REVIEWED",
    ImageException.NOT_REVIEWED: "NOT_REVIEWED",
}

# Threat categories (4010,1012) and alarm decisions (4010,1031).
CATEGORIES = {category: category.value.upper() for category in Category} | {Category.PROHIBITED_ITEM: "PI"}
DECISIONS = {Outcome.CLEAR: "CLEAR", Outcome.ALARM: "ALARM", Outcome.EXCEPTION: "UNKNOWN"}


def machine_report(review: Review, scan: Sequence[ScanHeader], decided_at: datetime) -> Report:
    """The machine's report of a review; `scan`: the headers of the scan's objects, at least one."""
    first = scan[0]
    report = Report(
        type=ReportType.MACHINE,
        outcome=review.outcome,
        author=review.reviewer,
        decided_at=decided_at,
        took_ms=review.took_ms,
        ooi_id=first.ooi_id,
        study_uid=first.study_uid,
        images=tuple(ReferencedImage(header.sop_class_uid, header.sop_uid) for header in scan),
        shape=first.shape,
        spacing_mm=first.spacing_mm,
        frame_uid=first.frame_uid,
        findings=review.findings,
        exception=_exception(review),
        model_sha256=review.model_sha256,
    )
    return _with_whole(report)


def officer_report(
    machine: Report, outcome: Outcome, officer: str, decided_at: datetime, took_ms: int
) -> Report:
    """An officer's report on the scan of a machine's report: CLEAR or ALARM, on the same objects.

    `officer`: an account, no name. `took_ms`: from the question to the answer. ValueError for an exception:
    that is no answer.
    """
    if outcome is Outcome.EXCEPTION:
        raise ValueError("an officer's answer is clear or alarm")
    report = structs.replace(
        machine,
        type=ReportType.OPERATOR,
        outcome=outcome,
        author=officer,
        decided_at=decided_at,
        took_ms=took_ms,
        exception=None,
        model_sha256="",
    )
    return _with_whole(report)


def _exception(review: Review) -> ImageException | None:
    if review.outcome is not Outcome.EXCEPTION:
        return None
    return review.exception or ImageException.NOT_REVIEWED


def _with_whole(report: Report) -> Report:
    """An alarm must point at something: without a finding at the whole volume."""
    if report.outcome is not Outcome.ALARM or report.findings:
        return report
    (z, y, x), (z_mm, y_mm, x_mm) = report.shape, report.spacing_mm
    box: Box = (0.0, 0.0, 0.0, x * x_mm, y * y_mm, z * z_mm)
    whole = Finding(FindingKind.OTHER, Category.OTHER, 1.0, box, Material.MIXED, 0.0)
    return structs.replace(report, findings=(whole,))
