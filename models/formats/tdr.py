"""Writes threat detection reports as DICOS files (NEMA IIC 1, SOP class 501.3).

Regions are voxels of the referenced images: base and extents in the order x, y, z, the smallest that hold the
box. The object of inspection is called BAGGAGE: DICOS has no parcels, and readers expect no voxels of CARGO.
Shape and spacing of the volume are added, as DICOM allows, so that a report can be shown without its images.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from msgspec import structs
from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite  # pyright: ignore[reportUnknownVariableType]

from models.findings import Finding, ImageException, Outcome
from models.formats.dicos_elements import EXPLICIT
from models.formats.durable import write_durably
from models.formats.tdr_report import (
    ABORT_REASONS,
    CATEGORIES,
    DECISIONS,
    ReferencedImage,
    Report,
    ReportType,
)

TDR_CLASS = "1.2.840.10008.5.1.4.1.1.501.3"
MANUFACTURER = "Redpeak"
EXCEPTION_PARAMETER = "-exception="
MODEL_PARAMETER = "-model_"  # the hash in two halves: with its name it is too long for one
_LONGEST = 64  # characters of an LO
_UNKNOWN = "unknown"
_WHOLE = 1e-4  # voxels by which a box may miss a voxel's face for rounding

# What DICOS 3 has and pydicom's dictionary lacks, or has with another representation.
_META_VERSION, _SCALE = 0x00020004, 0x40101075
_STARTED, _ENDED, _TOOK = 0x40101080, 0x40101081, 0x40101082


def write_report(path: str | Path, report: Report) -> None:
    """Write the report, durable when this returns; OSError if the disk fails."""
    write_durably(path, report_bytes(report))


def report_bytes(report: Report) -> bytes:
    """The report as a DICOS file; the same report gives the same bytes."""
    report = structs.replace(report, decided_at=report.decided_at.astimezone(UTC))
    uid = _uid("report", report)
    meta = FileMetaDataset()
    _add(meta, _META_VERSION, "CS", "V03")
    _put(meta, MediaStorageSOPClassUID=TDR_CLASS, MediaStorageSOPInstanceUID=uid, TransferSyntaxUID=EXPLICIT)
    content = BytesIO()
    dcmwrite(content, _dataset(report, uid, meta), enforce_file_format=True)  # pyright: ignore[reportUnknownMemberType]
    return content.getvalue()


def _dataset(report: Report, uid: str, meta: FileMetaDataset) -> Dataset:
    dataset = FileDataset(BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    date, time = _date(report.decided_at), _time(report.decided_at)
    z, y, x = report.shape
    z_mm, y_mm, x_mm = report.spacing_mm
    _put(
        dataset,
        SpecificCharacterSet="ISO_IR 192",
        InstanceCreationDate=date,
        InstanceCreationTime=time,
        SOPClassUID=TDR_CLASS,
        SOPInstanceUID=uid,
        StudyDate=date,
        SeriesDate=date,
        ContentDate=date,
        StudyTime=time,
        SeriesTime=time,
        ContentTime=time,
        Modality="TDR",
        Manufacturer=MANUFACTURER,
        InstitutionName="",
        InstitutionAddress="",
        StationName="",
        ManufacturerModelName="",
        ReferencedStudySequence=_references(report.images),
        PatientID=report.ooi_id,
        IssuerOfPatientID=_UNKNOWN,
        TypeOfPatientID="TEXT",
        DeviceSerialNumber="",
        SoftwareVersions="",
        DateOfLastCalibration="",
        TimeOfLastCalibration="",
        StudyInstanceUID=report.study_uid,
        SeriesInstanceUID=_uid("series", report),
        StudyID=_UNKNOWN,
        InstanceNumber="1",
        FrameOfReferenceUID=report.frame_uid,
        PositionReferenceIndicator="",
        SpacingBetweenSlices=_decimal(z_mm),
        NumberOfFrames=str(z),
        Rows=y,
        Columns=x,
        PixelSpacing=[_decimal(y_mm), _decimal(x_mm)],
        ThreatSequence=[_threat(report, number) for number in range(1, len(report.findings) + 1)],
        AbortFlag="SUCCESS",
        TDRType=report.type.value,
        AlarmDecisionTime=_date_time(report.decided_at),
        AlarmDecision=DECISIONS[report.outcome],
        NumberOfTotalObjects=len(report.findings),
        NumberOfAlarmObjects=len(report.findings) if report.outcome is Outcome.ALARM else 0,
        DICOSVersion="V03",
        OOIType="BAGGAGE",
        AcquisitionStatus="SUCCESSFUL",
        ScanType="OPERATIONAL",
        TotalProcessingTime=float(report.took_ms),
        AdditionalScreeningPerformed="NO",
    )
    _add(dataset, _SCALE, "FD", 1.0)
    if report.type is ReportType.MACHINE:
        _put(dataset, ThreatDetectionAlgorithmAndVersion=_algorithm(report))
    else:
        _put(dataset, OperatorIdentificationSequence=[_operator(report.author)])
    if report.exception is not None:
        _put(dataset, AbortFlag="ABORT", AbortReason=ABORT_REASONS[report.exception])
    return dataset


def _threat(report: Report, number: int) -> Dataset:
    """One potential threat object; `number` counts from 1."""
    finding = report.findings[number - 1]
    base, extents = _voxels(finding, report)
    x_mm, y_mm, z_mm = (finding.box_mm[axis + 3] - finding.box_mm[axis] for axis in range(3))
    volume_cm3 = x_mm * y_mm * z_mm / 1000
    region = _item(ThreatROIBase=base, ThreatROIExtents=extents, ThreatROIBitmap=b"")
    representation = _item(
        ReferencedInstanceSequence=_references(report.images),
        ThreatROIVoxelSequence=[region],
        Mass=float(finding.mass_g),
        Density=finding.mass_g / volume_cm3
        if volume_cm3 > 0
        else 0.0,  # mean of its box, the air in it included
    )
    shields = report.exception is ImageException.IMPENETRABLE
    assessment = _item(
        ThreatCategory=CATEGORIES[finding.category],
        ThreatCategoryDescription=f"{finding.kind}, {finding.material}",
        ATDAbilityAssessment="SHIELD" if shields else "NO_INTERFERENCE",
        ATDAssessmentFlag=_FLAGS[report.outcome],
        ATDAssessmentProbability=float(finding.score),
    )
    threat = _item(
        PotentialThreatObjectID=number,
        PTORepresentationSequence=[representation],
        ATDAssessmentSequence=[assessment],
    )
    started = report.decided_at - timedelta(milliseconds=report.took_ms)
    _add(threat, _STARTED, "DT", _date_time(started))
    _add(threat, _ENDED, "DT", _date_time(report.decided_at))
    _add(threat, _TOOK, "FL", float(report.took_ms))
    return threat


_FLAGS = {Outcome.CLEAR: "NO_THREAT", Outcome.ALARM: "THREAT", Outcome.EXCEPTION: "UNKNOWN"}


def _voxels(finding: Finding, report: Report) -> tuple[list[float], list[float]]:
    """First voxel and number of voxels of the box along x, y, z."""
    low, high = finding.box_mm[:3], finding.box_mm[3:]
    spacing = report.spacing_mm[::-1]
    first = [math.floor(low[axis] / spacing[axis] + _WHOLE) for axis in range(3)]
    last = [math.ceil(high[axis] / spacing[axis] - _WHOLE) for axis in range(3)]
    return [float(at) for at in first], [float(b - a) for a, b in zip(first, last, strict=True)]


def _algorithm(report: Report) -> list[str]:
    """Manufacturer, algorithm with version, parameters."""
    values = [MANUFACTURER, report.author.replace("\\", " ")[:_LONGEST]]
    if report.exception is not None:
        values.append(EXCEPTION_PARAMETER + report.exception)
    if report.model_sha256:
        values.append(f"{MODEL_PARAMETER}1={report.model_sha256[:32]}")
        values.append(f"{MODEL_PARAMETER}2={report.model_sha256[32:]}")
    return values


def _operator(account: str) -> Dataset:
    code = _item(CodeValue=account[:16], CodingSchemeDesignator="99REDPEAK", CodeMeaning=account[:_LONGEST])
    kind = _item(
        CodeValue="100001",
        CodingSchemeDesignator="DCS",
        CodeMeaning="Text Encoding",
        MappingResource="DICOS",
        ContextGroupVersion="20220101",
        ContextIdentifier="DCS4",
    )
    return _item(InstitutionName=MANUFACTURER, PersonIdentificationCodeSequence=[code, kind])


def _references(images: Sequence[ReferencedImage]) -> list[Dataset]:
    return [
        _item(ReferencedSOPClassUID=image.sop_class_uid, ReferencedSOPInstanceUID=image.sop_uid)
        for image in images
    ]


def _item(**values: Any) -> Dataset:
    item = Dataset()
    _put(item, **values)
    return item


def _put(dataset: Dataset, **values: Any) -> None:
    """Set elements by keyword, as they are: an image's own UIDs and ids are quoted, not judged."""
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise KeyError(keyword)
        _add(dataset, tag, dictionary_VR(tag), value)


def _add(dataset: Dataset, tag: int, vr: str, value: Any) -> None:
    dataset[tag] = DataElement(tag, vr, value, validation_mode=config.IGNORE)


def _uid(of: str, report: Report) -> str:
    """A UID that is the same for the same report (root 2.25: a number of 128 bits)."""
    said = "\n".join(
        [of, report.type, report.author, report.outcome, report.decided_at.isoformat(), report.study_uid]
    )
    return f"2.25.{int.from_bytes(hashlib.sha256(said.encode()).digest()[:16])}"


def _date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _time(moment: datetime) -> str:
    return moment.strftime("%H%M%S.%f")


def _date_time(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S.%f%z")


def _decimal(number: float) -> str:
    """At most 16 characters, as a DS."""
    return f"{number:.10g}"
