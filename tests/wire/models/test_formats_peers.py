"""Formats against toolkits that share no code with ours: pydicos for CT and reports, dcmtk for reports."""

import subprocess
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.findings import Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.formats.dicos_ct import read_ct, read_header
from models.formats.header import Energy
from models.formats.tdr import write_report
from models.formats.tdr_report import Report, machine_report, officer_report
from tests.unit.models.formats_written import ramp, write_ct

AT = datetime(2026, 7, 1, 12, 30, 20, 123456, tzinfo=UTC)
BOX_MM = (3.0, 8.0, 15.0, 12.0, 28.0, 20.0)  # of voxels 3, 4 and 5 mm wide: x 1 to 4, y 2 to 7, z 3 to 4


def _pydicos_ct(path: Path, energy: str, syntax: str) -> Path:
    toolkit: Any = import_module("pyDICOS")  # large, and without types
    loaders: Any = import_module("pydicos")
    kinds, ct = toolkit.CT, loaders.CTLoader()
    ct.SetOOIType(kinds.OBJECT_OF_INSPECTION_TYPE.enumTypeCargo)
    ct.SetOOIID(toolkit.DcsLongString("3-17"))
    ct.SetImageType(getattr(kinds.OOI_IMAGE_CHARACTERISTICS, energy), kinds.IMAGE_FLAVOR.enumVolume)
    ct.SetPhotometricInterpretation(kinds.PHOTOMETRIC_INTERPRETATION.enumMonochrome2)
    date, time = toolkit.DcsDate(2026, 7, 1), toolkit.DcsTime(12, 30, 15, 250_000)
    ct.SetImageAcquisitionDateAndTime(date, time)
    ct.SetContentDateAndTime(date, time)
    ct.SetImageAcquisitionDuration(1.4)
    ct.set_data([ramp()])
    section = ct.GetSectionByIndex(0)
    section.SetKVP(150.0)
    section.SetSpacingInMM(3.0, 4.0, 5.0)  # between columns, rows, slices
    section.SetSliceThickness(9.0)
    errors = toolkit.ErrorLog()
    written = ct.Write(toolkit.Filename(str(path)), errors, getattr(kinds.TRANSFER_SYNTAX, syntax))
    assert written, errors.GetErrorLog().Get()
    return path


@pytest.mark.parametrize("syntax", ["enumLittleEndianExplicit", "enumLosslessRLE"])
@pytest.mark.parametrize(
    ("stated", "energy"), [("enumLowEnergy", Energy.LOW), ("enumHighEnergy", Energy.HIGH), ("enumMu", None)]
)
def test_ct_of_pydicos_is_read(tmp_path: Path, syntax: str, stated: str, energy: Energy | None) -> None:
    header, image = read_ct(_pydicos_ct(tmp_path / "a.dcs", stated, syntax))
    assert (header.energy, header.kvp, header.ooi_id) == (energy, 150.0, "3-17")
    assert header.shape == (5, 6, 7) and header.spacing_mm == (5.0, 4.0, 3.0)
    assert header.acquired_at == datetime(2026, 7, 1, 12, 30, 15, 250_000, tzinfo=UTC)
    assert header.duration_ms == pytest.approx(1400)
    np.testing.assert_array_equal(image, ramp())


def _machine(folder: Path, outcome: Outcome, exception: ImageException | None = None) -> Report:
    scan = [
        read_header(write_ct(folder / "low", ramp(), "low")),
        read_header(write_ct(folder / "high", ramp(), "high")),
    ]
    blade = Finding(FindingKind.BLADE, Category.PROHIBITED_ITEM, 0.75, BOX_MM, Material.METAL, 120.0)
    findings = (blade,) if outcome is Outcome.ALARM else ()
    return machine_report(
        Review(outcome, "classical 1.0", exception=exception, findings=findings, took_ms=321), scan, AT
    )


def _by_pydicos(folder: Path, report: Report) -> Any:
    write_report(folder / "r.dcs", report)
    loaders: Any = import_module("pydicos")
    return loaders.TDRLoader(str(folder / "r.dcs"))


