"""Whose image is it, and what becomes of an item whose image is doubtful, alarming or missing."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, ItemEventKind
from edge.core import Core
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    ClearanceState,
    Decision,
    MediaRecorded,
    PassageDecided,
    Reason,
    Ruling,
    ScanDoubt,
)
from edge.observations import Due, FellDue, Flag, ReviewScan, ScanArrived
from models.findings import Category, ImageException, Outcome
from tests.unit.edge.ct_lines import A, B, C, CtBench, alarm, bench, clear, ct_line, unjudged
from tests.unit.edge.lines import EPOCH, all_said, lanes_set, said


def test_a_clear_image_of_its_own_releases():
    line = bench()
    line.observe(1, 0, A)
    first = line.decide(1, 0)
    assert (first.role, first.reasons) == (LaneRole.INSPECT, (Reason.IMAGE_PENDING,))
    stored = line.store(1, 0)
    assert [each for each in stored if isinstance(each, ReviewScan)]
    assert len(all_said(stored, MediaRecorded)) == 2
    reviewed = line.review("scan-1", 0)
    second = said(reviewed, PassageDecided)
    assert (second.role, second.reasons) == (LaneRole.RELEASE, (Reason.CLEARED,))
    assert second.evidence.scan is not None
    assert second.evidence.scan.review == clear()
    assert second.evidence.scan.volumes == ("low-1", "high-1")
    assert lanes_set(reviewed) == [(1, 1)]


def test_an_image_before_the_deciding_eye_is_taken_into_the_first_verdict():
    line = bench()
    line.observe(1, 0, A)
    line.store(1, 0)
    line.review("scan-1", 0)
    assert line.decide(1, 0).role is LaneRole.RELEASE


def test_an_officer_may_clear_an_alarm_while_the_belt_lasts():
    line = bench()
    found = line.pass_through(1, 0, A, alarm())
    assert found.awaiting_answer
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.IMAGE_ALARM,))
    assert [each for each in line.actions if isinstance(each, Flag)]
    answered = line.answer(found.passage_id, Decision.RELEASE, 12_000)
    assert said(answered, PassageDecided).reasons == (Reason.OFFICER_RELEASED,)
    assert said(line.acknowledge(1, 1), AnswerRuled).ruling is Ruling.ACCEPTED


def test_an_answer_past_the_cut_off_is_too_late():
    line = bench()
    found = line.pass_through(1, 0, A, alarm())
    late = said(line.answer(found.passage_id, Decision.RELEASE, 14_000), AnswerRuled)
    assert late.ruling is Ruling.TOO_LATE


@pytest.mark.parametrize("category", [Category.PROHIBITED_ITEM, Category.EXPLOSIVE, Category.CONTRABAND])
def test_nobody_clears_a_prohibited_category_on_the_belt(category: Category):
    line = bench()
    found = line.pass_through(1, 0, A, alarm(category))
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.IMAGE_PROHIBITED,))
    assert not found.awaiting_answer
    refused = said(line.answer(found.passage_id, Decision.RELEASE, 12_000), AnswerRuled)
    assert refused.ruling is Ruling.REFUSED


@pytest.mark.parametrize("exception", list(ImageException))
def test_an_image_that_cannot_be_judged_is_never_released(exception: ImageException):
    line = bench()
    found = line.pass_through(1, 0, A, unjudged(exception))
    assert (found.role, found.awaiting_answer) == (LaneRole.INSPECT, False)
    assert found.reasons == (Reason.IMAGE_EXCEPTION,)


def test_papers_and_image_both_wait_for_the_officer():
    line = CtBench()
    line.know(A, ClearanceState.REVIEW)
    found = line.pass_through(1, 0, A, alarm())
    assert found.reasons == (Reason.IMAGE_ALARM, Reason.OFFICER_REVIEW)


def test_a_missing_scan_puts_what_is_in_the_tunnel_in_doubt():
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.observe(2, 5500, B)
    line.decide(2, 5500)  # at 11.2 m: in the tunnel when the first is overdue
    found = all_said(line.overdue(1, 0), PassageDecided)
    assert {each.tracking_id: each.reasons for each in found} == {
        1: (Reason.SCAN_DOUBTFUL,),
        2: (Reason.SCAN_DOUBTFUL,),
    }
    assert line.core.items[1].scan_doubts == {ScanDoubt.MISSING, ScanDoubt.TUNNEL_DOUBTFUL}
    line.store(1, 0)
    assert ScanDoubt.LATE in line.core.items[1].scan_doubts
    line.review("scan-1", 0)
    verdict = line.core.items[1].verdict
    assert verdict is not None
    assert verdict.role is LaneRole.INSPECT


def test_a_second_scan_of_an_item_makes_it_doubtful_even_when_released_already():
    line = bench()
    assert line.pass_through(1, 0, A).role is LaneRole.RELEASE
    found = said(line.store(1, 0, scan_id="again"), PassageDecided)
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.SCAN_DOUBTFUL,))


def test_the_record_names_every_doubt_of_an_item_inspected_already():
    line = bench()
    line.store(99, 0)
    line.observe(1, 0, A)
    line.feed(FellDue(1, Due.VERDICT, encoder_mm=5900))
    line.store(2, 3000)  # another scan of nobody, and the item's own never comes
    found = all_said(line.overdue(1, 0), PassageDecided)[0]
    assert found.evidence.scan is not None
    assert ScanDoubt.MISSING in found.evidence.scan.doubts
    again = said(line.store(1, 0, complete=False), PassageDecided)
    assert again.evidence.scan is not None
    assert ScanDoubt.LATE in again.evidence.scan.doubts


def test_a_scan_of_nobody_raises_an_alarm():
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    stored = line.store(99, 0)
    assert said(stored, AlarmRaised).code == "scan_without_item"
    assert line.core.items[1].scan_doubts == {ScanDoubt.TUNNEL_DOUBTFUL, ScanDoubt.UNKNOWN_ITEM}
    assert line.store(1, 0, epoch=EPOCH + 1, scan_id="other boot")
    assert line.core.items[1].scan is None


def test_a_scan_made_when_its_item_was_elsewhere_is_not_its_own():
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.observe(2, 1100, B)
    line.store(1, 1100)  # the second's image under the first's name
    assert ScanDoubt.OUT_OF_WINDOW in line.core.items[1].scan_doubts
    assert ScanDoubt.TUNNEL_DOUBTFUL in line.core.items[2].scan_doubts


def test_a_scan_without_a_time_is_doubted():
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.feed(ScanArrived("ct", "x", (), True, line.ct.end_mm + 1200, None, 1, EPOCH))
    assert line.core.items[1].scan_doubts >= {ScanDoubt.OUT_OF_WINDOW}


@pytest.mark.parametrize(
    ("image", "doubt"),
    [
        (clear(length_mm=320.0), ScanDoubt.LENGTH_DIFFERS),
        (clear(mass_g=900.0), ScanDoubt.MASS_DIFFERS),
        (clear(mass_g=300.0), ScanDoubt.MASS_DIFFERS),
    ],
)
def test_an_image_that_disagrees_with_eye_or_scale_is_a_mismatch(image: object, doubt: ScanDoubt):
    line = bench()
    found = line.pass_through(1, 0, A, image)  # type: ignore[arg-type]
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.SCAN_DOUBTFUL,))
    scan = found.evidence.scan
    assert scan is not None
    assert doubt in scan.doubts
    assert scan.review is not None
    assert (scan.review.outcome, scan.review.exception) == (Outcome.EXCEPTION, ImageException.MISMATCH)


def test_an_item_already_in_doubt_says_nothing_about_its_image():
    line = bench()
    line.induct(1, 0)
    line.see(ItemEventKind.TOO_CLOSE, 1, 500)
    line.scan(0, A)
    line.weigh(0, 1900.0)  # with its neighbour's
    line.decide(1, 0)
    line.store(1, 0)
    line.review("scan-1", 0)
    assert line.core.items[1].scan_doubts == {ScanDoubt.NOT_TELLING}
    assert not line.core.state.tunnel_doubtful


def test_doubt_ends_with_a_scan_that_fits_its_item_and_neither_neighbour():
    line = bench()
    line.store(99, 0)  # somebody's image: the tunnel is doubtful
    line.observe(1, 0, A)
    line.observe(2, 1100, B)  # like the first in length and weight
    line.decide(1, 0)
    line.store(1, 0)
    line.review("scan-1", 0)
    assert line.core.items[1].scan_doubts == {ScanDoubt.NOT_TELLING}
    assert line.core.state.tunnel_doubtful
    line.decide(2, 1100)
    line.observe(3, 2200, C, weight_g=1500.0)
    line.decide(3, 2200)
    line.know(C, declared_weight_g=1500.0)
    line.store(3, 2200)
    line.review("scan-3", 2200, clear(mass_g=1500.0))
    assert not line.core.items[3].scan_doubts
    assert not line.core.state.tunnel_doubtful


def test_equal_goods_are_not_doubted_for_ever():
    line = bench(*(f"RB{item:09}CN" for item in range(1, 10)))
    line.store(99, 0)
    doubtful: list[bool] = []
    line.observe(1, 0, "RB000000001CN")
    for item in range(1, 9):
        at_mm = 1100 * (item - 1)
        line.observe(item + 1, at_mm + 1100, f"RB{item + 1:09}CN")
        line.decide(item, at_mm)
        line.store(item, at_mm)
        line.review(f"scan-{item}", at_mm)
        verdict = line.core.items[item].verdict
        assert verdict is not None
        doubtful.append(Reason.SCAN_DOUBTFUL in verdict.reasons)
    assert doubtful == [True] * 5 + [False] * 3


@dataclass
class Trip:
    """What is true of an item, and what its scanner does."""

    length_mm: int
    mass_g: float
    names: int  # by how much the name is off
    copies: int  # how many scans come


TRIPS = st.builds(
    Trip,
    st.sampled_from([250, 400, 550]),
    st.sampled_from([500.0, 2000.0, 6000.0]),
    st.sampled_from([0, 0, 0, 0, 1, -1, 50]),
    st.sampled_from([1, 1, 1, 1, 0, 2]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(TRIPS, min_size=2, max_size=9), st.booleans())
def test_no_other_items_image_ever_clears_an_item(trips: list[Trip], names_items: bool):
    line = CtBench(line=ct_line(names_items=names_items))
    for index, trip in enumerate(trips):
        line.know(f"RB{index:09}CN", declared_weight_g=trip.mass_g)
    pitch_mm = 1100
    for index, trip in enumerate(trips):
        at_mm = index * pitch_mm
        number = f"RB{index:09}CN"
        line.observe(index + 1, at_mm, number, weight_g=trip.mass_g, length_mm=trip.length_mm)
        line.decide(index + 1, at_mm)
        for copy in range(trip.copies):
            scan_id = f"{index}-{copy}"
            named = index + 1 + trip.names if names_items else None
            line.store(named, at_mm, scan_id=scan_id, length_mm=trip.length_mm)
            line.review(scan_id, at_mm, clear(float(trip.length_mm), trip.mass_g))
    for index in range(len(trips)):
        if line.core.items[index + 1].scan is None:
            line.overdue(index + 1, index * pitch_mm)
    for index, trip in enumerate(trips):
        item = line.core.items[index + 1]
        assert item.verdict is not None
        if item.verdict.role is LaneRole.RELEASE:
            assert trip.copies == 1
            assert item.scan is not None
            assert item.scan.scan_id == f"{index}-0", "another item's image cleared it"
    replayed = Core(line.line, "policy")
    for at, observation in line.inputs:
        replayed.step(observation, at)
    assert replayed.state == line.core.state


def test_a_lane_that_is_too_late_after_the_review_stays_inspected():
    line = bench()
    line.pass_through(1, 0, A)
    found = said(line.acknowledge(1, 1, CommandOutcome.TOO_LATE), PassageDecided)
    assert found.role is LaneRole.INSPECT
