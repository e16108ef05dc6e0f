"""Judging without the rest of the core: what is adopted, recorded, commanded and kept in mind, and when."""

import pytest
from msgspec.structs import replace

from config.settings import LaneRole
from edge.judging import Judging, is_for_a_person
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    ClearanceState,
    Decision,
    Moment,
    PassageClosed,
    PassageDecided,
    Reason,
    Ruling,
)
from edge.observations import Action, Flag, SetLane
from edge.state import State
from models.findings import ImageException, Outcome, Review
from tests.unit.edge.ct_lines import alarm, clear, unjudged
from tests.unit.edge.judged_items import (
    INSPECT,
    KEY,
    LATER,
    LINE,
    R1,
    R2,
    ROUND,
    WAIT,
    decided,
    know,
    on_belt,
)
from tests.unit.edge.lines import EPOCH, NOON, all_said, lanes_set, said


@pytest.fixture
def state() -> State:
    return State(epoch=EPOCH)


@pytest.fixture
def judging(state: State) -> Judging:
    return Judging(LINE, "policy", state)


def flags(actions: list[Action]) -> list[str]:
    return [each.passage_id for each in actions if isinstance(each, Flag)]


FOR_A_PERSON = {
    Reason.IMAGE_ALARM,
    Reason.IMAGE_PROHIBITED,
    Reason.IMAGE_EXCEPTION,
    Reason.SCAN_DOUBTFUL,
    Reason.OFFICER_REVIEW,
    Reason.CONTROL_INSTRUCTION,
}


@pytest.mark.parametrize("reason", list(Reason))
def test_evidence_is_kept_for_what_a_person_must_look_at(reason: Reason) -> None:
    assert is_for_a_person([Reason.NO_READ, reason], None) is (reason in FOR_A_PERSON)


@pytest.mark.parametrize(
    ("review", "kept"),
    [(None, False), (clear(), False), (alarm(), True), (unjudged(ImageException.EMPTY), True)],
)
def test_evidence_is_kept_for_what_the_image_showed(review: Review | None, kept: bool) -> None:
    assert is_for_a_person([Reason.CLEARED], review) is kept


def test_a_verdict_is_recorded_noted_and_commanded(judging: Judging, state: State) -> None:
    item = on_belt(state)
    actions = list(judging.decide(item, NOON))
    record = said(actions, PassageDecided)
    assert (record.decided_at, record.policy, record.revision) == (NOON, "policy", 1)
    assert item.moments == [Moment(NOON, "decided", None, "", "release cleared")]
    assert [each for each in actions if isinstance(each, SetLane)] == [SetLane(EPOCH, 1, R1)]
    assert state.released == {KEY: "p1"}
    assert flags(actions) == []


def test_every_reason_stands_in_the_timeline(judging: Judging, state: State) -> None:
    item = on_belt(state, clearance=ClearanceState.INSPECT)
    item.weight_g = None
    list(judging.decide(item, LATER))
    assert item.moments == [Moment(LATER, "decided", None, "", "inspect customs_hold,no_weight")]


def test_a_verdict_that_stands_is_not_said_again_unless_asked(judging: Judging, state: State) -> None:
    item = on_belt(state)
    decided(judging, item)
    assert list(judging.revise(item, LATER)) == []
    anew = said(list(judging.revise(item, LATER, anew=True)), PassageDecided)
    assert (anew.revision, anew.decided_at) == (2, LATER)


def test_an_item_without_a_verdict_is_not_revised(judging: Judging, state: State) -> None:
    assert list(judging.revise(on_belt(state), NOON, anew=True)) == []


def test_a_lane_is_commanded_until_it_is_confirmed_and_again_when_it_changes(
    judging: Judging, state: State
) -> None:
    item = on_belt(state)
    decided(judging, item)
    item.confirmed = True
    assert lanes_set(list(judging.revise(item, LATER, anew=True))) == []
    know(item, ClearanceState.WAIT)
    assert lanes_set(list(judging.revise(item, LATER))) == [(1, WAIT)]
    assert not item.confirmed


def test_every_open_item_is_judged_again(judging: Judging, state: State) -> None:
    items = [on_belt(state, 1), on_belt(state, 2)]
    for item in items:
        decided(judging, item)
        know(item, ClearanceState.INSPECT)
    records = all_said(list(judging.revise_all(LATER)), PassageDecided)
    assert [(each.tracking_id, each.decided_at) for each in records] == [(1, LATER), (2, LATER)]


@pytest.mark.parametrize("closed", ["closed_lanes", "refused"])
def test_a_lane_that_takes_nothing_is_not_asked_for(judging: Judging, state: State, closed: str) -> None:
    item = on_belt(state)
    (state.closed_lanes if closed == "closed_lanes" else item.refused).add(R1)
    assert decided(judging, item).lane == ROUND


def test_past_the_cut_off_it_no_longer_matters_which_lanes_are_open(judging: Judging, state: State) -> None:
    item = on_belt(state)
    decided(judging, item)
    item.past_cutoff = True
    state.closed_lanes.add(R1)
    assert list(judging.revise(item, LATER)) == []


