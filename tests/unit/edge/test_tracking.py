"""Joining readings to items by place, correction at the eyes, and every doubt that tracking can have."""

import pytest

from config.settings import LaneRole
from devices.interfaces import CommandOutcome, ItemEventKind
from edge.messages import AlarmRaised, GapCause, GapRecorded, PassageClosed, PassageDecided, Reason
from edge.observations import (
    AgentStarted,
    Code,
    ControllerRestarted,
    EventsMissed,
    InductionsMissed,
    LabelRead,
    Meaning,
)
from tests.unit.edge.lines import EPOCH, KEYS, Bench, all_said, demo_line, lanes_set, said

WAYBILL = "RB123456785CN"


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.know(WAYBILL)
    return made


def read_at(bench: Bench, encoder_mm: int) -> None:
    code = Code(KEYS.waybill_key(WAYBILL), Meaning.WAYBILL)
    bench.feed(LabelRead("top", 700, encoder_mm, (code,), ""))


@pytest.mark.parametrize(
    ("offset_mm", "joined"), [(-152, False), (-149, True), (200, True), (549, True), (552, False)]
)
def test_a_reading_joins_the_item_under_the_scanner_within_the_tolerance(
    bench: Bench, offset_mm: int, joined: bool
) -> None:
    """The item is 400 mm long; its front is `offset_mm` past the scanner; the tolerance is 150 mm."""
    bench.induct(1, 1000)
    read_at(bench, 1000 + 700 + offset_mm)
    assert bool(bench.core.items[1].codes) is joined
    assert bench.core.state.orphans == (0 if joined else 1)


