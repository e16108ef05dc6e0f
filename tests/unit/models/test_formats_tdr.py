"""Threat detection reports: written, read back the same; broken ones are FormatErrors."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.findings import Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.formats.dicos_ct import CT_IMAGE
from models.formats.errors import FormatError
from models.formats.header import Energy, ScanHeader
from models.formats.tdr import report_bytes, write_report
from models.formats.tdr_reading import parse_report, read_report
from models.formats.tdr_report import Report, ReportType, machine_report, officer_report

AT = datetime(2026, 7, 1, 12, 30, 20, 123456, tzinfo=UTC)
SCAN = [
    ScanHeader(
        CT_IMAGE,
        "2.25.1",
        "2.25.2",
        uid,
        "3-17",
        AT,
        1400.0,
        energy,
        150.0,
        (50, 60, 70),
        (5.0, 4.0, 3.0),
        "2.25.3",
    )
    for uid, energy in (("2.25.11", Energy.LOW), ("2.25.12", Energy.HIGH))
]
BLADE = Finding(
    FindingKind.BLADE,
    Category.PROHIBITED_ITEM,
    0.75,
    (3.0, 8.0, 15.0, 12.0, 28.0, 40.0),
    Material.METAL,
    120.0,
)


def _machine(outcome: Outcome = Outcome.ALARM, **changed: Any) -> Report:
    findings = (BLADE,) if outcome is Outcome.ALARM else ()
    said: dict[str, Any] = {"findings": findings, "took_ms": 321, "model_sha256": "0123456789abcdef" * 4}
    return machine_report(Review(outcome, "classical 1.0", **(said | changed)), SCAN, AT)


def test_a_report_goes_there_and_back(tmp_path: Path) -> None:
    reports = [_machine(), _machine(Outcome.CLEAR), _machine(model_sha256="")]
    reports += [_machine(Outcome.EXCEPTION, exception=each) for each in ImageException]
    reports += [officer_report(reports[0], Outcome.CLEAR, "officer7", AT, 4000)]
    for report in reports:
        write_report(tmp_path / "r", report)
        assert read_report(tmp_path / "r") == report
    assert [each.name for each in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_finding_has_its_words(category: Category, kind: FindingKind) -> None:
    finding = Finding(kind, category, 0.5, (0.0, 0.0, 0.0, 3.0, 4.0, 5.0), Material.ORGANIC, 1.0)
    report = _machine(findings=(finding,))
    assert parse_report(report_bytes(report), "r").findings == (finding,)


def test_boxes_become_the_voxels_that_hold_them() -> None:
    finding = Finding(
        FindingKind.OTHER, Category.OTHER, 1.0, (2.9, 4.1, 5.0, 9.1, 7.9, 9.9), Material.MIXED, 0.0
    )
    back = parse_report(report_bytes(_machine(findings=(finding,))), "r").findings[0]
    assert back.box_mm == (0.0, 4.0, 5.0, 12.0, 8.0, 10.0)


def test_an_alarm_without_a_finding_points_at_the_whole() -> None:
    answer = officer_report(_machine(Outcome.CLEAR), Outcome.ALARM, "officer7", AT, 4000)
    assert answer.type is ReportType.OPERATOR and answer.author == "officer7"
    assert [finding.box_mm for finding in answer.findings] == [(0.0, 0.0, 0.0, 210.0, 240.0, 250.0)]


def test_an_officer_answers_an_exception_but_never_with_one() -> None:
    exception = _machine(Outcome.EXCEPTION, exception=ImageException.CUT_OFF)
    answer = officer_report(exception, Outcome.CLEAR, "officer7", AT, 4000)
    assert parse_report(report_bytes(answer), "r").exception is None
    with pytest.raises(ValueError, match="clear or alarm"):
        officer_report(exception, Outcome.EXCEPTION, "officer7", AT, 4000)


def test_the_same_report_gives_the_same_bytes_in_any_zone() -> None:
    here = _machine()
    there = officer_report(here, Outcome.CLEAR, "officer7", AT, 1)
    elsewhere = officer_report(
        here, Outcome.CLEAR, "officer7", AT.astimezone(timezone(timedelta(hours=8))), 1
    )
    assert report_bytes(there) == report_bytes(elsewhere)
    assert report_bytes(there) != report_bytes(officer_report(here, Outcome.ALARM, "officer7", AT, 1))


@pytest.mark.parametrize(
    ("outcome", "decision", "abort", "alarms"),
    [
        (Outcome.CLEAR, "CLEAR", ("SUCCESS", None), 0),
        (Outcome.ALARM, "ALARM", ("SUCCESS", None), 1),
        (Outcome.EXCEPTION, "UNKNOWN", ("ABORT", "OUT_OF_BOUNDS"), 0),
    ],
)
def test_how_outcomes_are_said(
    outcome: Outcome, decision: str, abort: tuple[str, str | None], alarms: int
) -> None:
    exception = ImageException.OUT_OF_RANGE if outcome is Outcome.EXCEPTION else None
    said: Any = pydicom.dcmread(BytesIO(report_bytes(_machine(outcome, exception=exception))))  # pyright: ignore[reportUnknownMemberType]
    assert (said.AlarmDecision, said.AbortFlag, said.get("AbortReason")) == (decision, *abort)
    assert said.NumberOfAlarmObjects == alarms
    assert said.PatientID == "3-17" and said.OOIType == "BAGGAGE"


def test_truncated_anywhere_or_not_a_report() -> None:
    content = report_bytes(_machine())
    for length in range(0, len(content), 5):
        with pytest.raises(FormatError):
            parse_report(content[:length], "r")
    with pytest.raises(FormatError, match="SOPClassUID"):
        parse_report(content.replace(b"501.3", b"501.1"), "r")
    with pytest.raises(FormatError, match="size"):
        parse_report(content + bytes(3 * 2**20), "r")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(128, 10_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_flipped_bytes_never_raise_anything_else(flips: list[tuple[int, int]]) -> None:
    content = bytearray(report_bytes(_machine()))
    for at, value in flips:
        content[128 + at % (len(content) - 128)] = value
    try:
        report = parse_report(bytes(content), "r")
    except FormatError:
        return
    assert isinstance(report, Report)
