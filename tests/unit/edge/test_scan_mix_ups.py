"""Images under another's name, out of turn, twice or with a word too many, and what is kept of them."""

import pytest
from msgspec.structs import replace

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, CtState, ItemEventKind
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    ClearanceState,
    Decision,
    PassageDecided,
    Reason,
    Ruling,
    ScanDoubt,
)
from edge.observations import Action, AgentStarted, Flag, PapersFound, ReviewScan, ScanReviewed
from models.findings import Category, ImageException, Outcome, Review
from tests.unit.edge.ct_lines import CtBench, alarm, clear, ct_line, unjudged
from tests.unit.edge.lines import EPOCH, KEYS, all_said, said

A, B, C = "RB123456785CN", "SF1234567890123", "EMS987654321CN"


def bench(*, names_items: bool = True) -> CtBench:
    found = CtBench(line=ct_line(names_items=names_items))
    for number in (A, B, C):
        found.know(number)
    return found


def role(line: CtBench, item: int) -> LaneRole:
    verdict = line.core.items[item].verdict
    assert verdict is not None
    return verdict.role


def asked(actions: list[Action]) -> list[ReviewScan]:
    return [each for each in actions if isinstance(each, ReviewScan)]


def test_a_study_that_two_items_share_gives_none_of_them_the_others_review() -> None:
    """The second item's image comes first and is reviewed first: its review is not the first item's."""
    line = bench()
    line.observe(1, 0, A)
    line.observe(2, 1100, B)
    line.decide(1, 0)
    line.decide(2, 1100)
    (of_second,) = asked(line.store(2, 1100, scan_id="1.2.3"))
    (of_first,) = asked(line.store(1, 0, scan_id="1.2.3"))
    assert of_second.passage_id != of_first.passage_id
    line.feed(ScanReviewed("1.2.3", of_second.passage_id, clear(), 8000))
    assert line.core.items[1].review is None
    line.feed(ScanReviewed("1.2.3", of_first.passage_id, alarm(), 8000))
    assert (role(line, 1), role(line, 2)) == (LaneRole.INSPECT, LaneRole.RELEASE)


def test_a_scan_announced_again_after_a_kill_is_no_second_scan() -> None:
    line = bench()
    assert line.pass_through(1, 0, A).role is LaneRole.RELEASE
    again = line.store(1, 0)
    assert again == []
    assert (role(line, 1), line.core.state.tunnel_doubtful) == (LaneRole.RELEASE, False)
    line.store(1, 0, complete=False)  # what a sender sends twice is told as not to be used
    assert line.core.items[1].scan_doubts >= {ScanDoubt.DOUBLE}


@pytest.mark.parametrize(
    "review",
    [
        replace(alarm(), exception=ImageException.CUT_OFF),
        replace(clear(), exception=ImageException.IMPENETRABLE),
        replace(clear(), exception=ImageException.NOT_REVIEWED),
    ],
)
def test_an_exception_is_one_whatever_else_the_review_says(review: Review) -> None:
    line = bench()
    found = line.pass_through(1, 0, A, review)
    assert (found.role, found.awaiting_answer) == (LaneRole.INSPECT, False)
    assert found.reasons == (Reason.IMAGE_EXCEPTION,)


def test_a_finding_is_an_alarm_whatever_else_the_review_says() -> None:
    line = bench()
    found = line.pass_through(1, 0, A, replace(alarm(), outcome=Outcome.CLEAR))
    assert found.reasons == (Reason.IMAGE_ALARM,)
    other = bench().pass_through(1, 0, A, replace(alarm(Category.EXPLOSIVE), outcome=Outcome.CLEAR))
    assert other.reasons == (Reason.IMAGE_PROHIBITED,)


def test_by_order_one_lost_scan_does_not_shift_all_that_follow() -> None:
    line = bench(names_items=False)
    masses = [500.0, 1500.0, 3000.0, 500.0, 1500.0]
    for index, mass_g in enumerate(masses):
        line.know(f"RB{index:09}CN", declared_weight_g=mass_g)
    for index, mass_g in enumerate(masses):
        at_mm = index * 1100
        line.observe(index + 1, at_mm, f"RB{index:09}CN", weight_g=mass_g)
        line.decide(index + 1, at_mm)
    line.store(None, 1100, scan_id="2")  # the first item's never comes
    assert line.core.items[1].scan_doubts >= {ScanDoubt.MISSING}
    assert line.core.state.tunnel_doubtful
    line.review("2", 1100, clear(mass_g=1500.0))
    for index in (2, 3, 4):
        line.store(None, index * 1100, scan_id=str(index + 1))
        line.review(str(index + 1), index * 1100, clear(mass_g=masses[index]))
    taken = [None if (scan := line.core.items[item].scan) is None else scan.scan_id for item in range(1, 6)]
    assert taken == [None, "2", "3", "4", "5"]
    assert role(line, 1) is LaneRole.INSPECT
    assert role(line, 5) is LaneRole.RELEASE