@pytest.mark.parametrize(
    ("before", "after", "lane"),
    [
        (ClearanceState.RELEASE, ClearanceState.INSPECT, INSPECT),
        (ClearanceState.RELEASE, ClearanceState.WAIT, INSPECT),
        (ClearanceState.WAIT, ClearanceState.INSPECT, INSPECT),
        (ClearanceState.WAIT, ClearanceState.RELEASE, None),  # too late to let it go
        (ClearanceState.INSPECT, ClearanceState.RELEASE, None),
        (ClearanceState.INSPECT, ClearanceState.WAIT, None),
    ],
)
def test_past_the_cut_off_only_inspection_is_open(
    judging: Judging, state: State, before: ClearanceState, after: ClearanceState, lane: int | None
) -> None:
    item = on_belt(state, clearance=before)
    decided(judging, item)
    item.past_cutoff = True
    know(item, after)
    actions = list(judging.revise(item, LATER))
    assert lanes_set(actions) == ([(1, lane)] if lane else [])
    if lane:
        record = said(actions, PassageDecided)
        expected = Reason.PAPERS_MISSING if after is ClearanceState.WAIT else Reason.CUSTOMS_HOLD
        assert (record.role, record.reasons, record.waybill_key) == (LaneRole.INSPECT, (expected,), KEY)


def test_past_the_cut_off_an_inspection_may_get_another_reason(judging: Judging, state: State) -> None:
    item = on_belt(state, clearance=ClearanceState.WAIT, reasons=(Reason.PAPERS_MISSING,))
    state.closed_lanes.add(WAIT)
    assert decided(judging, item).role is LaneRole.INSPECT
    item.past_cutoff = True
    know(item, ClearanceState.INSPECT)
    record = said(list(judging.revise(item, LATER)), PassageDecided)
    assert record.reasons == (Reason.CUSTOMS_HOLD,)


def test_a_release_that_came_too_late_goes_to_inspection(judging: Judging, state: State) -> None:
    item = on_belt(state)
    decided(judging, item)
    actions = list(judging.came_too_late(item, LATER))
    record = said(actions, PassageDecided)
    assert (record.reasons, record.decided_at, item.past_cutoff) == ((Reason.UNDECIDED,), LATER, True)
    assert lanes_set(actions) == [(1, INSPECT)]


@pytest.mark.parametrize("has_verdict", [True, False])
def test_what_is_inspected_or_not_judged_yet_cannot_come_too_late(
    judging: Judging, state: State, has_verdict: bool
) -> None:
    item = on_belt(state, clearance=ClearanceState.INSPECT)
    if has_verdict:
        decided(judging, item)
    assert list(judging.came_too_late(item, LATER)) == []
    assert item.past_cutoff


def test_a_passage_is_flagged_once(judging: Judging, state: State) -> None:
    item = on_belt(state, clearance=ClearanceState.REVIEW)
    assert flags(list(judging.decide(item, NOON))) == ["p1"]
    assert item.flagged
    assert flags(list(judging.revise(item, NOON, anew=True))) == []


def test_a_review_that_is_not_clear_flags_a_passage_whatever_its_reasons(
    judging: Judging, state: State
) -> None:
    item = on_belt(state)
    item.review = replace(clear(), outcome=Outcome.EXCEPTION)
    assert flags(list(judging.decide(item, NOON))) == ["p1"]


def test_an_answer_whose_lane_other_evidence_changes_is_refused_on_the_spot(
    judging: Judging, state: State
) -> None:
    item = on_belt(state, clearance=ClearanceState.REVIEW)
    decided(judging, item)
    item.answer, item.pending_answer, item.pending_lane = Decision.RELEASE, "a1", R1
    know(item, ClearanceState.INSPECT)
    ruled = said(list(judging.revise(item, LATER)), AnswerRuled)
    assert (ruled.answer_id, ruled.ruling, ruled.ruled_at) == ("a1", Ruling.REFUSED, LATER)


def test_an_item_seen_in_its_lane_is_closed(judging: Judging, state: State) -> None:
    item = on_belt(state)
    decided(judging, item)
    actions = list(judging.close(item, R1, LATER))
    record = said(actions, PassageClosed)
    assert (record.lane, record.role, record.as_decided, record.closed_at) == (
        R1,
        LaneRole.RELEASE,
        True,
        LATER,
    )
    assert all_said(actions, AlarmRaised) == []
    assert (state.items, state.released) == ({}, {KEY: "p1"})


def test_an_item_in_a_release_lane_without_an_order_is_an_alarm_and_a_release(
    judging: Judging, state: State
) -> None:
    item = on_belt(state, clearance=ClearanceState.INSPECT)
    decided(judging, item)
    assert state.released == {}
    alarm_raised = said(list(judging.close(item, R2, LATER)), AlarmRaised)
    assert alarm_raised.code == "released_without_order"
    assert state.released == {KEY: "p1"}


def test_an_item_that_ends_undecided_gets_a_record_and_no_command(judging: Judging, state: State) -> None:
    item = on_belt(state)
    item.doubts.add(Reason.TOO_CLOSE)
    actions = list(judging.close(item, INSPECT, LATER))
    record = said(actions, PassageDecided)
    assert (record.reasons, record.decided_at) == ((Reason.UNDECIDED, Reason.TOO_CLOSE), LATER)
    assert lanes_set(actions) == []
    assert said(actions, PassageClosed).as_decided


def test_an_answer_still_open_when_the_item_is_gone_is_ruled(judging: Judging, state: State) -> None:
    item = on_belt(state, clearance=ClearanceState.REVIEW)
    decided(judging, item)
    item.pending_answer, item.pending_lane = "a1", R1
    ruled = said(list(judging.close(item, R1, LATER)), AnswerRuled)
    assert (ruled.ruling, ruled.ruled_at) == (Ruling.ACCEPTED, LATER)