def test_pydicos_reads_a_machines_alarm(tmp_path: Path) -> None:
    toolkit: Any = import_module("pyDICOS")
    said = _by_pydicos(tmp_path, _machine(tmp_path, Outcome.ALARM))
    data = said.get_data()
    assert data["TDRType"] == toolkit.TDR_TYPE.enumMachine
    assert data["AlarmDecision"] == toolkit.ALARM_DECISION.enumAlarm
    assert data["AlarmDecisionDateTime"] == {"date": (2026, 7, 1), "time": (12, 30, 20, 123456)}
    assert (data["OOIID"], data["InstanceUID"], data["ProcessingTime"]) == ("3-17", "2.25.1", 321)
    assert (data["ATR"]["manufacturer"], data["ATR"]["version"]) == ("Redpeak", "classical 1.0")
    (threat,) = data["PTOs"]
    assert threat["Base"] == {"x": 1, "y": 2, "z": 3}
    assert threat["Extent"] == {"x": 3, "y": 5, "z": 1}
    assessment = threat["Assessment"]
    assert assessment["category"] == toolkit.THREAT_CATEGORY.enumProhibitedItem
    assert assessment["flag"] == toolkit.ASSESSMENT_FLAG.enumThreat
    assert (assessment["probability"], assessment["description"]) == (0.75, "blade, metal")
    whole, mass_g, density_g_cm3 = said.GetBaggagePTODetails(1, 0.0, 0.0, 0)
    assert whole and mass_g == 120
    assert density_g_cm3 == pytest.approx(120 / (0.9 * 2.0 * 0.5))
    assert said.GetNumAlarmObjects() == 1


@pytest.mark.parametrize(
    ("exception", "reason"),
    [
        (ImageException.CUT_OFF, "CLIPPED_BAG"),
        (ImageException.OUT_OF_RANGE, "OUT_OF_BOUNDS"),
        (ImageException.UNREADABLE, "INCOMPLETE_SCAN"),
        (ImageException.EMPTY, "FAILED_RECON"),
        (ImageException.MISMATCH, "NOT_REVIEWED"),
    ],
)
def test_peers_read_an_exception_as_an_abort(tmp_path: Path, exception: ImageException, reason: str) -> None:
    toolkit: Any = import_module("pyDICOS")
    said = _by_pydicos(tmp_path, _machine(tmp_path, Outcome.EXCEPTION, exception))
    assert said.GetAlarmDecision() == toolkit.ALARM_DECISION.enumUnknownAlarmDecision
    assert said.get_ATR_metadata().as_dict()["parameters"] == {"exception": exception.value}
    dumped = _dump(tmp_path / "r.dcs")  # pydicos 1.3 reads SUCCESS even of an abort it wrote itself
    assert "(4010,1024) CS [ABORT]" in dumped
    assert f"(4010,1021) CS [{reason}]" in dumped


@pytest.mark.parametrize(
    ("answer", "decision", "flag"),
    [(Outcome.CLEAR, "enumClear", "enumNoThreat"), (Outcome.ALARM, "enumAlarm", "enumThreat")],
)
def test_pydicos_reads_an_officers_answer(tmp_path: Path, answer: Outcome, decision: str, flag: str) -> None:
    toolkit: Any = import_module("pyDICOS")
    report = officer_report(_machine(tmp_path, Outcome.ALARM), answer, "officer7", AT, 4000)
    said = _by_pydicos(tmp_path, report)
    data = said.get_data()
    assert data["TDRType"] == toolkit.TDR_TYPE.enumOperator
    assert data["AlarmDecision"] == getattr(toolkit.ALARM_DECISION, decision)
    assert data["PTOs"][0]["Assessment"]["flag"] == getattr(toolkit.ASSESSMENT_FLAG, flag)
    assert data["PTOs"][0]["Base"] == {"x": 1, "y": 2, "z": 3}


def test_dcmtk_reads_a_report(tmp_path: Path) -> None:
    write_report(tmp_path / "r.dcs", _machine(tmp_path, Outcome.ALARM))
    dumped = _dump(tmp_path / "r.dcs")
    for line in (
        "(0008,0016) UI =DICOS_ThreatDetectionReportStorage",
        "(4010,1004) FL 1\\2\\3",
        "(4010,1005) FL 3\\5\\1",
        "(4010,1012) CS [PI]",
        "(4010,1031) CS [ALARM]",
        "(4010,1027) CS [MACHINE]",
        "(0008,1155) UI [2.25.11]",
        "(0008,1155) UI [2.25.12]",
    ):
        assert line in dumped


def _dump(path: Path) -> str:
    """What dcmtk makes of it, without a complaint."""
    dumped = subprocess.run(
        ["dcmdump", "--print-all", str(path)], capture_output=True, text=True, timeout=30, check=True
    )
    assert dumped.stderr == ""
    return dumped.stdout
