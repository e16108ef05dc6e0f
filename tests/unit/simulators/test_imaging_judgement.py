"""The oracle on images: whose cleared whom, which came too late, what is on record."""

import pytest

from config.settings import LaneRole, Line
from simulators.categories import Category, right_role
from simulators.fates import last_run
from simulators.oracle import Report, judge
from simulators.records import Records
from simulators.truth import (
    CutoffPassed,
    DecisionDue,
    LaneAccepted,
    ParcelMade,
    RunStarted,
    ScanSent,
    TripBegan,
    TripEnded,
    Truth,
)

HEAD = RunStarted("demo", "L1", 1, None, "2026-01-01T00:00:00+00:00", ("low", "high"))
RELEASE, INSPECT = 1, 5
DUE_MS, SENT_MS, CUTOFF_MS = 5_700, 6_300, 14_000


class Imaged:
    """Truth of parcels on a line with a CT scanner, with records that agree until a test spoils them."""

    def __init__(self) -> None:
        self.truth: list[Truth] = [HEAD]
        self.records = Records()
        self._count = 0

    def parcel(
        self,
        lane: int,
        *scans: ScanSent,
        category: Category = Category.CLEAN,
        touched: bool = False,
    ) -> tuple[int, int]:
        """One parcel; its scans name it 7, n whatever they say."""
        self._count += 1
        key = (7, self._count)
        role = LaneRole.RELEASE if lane == RELEASE else LaneRole.INSPECT
        self.truth += [
            ParcelMade(self._count, category, right_role(category), "JD", "", 1000, 400, None),
            TripBegan(self._count, 0, *key, 600, 0.0, 0),
            DecisionDue(*key, DUE_MS),
            LaneAccepted(*key, INSPECT, DUE_MS + 20),
            *(ScanSent(*key, *fields_of(scan)) for scan in scans),
            LaneAccepted(*key, lane, SENT_MS + 400),
            CutoffPassed(*key, CUTOFF_MS),
            TripEnded(self._count, 0, *key, lane, role, touched, 9.0),
        ]
        self.records.passages[key] += 1
        self.records.closed.add(key)
        self.records.lanes[key] = lane
        self.records.media[key] = {"volume", "still", "clip"}
        return key

    def judged(self, line: Line) -> Report:
        return judge(last_run(self.truth), self.records, line)


def fields_of(scan: ScanSent) -> tuple[int, str, bool, bool, bool, int]:
    return (scan.scan, scan.energy, scan.own_id, scan.whole, scan.delivered, scan.time_ms)


def sent(
    energy: str,
    *,
    scan: int = 1,
    own_id: bool = True,
    whole: bool = True,
    delivered: bool = True,
    time_ms: int = SENT_MS,
) -> ScanSent:
    return ScanSent(0, 0, scan, energy, own_id, whole, delivered, time_ms)


BOTH = (sent("low", time_ms=SENT_MS - 90), sent("high"))


@pytest.fixture
def imaged() -> Imaged:
    return Imaged()


def test_a_parcel_cleared_by_its_own_image_is_right(imaged: Imaged, ct_line: Line) -> None:
    imaged.parcel(RELEASE, *BOTH)
    judged = imaged.judged(ct_line)
    assert judged.failures == ()
    assert judged.event_to_lane_ms.p50 == 20
    assert judged.ct_to_lane_ms.p50 == 400
    assert (judged.share_past_cutoff, judged.evidence_complete, judged.wrong_volume_cleared) == (0, 1, 0)


@pytest.mark.parametrize(
    "scans",
    [
        (),
        (sent("low"),),
        (*BOTH, sent("low", scan=2), sent("high", scan=2)),
        (sent("low"), sent("high", scan=2)),
        (sent("low"), sent("high", whole=False)),
        (sent("low"), sent("high", delivered=False)),
        (sent("low", own_id=False), sent("high", own_id=False)),
        (sent("low", time_ms=CUTOFF_MS + 9), sent("high", time_ms=CUTOFF_MS + 10)),
    ],
)
def test_nothing_else_may_clear_it(imaged: Imaged, ct_line: Line, scans: tuple[ScanSent, ...]) -> None:
    imaged.parcel(RELEASE, *scans)
    judged = imaged.judged(ct_line)
    assert (judged.wrong_volume_cleared, judged.ok) == (1, False)
    assert "without a sound image of their own" in " ".join(judged.failures)


