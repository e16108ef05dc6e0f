"""The checker on promises 1 and 11: what may be released, on what, and by whom."""

from pathlib import Path

import pytest

from config.settings import Line
from edge.messages import Moment, Reason, ScanDoubt, ScanEvidence
from models.findings import Outcome, Review
from simulators.categories import Category
from simulators.truth import (
    CutoffPassed,
    Disturbed,
    ImageReviewed,
    LabelSent,
    LaneAccepted,
    LineCleared,
    OfficerAnswered,
    PaperChanged,
    PaperHeard,
    ScanSent,
    TripBegan,
    TripEnded,
    Unscanned,
    WeightSent,
)
from tests.unit.simulators.promises_story import (
    R1,
    R2,
    START,
    C,
    Change,
    I,
    Story,
    W,
    before,
    changed,
    without,
)


@pytest.fixture
def story(ct_line: Line, tmp_path: Path) -> Story:
    return Story(ct_line, tmp_path)


def test_what_is_right_breaks_nothing_and_is_forgotten(story: Story) -> None:
    for number in range(1, 21):
        story.parcel(number)
    story.parcel(21, I, category=Category.PROHIBITED, changes=[changed(ImageReviewed, clear=False)])
    story.parcel(22, C, category=Category.RECIRCULATION)
    story.parcel(22, category=Category.RECIRCULATION, trip=1)
    story.parcel(23, W, category=Category.NO_PAPERS, papers=False)
    assert story.look() == []
    assert story.checker.held == 0
    assert story.broken() == []
    tallies = story.checker.tallies
    assert (tallies.parcels, tallies.trips, tallies.recorded) == (23, 24, 24)
    assert (tallies.released, tallies.clean, tallies.clean_untouched_released_unaided) == (21, 20, 20)
    assert tallies.by_lane == {R1: 21, I: 1, C: 1, W: 1}


@pytest.mark.parametrize(
    "change",
    [
        without(LabelSent),
        changed(LabelSent, own=False),
        without(WeightSent),
        changed(WeightSent, own=False),
        without(ScanSent),
        without(ImageReviewed),
        changed(ScanSent, whole=False),
        changed(ScanSent, own_id=False),
        changed(ScanSent, energy="low"),
        changed(ImageReviewed, own=False),
        changed(TripBegan, gap_ahead_mm=100.0),
    ],
    ids=lambda _change: "",
)
def test_a_release_without_its_evidence_is_found(story: Story, change: Change) -> None:
    story.parcel(1)
    assert story.look() == []
    story.parcel(2, changes=[change])
    assert {each.promise for each in story.look()} == {1}


def test_evidence_that_came_after_the_command_does_not_count(story: Story) -> None:
    key = story.key()
    late = before(TripEnded, ImageReviewed(*key, True, True, 17.0))
    story.parcel(1, changes=[without(ImageReviewed), late])
    assert story.broken() == [1]


def test_an_item_the_scanner_did_not_see_may_not_be_released(story: Story) -> None:
    story.parcel(1, changes=[before(LaneAccepted, Unscanned(*story.key()))])
    assert story.broken() == [1]


@pytest.mark.parametrize("category", [Category.WRONG_WEIGHT, Category.CUSTOMS_HOLD, Category.NO_READ])
def test_what_belongs_on_the_bench_may_not_be_released(story: Story, category: Category) -> None:
    story.parcel(1, category=category)
    assert story.broken() == [1]


def test_an_unread_label_cannot_release_on_the_first_trip(story: Story) -> None:
    story.parcel(1, category=Category.RECIRCULATION)
    assert story.broken() == [1]


def test_a_waybill_is_released_once(story: Story) -> None:
    story.parcel(1)
    story.parcel(2, I, category=Category.CLONED_LABEL, copy_of=1)
    assert story.look() == []
    story.parcel(3, category=Category.CLONED_LABEL, copy_of=1)
    assert story.broken() == [1]


def test_the_copy_may_leave_if_the_original_did_not(story: Story) -> None:
    story.parcel(1, I)
    story.parcel(2, category=Category.CLONED_LABEL, copy_of=1)
    assert story.broken() == []


def test_a_revocation_heard_in_time_must_be_heeded(story: Story) -> None:
    revoked = PaperChanged(1, False, 2.0, 2.0)
    heard = PaperHeard(3.0, 5.5)  # a second and a half before the release at 7 s
    story.parcel(1, changes=[before(LaneAccepted, revoked, heard)])
    assert story.broken() == [1]


@pytest.mark.parametrize("heard", [PaperHeard(3.0, 6.5), PaperHeard(1.0, 5.5)])
def test_a_revocation_not_heard_in_time_is_nobody_s_fault(story: Story, heard: PaperHeard) -> None:
    story.parcel(1, changes=[before(LaneAccepted, PaperChanged(1, False, 2.0, 2.0), heard)])
    assert story.broken() == []
    assert story.checker.tallies.clean == 0


@pytest.mark.parametrize(("hours", "broken"), [(47, []), (50, [1])])
def test_papers_older_than_their_mode_allows_are_found(story: Story, hours: float, broken: list[int]) -> None:
    story.parcel(1, changes=[changed(PaperChanged, as_of_s=-3600.0 * hours)])
    assert story.broken() == broken


def test_no_order_no_release(story: Story) -> None:
    story.parcel(1, changes=[changed(TripEnded, lane=R2)], recorded=False)
    story.record(story.key(0), R2)
    assert {1, 6} <= set(story.broken())