def test_by_order_what_passed_unscanned_takes_no_turn() -> None:
    line = bench(names_items=False)
    line.observe(1, 0, A)
    line.see(ItemEventKind.CT_STATE, 0, 4000, detail=CtState.BYPASS)
    line.see(ItemEventKind.CT_STATE, 0, 5400, detail=CtState.READY)
    line.decide(1, 0)
    line.observe(2, 3000, B)
    line.decide(2, 3000)
    line.store(None, 3000, scan_id="second")
    line.review("second", 3000)
    assert (role(line, 1), role(line, 2)) == (LaneRole.INSPECT, LaneRole.RELEASE)


def test_by_order_a_second_scan_is_not_the_next_items() -> None:
    line = bench(names_items=False)
    line.observe(1, 0, A)
    line.observe(2, 800, B)
    line.decide(1, 0)
    line.store(None, 0, scan_id="first")
    line.store(None, 0, scan_id="first again")
    assert line.core.items[2].scan is None
    assert line.core.items[1].scan_doubts >= {ScanDoubt.DOUBLE}


def test_by_order_a_late_scan_is_kept_with_its_item() -> None:
    line = bench(names_items=False)
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.overdue(1, 0)
    line.store(None, 0, scan_id="late")
    assert line.core.items[1].scan_doubts >= {ScanDoubt.MISSING, ScanDoubt.LATE}


@pytest.mark.parametrize("review", [alarm(), alarm(Category.EXPLOSIVE), unjudged(ImageException.CUT_OFF)])
@pytest.mark.parametrize("before", [True, False])
def test_what_an_image_shows_is_kept_and_told_of_an_item_that_is_inspected_anyway(
    review: Review, before: bool
) -> None:
    """Its waybill is not on the list, so it goes to inspection; the officer there must know of the bottle."""
    line = CtBench()
    line.observe(1, 0, A)
    if not before:
        line.decide(1, 0)
    line.store(1, 0)
    line.review("scan-1", 0, review)
    if before:
        line.decide(1, 0)
    told = all_said(line.actions, PassageDecided)[-1]
    assert told.reasons == (Reason.UNKNOWN_WAYBILL,)
    assert told.evidence.scan is not None
    assert told.evidence.scan.review == review
    assert [each for each in line.actions if isinstance(each, Flag)] == [Flag(told.passage_id)]


def test_what_shows_an_alarm_is_not_sent_round_for_want_of_a_label() -> None:
    line = bench()
    line.observe(1, 0)
    assert line.decide(1, 0).role is LaneRole.RECIRCULATE
    line.store(1, 0)
    found = all_said(line.review("scan-1", 0, alarm(Category.EXPLOSIVE)), PassageDecided)[-1]
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.NO_READ, Reason.IMAGE_PROHIBITED))


def test_what_shows_an_alarm_does_not_wait_for_papers_with_the_rest() -> None:
    line = CtBench()
    line.know(A, ClearanceState.WAIT)
    found = line.pass_through(1, 0, A, alarm())
    assert (found.role, found.reasons) == (LaneRole.INSPECT, (Reason.IMAGE_ALARM, Reason.PAPERS_MISSING))
    assert not found.awaiting_answer
    assert line.pass_through(2, 5000, A).role is LaneRole.WAIT


def test_an_answer_clears_what_was_asked_and_nothing_that_came_later() -> None:
    line = bench()
    found = line.pass_through(1, 0, A, alarm())
    line.answer(found.passage_id, Decision.RELEASE, 9000)
    line.acknowledge(1, 1)
    assert role(line, 1) is LaneRole.RELEASE
    line.know(A, ClearanceState.REVIEW)
    later = said(
        line.feed(PapersFound(1, {KEYS.waybill_key(A): line.papers[KEYS.waybill_key(A)]})), PassageDecided
    )
    assert later.awaiting_answer
    assert later.reasons == (Reason.IMAGE_ALARM, Reason.OFFICER_REVIEW)
    line.answer(found.passage_id, Decision.RELEASE, 10_000, answer_id="a2")
    assert role(line, 1) is LaneRole.RELEASE


def test_an_answer_overtaken_by_a_doubt_is_not_called_accepted() -> None:
    line = bench()
    found = line.pass_through(1, 0, A, alarm())
    line.answer(found.passage_id, Decision.RELEASE, 9000)
    doubted = line.store(1, 0, scan_id="again")
    assert said(doubted, AnswerRuled).ruling is Ruling.REFUSED
    assert all_said(line.acknowledge(1, 1), AnswerRuled) == []
    assert line.acknowledge(1, 5, CommandOutcome.ACCEPTED) == []


def test_a_fault_that_the_ring_tells_after_the_status_did_counts_from_where_it_began() -> None:
    """After a start the status says that the scanner is down; since when, the ring tells."""
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.feed(AgentStarted("next", EPOCH, 8000, frozenset(range(1, 6)), CtState.FAULT))
    line.see(ItemEventKind.CT_STATE, 0, 3000, detail=CtState.FAULT)
    line.see(ItemEventKind.CT_STATE, 0, 4500, detail=CtState.READY)
    line.see(ItemEventKind.CT_STATE, 0, 7900, detail=CtState.FAULT)
    assert line.core.items[1].unscanned
    assert line.core.state.ct_down[-1] == (7900, None)


def test_an_alarm_names_the_file_not_what_the_scanner_called_it() -> None:
    line = bench()
    told = said(line.store(99, 0, scan_id="1234567890123"), AlarmRaised)
    assert "1234567890123" not in told.detail
    assert "low-99" in told.detail