def test_a_reading_between_two_items_makes_both_doubtful(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.induct(2, 1600)
    read_at(bench, 2200)  # 200 mm behind the first, whose back is at 800, and 100 mm before the second
    for item, at_mm in ((1, 1000), (2, 1600)):
        assert Reason.AMBIGUOUS_READING in bench.reach_decision(item, at_mm).reasons


def test_two_frames_of_one_scanner_on_one_item_are_doubtful(bench: Bench) -> None:
    """One of them must be a neighbour's: a label of the parcel before may not count for this one."""
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    bench.scan(1000, WAYBILL)
    bench.weigh(1000, 500.0)
    assert bench.reach_decision(1, 1000).reasons == (Reason.AMBIGUOUS_READING,)


@pytest.mark.parametrize(
    ("side", "reasons"),
    [(True, (Reason.CLEARED,)), (False, (Reason.OBSERVATION_GAP,))],
    ids=["no-read", "nothing at all"],
)
def test_a_scanner_that_says_nothing_of_an_item_makes_it_doubtful(
    side: bool, reasons: tuple[Reason, ...]
) -> None:
    """A no-read is an answer; silence may hide a second label."""
    bench = Bench(demo_line(every_scanner=True))
    bench.know(WAYBILL)
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    if side:
        bench.scan(1000, scanner="side")
    bench.weigh(1000, 500.0)
    assert bench.reach_decision(1, 1000).reasons == reasons


def test_two_weights_on_one_item_are_doubtful(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    bench.weigh(1000, 500.0)
    bench.weigh(1000, 500.0)
    assert bench.reach_decision(1, 1000).reasons == (Reason.AMBIGUOUS_READING,)


def test_eyes_correct_the_place(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.see(ItemEventKind.EYE, 1, 1000 + 1500 + 100, point=1)
    assert bench.core.items[1].front_mm(5000) == 3900


def test_an_eye_that_disagrees_by_more_than_the_tolerance_is_doubt(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    bench.weigh(1000, 500.0)
    bench.see(ItemEventKind.EYE, 1, 1000 + 1500 + 151, point=1)
    decided = said(bench.see(ItemEventKind.EYE, 1, 5200, point=2), PassageDecided)
    assert decided.reasons == (Reason.LOST_IN_TRACK,)


def test_items_that_touch_look_like_one_too_long(bench: Bench) -> None:
    bench.induct(1, 1000, length_mm=701)
    bench.scan(1000, WAYBILL)
    bench.weigh(1000, 500.0, length_mm=701)
    assert bench.reach_decision(1, 1000).reasons == (Reason.TOO_CLOSE,)


def test_missed_decision_eye_is_decided_by_place_and_inspected(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    bench.weigh(1000, 500.0)
    assert not bench.core.due(1000 + 4200 + 150)
    due = list(bench.core.due(1000 + 4200 + 151))
    decided = said(bench.feed(due[0]), PassageDecided)
    assert decided.reasons == (Reason.EYE_MISSED,)
    assert lanes_set(bench.actions) == [(1, 5)]


def test_item_never_seen_in_a_lane_is_closed_with_an_alarm(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    due = list(bench.core.due(1000 + 16_000 + 700 + 151))
    actions = bench.feed(due[0])
    closed = said(actions, PassageClosed)
    assert (closed.lane, closed.as_decided) == (None, False)
    assert said(actions, AlarmRaised).code == "never_arrived"
    assert bench.core.items == {}


def test_lost_item_that_turns_up_again_is_inspected(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.actions.clear()
    bench.see(ItemEventKind.LOST, 1, 6000, point=2)
    assert said(bench.actions, PassageDecided).reasons == (Reason.LOST_IN_TRACK,)


def test_unexpected_item_makes_its_neighbours_doubtful_and_raises_an_alarm(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.induct(2, 4000)
    actions = bench.see(ItemEventKind.UNEXPECTED, 0, 1000 + 1500 + 500, point=1)
    assert said(actions, AlarmRaised).code == "unexpected_item"
    assert Reason.UNEXPECTED_ITEM in bench.core.items[1].doubts
    assert not bench.core.items[2].doubts


def test_too_late_leaves_an_honest_record(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.actions.clear()
    bench.acknowledge(1, 1, CommandOutcome.TOO_LATE)
    assert said(bench.actions, PassageDecided).reasons == (Reason.UNDECIDED,)
    assert lanes_set(bench.actions) == [(1, 5)]  # whatever older lane the controller may hold
    closed = bench.arrive(1, 1000, 5)
    assert (closed.role, closed.as_decided) == (LaneRole.INSPECT, True)


def test_unavailable_lane_is_not_asked_for_again(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.actions.clear()
    bench.acknowledge(1, 1, CommandOutcome.LANE_UNAVAILABLE)
    assert lanes_set(bench.actions) == [(1, 4)]


def test_item_passed_while_the_agent_was_away_is_inspected() -> None:
    bench = Bench()
    bench.know(WAYBILL)
    bench.induct(1, 1000)
    bench.feed(AgentStarted("second", EPOCH, 3000, frozenset(range(1, 6))))
    bench.induct(2, 2900)
    bench.induct(3, 4000)
    for at_mm in (1000, 2900, 4000):
        bench.scan(at_mm, WAYBILL)
        bench.weigh(at_mm, 500.0)
    assert bench.reach_decision(1, 1000).reasons == (Reason.OBSERVATION_GAP,)
    assert bench.reach_decision(2, 2900).reasons == (Reason.OBSERVATION_GAP,)
    assert bench.reach_decision(3, 4000).reasons == (Reason.CLEARED,)


def test_item_arriving_without_a_verdict_still_gets_one_record(bench: Bench) -> None:
    bench.induct(1, 1000)
    actions = bench.see(ItemEventKind.DIVERTED, 1, 13_000, detail=5)
    assert said(actions, PassageDecided).reasons == (Reason.UNDECIDED,)
    assert said(actions, PassageClosed).lane == 5
    assert lanes_set(actions) == []


def test_release_without_order_raises_an_alarm(bench: Bench) -> None:
    bench.induct(1, 1000)
    actions = bench.see(ItemEventKind.DIVERTED, 1, 13_000, detail=1)
    assert said(actions, AlarmRaised).code == "released_without_order"


def test_ring_overrun_puts_unseen_items_into_one_gap_record(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.feed(EventsMissed(3, 40, (4, 0, 0, 0, 1)))
    bench.actions.clear()
    bench.induct(6, 9000)
    gap = said(bench.actions, GapRecorded)
    assert (gap.first_tracking_id, gap.last_tracking_id) == (2, 5)
    assert (gap.first_sequence, gap.last_sequence, gap.cause) == (3, 40, GapCause.RING_OVERRUN)
    assert gap.lane_counts == (4, 0, 0, 0, 1)
    assert Reason.OBSERVATION_GAP in bench.core.items[1].doubts


def test_items_missing_at_the_end_of_the_ring_are_found_by_the_controllers_count(bench: Bench) -> None:
    bench.induct(1, 1000)
    gap = said(bench.feed(InductionsMissed(3, ())), GapRecorded)
    assert (gap.first_tracking_id, gap.last_tracking_id) == (2, 3)
    assert all_said(bench.feed(InductionsMissed(3, ())), GapRecorded) == []


def test_controller_restart_closes_what_was_open_and_starts_ids_again(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    actions = bench.feed(ControllerRestarted(EPOCH + 1, (0,) * 5))
    assert said(actions, PassageClosed).lane is None
    assert said(actions, GapRecorded).cause is GapCause.CONTROLLER_RESTART
    bench.epoch = EPOCH + 1
    bench.induct(1, 500)
    assert bench.core.items[1].passage_id > said(actions, PassageClosed).passage_id


def test_epoch_that_goes_back_raises_an_alarm(bench: Bench) -> None:
    assert said(bench.feed(ControllerRestarted(EPOCH - 1, ())), AlarmRaised).code == "epoch_went_back"
