"""Verdicts that change while commands, cut-offs and answers are under way."""

import pytest

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, ItemEventKind
from edge.messages import AlarmRaised, AnswerRuled, ClearanceState, Decision, PassageDecided, Reason, Ruling
from edge.observations import AgentStarted, ControllerStalled, EventsMissed, LabelRead, PapersFound
from tests.unit.edge.lines import EPOCH, KEYS, Bench, all_said, lanes_set, said

WAYBILL = "RB123456785CN"
KEY = KEYS.waybill_key(WAYBILL)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.know(WAYBILL)
    return made


def test_a_release_still_unacknowledged_is_taken_back_by_a_command(bench: Bench) -> None:
    """The inspection lane was acknowledged before the release was sent, so it is not in force any more."""
    bench.know(WAYBILL, ClearanceState.REVIEW)
    decided = bench.pass_item(1, 1000, WAYBILL)
    bench.acknowledge(1, 5)
    bench.answer(decided.passage_id, Decision.RELEASE, 6000)
    bench.actions.clear()
    bench.feed(EventsMissed(90, 91, ()))
    assert lanes_set(bench.actions) == [(1, 5)]
    bench.acknowledge(1, 1)
    order = bench.core.wanted_lane(1)
    assert order is not None
    assert order.lane == 5


@pytest.mark.parametrize("state", [ClearanceState.WAIT, ClearanceState.INSPECT])
def test_a_release_revoked_between_the_cutoffs_goes_to_inspection(
    bench: Bench, state: ClearanceState
) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.acknowledge(1, 1)
    bench.see(ItemEventKind.DECIDED, 1, 10_000, detail=1)
    bench.know(WAYBILL, state)
    bench.actions.clear()
    bench.feed(PapersFound(1, {KEY: bench.papers[KEY]}))
    assert said(bench.actions, PassageDecided).role is LaneRole.INSPECT
    assert lanes_set(bench.actions) == [(1, 5)]


def test_a_lane_that_fills_behind_a_latched_item_changes_nothing(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.acknowledge(1, 1)
    bench.see(ItemEventKind.DECIDED, 1, 10_000, detail=1)
    assert bench.see(ItemEventKind.LANE_FULL, 0, 10_500, detail=1) == []


def test_a_latched_lane_counts_as_acknowledged(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.see(ItemEventKind.DECIDED, 1, 10_000, detail=1)
    assert bench.core.wanted_lane(1) is None
    assert bench.acknowledge(1, 1, CommandOutcome.TOO_LATE) == []


def test_a_refused_answer_never_releases_later(bench: Bench) -> None:
    bench.know(WAYBILL, ClearanceState.REVIEW)
    decided = bench.pass_item(1, 1000, WAYBILL)
    bench.answer(decided.passage_id, Decision.RELEASE, 6000)
    actions = bench.acknowledge(1, 1, CommandOutcome.LANE_UNAVAILABLE)
    assert said(actions, AnswerRuled).ruling is Ruling.REFUSED
    assert said(actions, PassageDecided).reasons == (Reason.OFFICER_REVIEW,)
    bench.core.items[1].refused.clear()
    bench.actions.clear()
    bench.see(ItemEventKind.LANE_FULL, 0, 7000, detail=3)
    assert lanes_set(bench.actions) == []


def test_a_refused_answer_delivered_twice_is_ruled_once(bench: Bench) -> None:
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert said(bench.answer(decided.passage_id, Decision.RELEASE, 6000), AnswerRuled)
    assert bench.answer(decided.passage_id, Decision.RELEASE, 6010) == []


def test_a_stalled_controller_makes_all_that_is_open_doubtful(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    revised = said(bench.feed(ControllerStalled()), PassageDecided)
    assert revised.reasons == (Reason.OBSERVATION_GAP,)


def test_a_babbling_scanner_costs_one_item_its_release_and_no_more(bench: Bench) -> None:
    bench.induct(1, 1000)
    for number in range(50):
        bench.scan(1000, f"RB{number:09}CN")
    assert len(bench.core.items[1].frames) == 2
    assert len(bench.core.items[1].moments) < 10


def test_readings_that_never_fit_an_item_raise_one_alarm(bench: Bench) -> None:
    for place_mm in range(0, 30_000, 1000):
        bench.feed(LabelRead("top", 700, place_mm, (), ""))
    assert [each.code for each in all_said(bench.actions, AlarmRaised)] == ["readings_without_item"]


def test_lanes_open_after_an_overrun_are_open(bench: Bench) -> None:
    bench.see(ItemEventKind.LANE_FULL, 0, 500, detail=1)
    bench.feed(EventsMissed(3, 40, (), frozenset(range(1, 6))))
    bench.sequence = 40
    assert bench.pass_item(1, 1000, WAYBILL).role is LaneRole.RELEASE


def test_the_encoder_starting_again_is_no_event(bench: Bench) -> None:
    """The register has 32 bits: after 25 days at 2 m/s it begins at 0."""
    turn_mm = 1 << 32
    at_mm = turn_mm - 3000
    bench.feed(AgentStarted("late", EPOCH, at_mm - 1000, frozenset(range(1, 6))))
    bench.see(ItemEventKind.INDUCTED, 1, at_mm)
    bench.see(ItemEventKind.LENGTH, 1, at_mm + 400, detail=400)
    bench.scan(at_mm, WAYBILL)
    bench.weigh(at_mm - turn_mm, 500.0)
    assert not bench.core.due(1300)
    bench.see(ItemEventKind.EYE, 1, at_mm + 1500, point=1)
    decided = said(bench.see(ItemEventKind.EYE, 1, 1200, point=2), PassageDecided)
    assert decided.reasons == (Reason.CLEARED,)