def test_a_wrong_diverter_is_excused_if_the_line_stops(story: Story) -> None:
    key = story.key()
    moved = [before(TripEnded, Disturbed(*key, "diverter_wrong", 17.0)), changed(TripEnded, lane=R2)]
    story.parcel(1, changes=moved, recorded=False)
    story.record(key, R2, as_decided=False, lane_decided=R1)
    story.now_s = 60.0
    story.tell(LineCleared(59.0))
    story.parcel(2)
    assert story.broken() == [6]  # the made-up timeline claims lane 2
    assert story.checker.tallies.unordered == 1


def test_a_line_that_runs_on_with_an_unordered_item_is_found(story: Story) -> None:
    key = story.key()
    moved = [before(TripEnded, Disturbed(*key, "diverter_wrong", 17.0)), changed(TripEnded, lane=R2)]
    story.parcel(1, changes=moved, recorded=False)
    story.now_s = 60.0
    story.parcel(2)
    assert 1 in {each.promise for each in story.checker.violations}


def test_a_release_accepted_past_the_cutoff_is_found(story: Story) -> None:
    key = story.key()
    late = before(TripEnded, LaneAccepted(*key, R1, 14_010))
    story.parcel(1, changes=[lambda records: late(without(LaneAccepted)(records))])
    assert 3 in story.broken()


# ── an officer's word ──


def asked(story: Story, at_s: float) -> list[Change]:
    key = story.key()
    answer = OfficerAnswered(f"L1-{key[0]}-{key[1]}", *key, True, at_s)
    return [changed(ImageReviewed, clear=False), before(LaneAccepted, answer)]


def alarmed(key: tuple[int, int]) -> dict[str, ScanEvidence]:
    review = Review(Outcome.ALARM, "memory 1")
    return {"scan": ScanEvidence("s", (f"low{key}", f"high{key}"), review)}


def test_an_alarm_an_officer_cleared_may_leave(story: Story) -> None:
    key = story.key()
    story.parcel(
        1,
        category=Category.IMAGE_ALARM,
        changes=asked(story, 6.9),
        evidence=alarmed(key),
        reasons=[Reason.OFFICER_RELEASED],
        image_outcome="alarm",
    )
    story.answer(f"L1-{key[0]}-{key[1]}", "accepted")
    assert story.broken() == []
    assert story.checker.tallies.released_by_officer == 1


def test_an_alarm_nobody_cleared_is_found(story: Story) -> None:
    story.parcel(1, category=Category.IMAGE_ALARM, changes=[changed(ImageReviewed, clear=False)])
    assert story.broken() == [11]


def test_a_review_nobody_did_is_found(story: Story) -> None:
    story.parcel(1, category=Category.REVIEW)
    assert story.broken() == [11]


def test_what_nobody_may_clear_stays_though_an_officer_said_release(story: Story) -> None:
    story.parcel(1, category=Category.PROHIBITED, changes=asked(story, 6.9))
    assert 1 in story.broken()


def test_an_answer_past_the_cutoff_is_none(story: Story) -> None:
    key = story.key()
    answer = OfficerAnswered("p", *key, True, 14.5)
    story.parcel(1, category=Category.REVIEW, changes=[before(TripEnded, answer)])
    assert story.broken() == [11]


@pytest.mark.parametrize(("place_mm", "broken"), [(13_999, []), (14_000, [11])])
def test_an_answer_one_millimetre_past_the_deadline_is_found(
    story: Story, place_mm: int, broken: list[int]
) -> None:
    moment = Moment(START, "answered", place_mm, "", "release")
    story.parcel(1, I, category=Category.REVIEW, timeline=(moment,))
    assert story.broken() == broken


def test_an_answer_accepted_without_a_lane_is_found(story: Story) -> None:
    key = story.key()
    answer = OfficerAnswered(f"L1-{key[0]}-{key[1]}", *key, True, 6.9)
    story.parcel(1, I, category=Category.REVIEW, changes=[before(CutoffPassed, answer)])
    story.answer(f"L1-{key[0]}-{key[1]}", "sent")
    assert story.look() == []
    story.answer(f"L1-{key[0]}-{key[1]}", "accepted", answer_id="a2")
    assert story.broken() == [6]


# ── devices that lie ──


def test_a_stuck_image_that_fits_deceives_anybody(story: Story) -> None:
    lie = Disturbed(*story.key(), "ct_stuck", 6.0)
    shown = changed(ImageReviewed, own=False, length_mm=420.0, mass_g=1050.0)
    story.parcel(1, changes=[shown, changed(ScanSent, own_id=False), before(LaneAccepted, lie)])
    assert story.broken() == []
    assert story.checker.tallies.deceived == 1


def test_a_stuck_image_that_does_not_fit_must_be_seen(story: Story) -> None:
    lie = Disturbed(*story.key(), "ct_stuck", 6.0)
    shown = changed(ImageReviewed, own=False, length_mm=550.0, mass_g=1050.0)
    story.parcel(1, changes=[shown, before(LaneAccepted, lie)])
    assert story.broken() == [1]


def test_a_label_said_again_deceives_only_with_that_fault(story: Story) -> None:
    lie = Disturbed(*story.key(), "scanner_stuck", 1.0)
    story.parcel(1, changes=[changed(LabelSent, own=False), before(LaneAccepted, lie, last=False)])
    assert story.broken() == []
    lie = Disturbed(*story.key(), "camera_off", 1.0)
    story.parcel(2, changes=[changed(LabelSent, own=False), before(LaneAccepted, lie, last=False)])
    assert story.broken() == [1]


def test_a_doubtful_image_in_the_record_of_a_release_is_found(story: Story) -> None:
    key = story.key()
    doubtful = alarmed(key)["scan"]
    scan = ScanEvidence("s", doubtful.volumes, Review(Outcome.CLEAR, "m"), (ScanDoubt.DOUBLE,))
    story.parcel(1, evidence={"scan": scan})
    assert story.broken() == [1, 11]