def test_an_image_reviewed_past_the_cut_off_is_counted(imaged: Imaged, ct_line: Line) -> None:
    for _ in range(9):
        imaged.parcel(RELEASE, *BOTH)
    late = imaged.parcel(INSPECT, *BOTH, category=Category.CUSTOMS_HOLD)
    imaged.records.reasons[late] = ("customs_hold", "image_pending")
    judged = imaged.judged(ct_line)
    assert judged.share_past_cutoff == 0.1
    assert any("past the cut-off" in failure for failure in judged.failures)


def test_a_scan_the_scanner_itself_sent_late_is_not(imaged: Imaged, ct_line: Line) -> None:
    imaged.parcel(RELEASE, *BOTH)
    scans = [sent(energy, time_ms=CUTOFF_MS + 10) for energy in ("low", "high")]
    late = imaged.parcel(INSPECT, *scans, category=Category.SCAN_LATE)
    imaged.records.scan_doubts[late] = ("missing", "late")
    judged = imaged.judged(ct_line)
    assert (judged.share_past_cutoff, judged.failures) == (0, ())
    assert judged.exceptions == {"missing": 1, "late": 1}
    assert judged.scan_faults["scan_late"] == {"parcels": 1, "right": 1, "occurred": 1}


def test_a_scan_nobody_took_excuses_caution(imaged: Imaged, ct_line: Line) -> None:
    imaged.parcel(INSPECT, sent("low", delivered=False), sent("high", delivered=False))
    judged = imaged.judged(ct_line)
    assert (judged.misrouted, judged.touched_by_fault) == (0, 1)


def test_exceptions_are_counted_by_kind(imaged: Imaged, ct_line: Line) -> None:
    first = imaged.parcel(INSPECT, *BOTH, category=Category.IMPENETRABLE)
    second = imaged.parcel(INSPECT, *BOTH, category=Category.IMPENETRABLE)
    imaged.records.image_exceptions |= {first: "impenetrable", second: "impenetrable", (6, 1): "empty"}
    imaged.records.scan_doubts[second] = ("tunnel_doubtful",)
    assert imaged.judged(ct_line).exceptions == {"impenetrable": 2, "tunnel_doubtful": 1}


def test_a_passage_without_its_files_is_incomplete(imaged: Imaged, ct_line: Line) -> None:
    imaged.parcel(RELEASE, *BOTH)
    bare = imaged.parcel(RELEASE, *BOTH)
    imaged.records.media[bare] = {"volume", "still"}
    judged = imaged.judged(ct_line)
    assert judged.evidence_complete == 0.5
    assert any("are recorded" in failure for failure in judged.failures)


def test_of_an_item_that_was_not_scanned_no_volume_is_expected(imaged: Imaged, ct_line: Line) -> None:
    key = imaged.parcel(INSPECT, category=Category.SCAN_MISSING)
    imaged.records.media[key] = {"still", "clip"}
    assert imaged.judged(ct_line).evidence_complete == 1


def test_an_officer_may_clear_an_alarm_and_no_prohibited_item(imaged: Imaged, ct_line: Line) -> None:
    alarm = imaged.parcel(RELEASE, *BOTH, category=Category.IMAGE_ALARM)
    imaged.records.officer_released.add(alarm)
    assert imaged.judged(ct_line).wrongly_released == 0
    prohibited = imaged.parcel(RELEASE, *BOTH, category=Category.PROHIBITED)
    imaged.records.officer_released.add(prohibited)
    assert imaged.judged(ct_line).wrongly_released == 1


def test_an_unanswered_alarm_is_inspected(imaged: Imaged, ct_line: Line) -> None:
    imaged.parcel(RELEASE, *BOTH, category=Category.IMAGE_ALARM)
    assert imaged.judged(ct_line).wrongly_released == 1
