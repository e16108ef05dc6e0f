"""Reads threat detection reports as `models.formats.tdr` writes them; what it cannot tell is an error."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from models.findings import Box, Finding, FindingKind, ImageException, Material, Outcome
from models.formats.dicos_elements import HEADER_BYTES, Elements, open_dicos
from models.formats.errors import FormatError, reading
from models.formats.limits import check_shape, check_spacing
from models.formats.tdr import EXCEPTION_PARAMETER, MODEL_PARAMETER, TDR_CLASS
from models.formats.tdr_report import CATEGORIES, DECISIONS, ReferencedImage, Report, ReportType

_KIND = "a DICOS threat detection report"
_Key = TypeVar("_Key")


def read_report(path: str | Path) -> Report:
    """The report in a file; FormatError if it is none, or not one of ours."""
    path = Path(path)
    with reading(path.name, _KIND), path.open("rb") as file:
        return parse_report(file.read(HEADER_BYTES + 1), path.name)


def parse_report(content: bytes, name: str) -> Report:
    """The report in these bytes; `name` stands for the file in errors.

    Boxes come back as the voxels that hold them.
    """
    with reading(name, _KIND):
        if len(content) > HEADER_BYTES:
            raise FormatError(name, "size", f"expected at most {HEADER_BYTES} bytes")
        top = open_dicos(BytesIO(content), name).elements
        if top.number("ImageScaleRepresentation") is None:  # the last element
            raise top.wrong("ImageScaleRepresentation", "expected it: the file is cut short")
        if top.text("SOPClassUID") != TDR_CLASS:
            raise FormatError(name, "SOPClassUID", "expected a DICOS threat detection report")
        shape = (top.count("NumberOfFrames"), top.count("Rows"), top.count("Columns"))
        check_shape(name, shape)
        z_mm, plane = top.number("SpacingBetweenSlices"), top.vector("PixelSpacing", 2)
        if z_mm is None or plane is None:
            raise top.wrong("PixelSpacing", "expected the volume's spacing in mm")
        spacing_mm = (z_mm, plane[0], plane[1])
        check_spacing(name, spacing_mm)
        return _report(top, shape, spacing_mm)


def _report(top: Elements, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Report:
    threats = top.items("ThreatSequence")
    if len(threats) != top.count("NumberOfTotalObjects"):
        raise top.wrong("NumberOfTotalObjects", f"expected the number of threat items, {len(threats)}")
    kind = _known(top, "TDRType", {each: each.value for each in ReportType})
    outcome = _known(top, "AlarmDecision", DECISIONS)
    author, exception, model = _author(top, kind)
    aborted = top.text("AbortFlag") != "SUCCESS"
    if aborted != (outcome is Outcome.EXCEPTION) or (exception is not None) != aborted:
        raise top.wrong(
            "AbortFlag", "expected ABORT and a reason with an unknown decision, and with no other"
        )
    return Report(
        type=kind,
        outcome=outcome,
        author=author,
        decided_at=_moment(top, "AlarmDecisionTime"),
        took_ms=int(top.number("TotalProcessingTime") or 0),
        ooi_id=top.text("PatientID"),
        study_uid=top.text("StudyInstanceUID"),
        images=tuple(
            ReferencedImage(item.text("ReferencedSOPClassUID"), item.text("ReferencedSOPInstanceUID"))
            for item in top.items("ReferencedStudySequence")
        ),
        shape=shape,
        spacing_mm=spacing_mm,
        frame_uid=top.text("FrameOfReferenceUID"),
        findings=tuple(_finding(threat, spacing_mm) for threat in threats),
        exception=exception,
        model_sha256=model,
    )


def _finding(threat: Elements, spacing_mm: tuple[float, float, float]) -> Finding:
    representation = threat.item("PTORepresentationSequence")
    region = representation.item("ThreatROIVoxelSequence")
    base, extents = region.vector("ThreatROIBase", 3), region.vector("ThreatROIExtents", 3)
    if base is None or extents is None:
        raise region.wrong("ThreatROIBase", "expected base and extents, three numbers each")
    z_mm, y_mm, x_mm = spacing_mm
    low = (base[0] * x_mm, base[1] * y_mm, base[2] * z_mm)
    high = (low[0] + extents[0] * x_mm, low[1] + extents[1] * y_mm, low[2] + extents[2] * z_mm)
    box: Box = (*low, *high)
    assessment = threat.item("ATDAssessmentSequence")
    score, mass_g = assessment.number("ATDAssessmentProbability"), representation.number("Mass")
    if score is None or not 0 <= score <= 1 or mass_g is None:
        raise assessment.wrong("ATDAssessmentProbability", "expected 0 to 1, and a mass")
    kind, _, material = assessment.text("ThreatCategoryDescription").partition(", ")
    if kind not in list(FindingKind) or material not in list(Material):
        raise assessment.wrong("ThreatCategoryDescription", "expected a kind of finding and a material")
    category = _known(assessment, "ThreatCategory", CATEGORIES)
    return Finding(FindingKind(kind), category, score, box, Material(material), mass_g)


def _author(top: Elements, kind: ReportType) -> tuple[str, ImageException | None, str]:
    """Author, exception and model's hash."""
    if kind is ReportType.OPERATOR:
        codes = top.item("OperatorIdentificationSequence").items("PersonIdentificationCodeSequence")
        return (codes[0].text("CodeMeaning") if codes else ""), None, ""
    values = top.texts("ThreatDetectionAlgorithmAndVersion")
    exception: ImageException | None = None
    model = ""
    for value in values[2:]:
        if value.startswith(EXCEPTION_PARAMETER):
            word = value.removeprefix(EXCEPTION_PARAMETER)
            if word not in list(ImageException):
                raise top.wrong("ThreatDetectionAlgorithmAndVersion", "expected an exception we know")
            exception = ImageException(word)
        elif value.startswith(MODEL_PARAMETER):
            model += value.partition("=")[2]
    if len(values) < 2:
        raise top.wrong("ThreatDetectionAlgorithmAndVersion", "expected manufacturer and algorithm")
    return values[1], exception, model


def _known(elements: Elements, keyword: str, words: dict[_Key, str]) -> _Key:
    said = elements.text(keyword)
    for key, word in words.items():
        if word == said:
            return key
    raise elements.wrong(keyword, f"expected one of {', '.join(words.values())}")


def _moment(top: Elements, keyword: str) -> datetime:
    try:
        return datetime.strptime(top.text(keyword), "%Y%m%d%H%M%S.%f%z")
    except ValueError as error:
        raise top.wrong(keyword, "expected date, time and offset from UTC") from error
