"""What the benchmarks' ear notes of a line's records."""

from datetime import UTC, datetime

from config.settings import LaneRole
from edge import messages
from edge.messages import (
    Event,
    Evidence,
    MediaKind,
    MediaRecorded,
    PassageDecided,
    Reason,
    ScanDoubt,
    ScanEvidence,
)
from models.findings import ImageException, Outcome, Review
from tests.bench.rig.hearing import heard
from tests.bench.rig.marks import Heard

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_CLEAR = Review(Outcome.CLEAR, "classical", took_ms=40)


def _note(event: Event) -> Heard:
    wrapped = messages.wrap(event, id="j:1", source="/s/L1", time=_AT)
    return heard(event, messages.envelope(wrapped), 1.5)


def _decided(role: LaneRole, reason: Reason, scan: ScanEvidence | None) -> PassageDecided:
    return PassageDecided(
        "L1-00000001-0000000A", 1, 10, 1, _AT, _AT, None, role, 1, (reason,), Evidence(scan=scan), "policy"
    )


def test_a_release_has_no_reasons_and_its_reviews_time() -> None:
    note = _note(_decided(LaneRole.RELEASE, Reason.CLEARED, ScanEvidence("s", review=_CLEAR)))
    assert (note.judged, note.reasons, note.outcome, note.took_ms) == (10, (), "clear", 40)
    assert note.reviewed


def test_a_review_that_was_none_is_no_review() -> None:
    failed = Review(Outcome.EXCEPTION, "review", ImageException.NOT_REVIEWED)
    note = _note(_decided(LaneRole.INSPECT, Reason.IMAGE_EXCEPTION, ScanEvidence("s", review=failed)))
    assert (note.reasons, note.outcome, note.reviewed) == (("image_exception",), "not_reviewed", False)
    pending = _note(_decided(LaneRole.INSPECT, Reason.IMAGE_PENDING, None))
    assert (pending.outcome, pending.reviewed) == ("", False)


def test_a_doubt_is_said_before_the_review() -> None:
    scan = ScanEvidence("s", review=_CLEAR, doubts=(ScanDoubt.DOUBLE,))
    note = _note(_decided(LaneRole.INSPECT, Reason.SCAN_DOUBTFUL, scan))
    assert (note.outcome, note.reviewed) == ("double", True)


def test_a_file_is_noted_with_its_passages_tracking_id() -> None:
    media = MediaRecorded(
        "L1-00000001-0000000A", MediaKind.VOLUME, "0" * 64, 1, "application/dicom", "ct", _AT, part="low"
    )
    note = _note(media)
    assert (note.filed, note.file, note.judged, note.first) == (10, "volume-low", 0, 0)
