"""An officer's answer: accepted only by the controller's word, the deadline is a place."""

import pytest

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, ItemEventKind
from edge.messages import AnswerRuled, ClearanceState, Decision, PassageDecided, Reason, Ruling
from tests.unit.edge.lines import Bench, all_said, lanes_set, said

WAYBILL = "RB123456785CN"


@pytest.fixture
def bench() -> Bench:
    """A parcel that awaits an answer, its inspection lane acknowledged; its front was at 0 at 1,000 mm."""
    made = Bench()
    made.know(WAYBILL, ClearanceState.REVIEW)
    decided = made.pass_item(1, 1000, WAYBILL)
    assert decided.awaiting_answer
    made.acknowledge(1, 5)
    made.actions.clear()
    return made


def passage(bench: Bench) -> str:
    return bench.core.items[1].passage_id


def test_release_in_time_is_accepted_when_the_controller_says_so(bench: Bench) -> None:
    bench.answer(passage(bench), Decision.RELEASE, 1000 + 8999)
    decided = said(bench.actions, PassageDecided)
    assert (decided.role, decided.reasons) == (LaneRole.RELEASE, (Reason.OFFICER_RELEASED,))
    assert decided.evidence.answer_id == "a1"
    assert lanes_set(bench.actions) == [(1, 1)]
    assert all_said(bench.actions, AnswerRuled) == []
    assert said(bench.acknowledge(1, 1), AnswerRuled).ruling is Ruling.ACCEPTED


def test_release_at_the_cutoff_is_too_late(bench: Bench) -> None:
    ruled = said(bench.answer(passage(bench), Decision.RELEASE, 1000 + 9000), AnswerRuled)
    assert (ruled.ruling, ruled.position_mm) == (Ruling.TOO_LATE, 9000)
    assert lanes_set(bench.actions) == []


def test_release_the_controller_calls_too_late_leaves_it_in_inspection(bench: Bench) -> None:
    bench.answer(passage(bench), Decision.RELEASE, 1000 + 8999)
    actions = bench.acknowledge(1, 1, CommandOutcome.TOO_LATE)
    assert said(actions, AnswerRuled).ruling is Ruling.TOO_LATE
    assert said(actions, PassageDecided).role is LaneRole.INSPECT


def test_release_after_the_controller_latched_the_lane_is_too_late(bench: Bench) -> None:
    bench.see(ItemEventKind.DECIDED, 1, 1000 + 8990, detail=5)
    assert (
        said(bench.answer(passage(bench), Decision.RELEASE, 1000 + 8995), AnswerRuled).ruling
        is Ruling.TOO_LATE
    )


def test_answer_for_another_run_of_the_agent_is_not_open(bench: Bench) -> None:
    actions = bench.answer(passage(bench), Decision.RELEASE, 6000, session=False)
    assert said(actions, AnswerRuled).ruling is Ruling.NOT_OPEN


def test_answer_after_the_passage_is_closed_is_not_open(bench: Bench) -> None:
    closed = bench.arrive(1, 1000, 5)
    assert (
        said(bench.answer(closed.passage_id, Decision.RELEASE, 6000), AnswerRuled).ruling is Ruling.NOT_OPEN
    )


def test_the_same_answer_twice_changes_nothing(bench: Bench) -> None:
    bench.answer(passage(bench), Decision.RELEASE, 6000)
    assert bench.answer(passage(bench), Decision.RELEASE, 6010) == []


def test_release_is_refused_where_no_answer_was_asked_for() -> None:
    bench = Bench()
    bench.know(WAYBILL, ClearanceState.INSPECT, reasons=(Reason.CONTROL_INSTRUCTION,))
    bench.pass_item(1, 1000, WAYBILL)
    ruled = said(bench.answer(passage(bench), Decision.RELEASE, 6000), AnswerRuled)
    assert ruled.ruling is Ruling.REFUSED
    assert lanes_set(bench.actions) == [(1, 5)]


def test_stop_takes_a_release_back_until_the_inspection_cutoff() -> None:
    bench = Bench()
    bench.know(WAYBILL)
    bench.pass_item(1, 1000, WAYBILL)
    bench.acknowledge(1, 1)
    bench.answer(passage(bench), Decision.STOP, 1000 + 9599)
    assert lanes_set(bench.actions)[-1] == (1, 5)
    assert said(bench.acknowledge(1, 5), AnswerRuled).ruling is Ruling.ACCEPTED


def test_stop_at_the_inspection_cutoff_is_too_late() -> None:
    bench = Bench()
    bench.know(WAYBILL)
    bench.pass_item(1, 1000, WAYBILL)
    ruled = said(bench.answer(passage(bench), Decision.STOP, 1000 + 9600), AnswerRuled)
    assert ruled.ruling is Ruling.TOO_LATE


def test_stop_of_what_is_inspected_anyway_is_accepted_at_once(bench: Bench) -> None:
    actions = bench.answer(passage(bench), Decision.STOP, 6000)
    assert said(actions, AnswerRuled).ruling is Ruling.ACCEPTED
    assert said(actions, PassageDecided).reasons == (Reason.OFFICER_STOPPED,)


@pytest.mark.parametrize(("lane", "ruling"), [(1, Ruling.ACCEPTED), (5, Ruling.TOO_LATE)])
def test_lost_acknowledgement_is_settled_by_where_the_item_went(
    bench: Bench, lane: int, ruling: Ruling
) -> None:
    bench.answer(passage(bench), Decision.RELEASE, 6000)
    actions = bench.see(ItemEventKind.DIVERTED, 1, 13_000, detail=lane)
    assert said(actions, AnswerRuled).ruling is ruling
