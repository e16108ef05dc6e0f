"""Evidence to lane: each promise of the verdict, through the core as the agent feeds it."""

import pytest

from config.settings import LaneRole
from devices.interfaces import ItemEventKind
from edge.messages import ClearanceState, PassageDecided, Reason
from edge.observations import EventsMissed, Paper, PapersFound
from tests.unit.edge.lines import KEYS, Bench, all_said, entry, lanes_set

WAYBILL = "RB123456785CN"
OTHER = "LX987654321CN"


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.know(WAYBILL)
    return made


def test_clean_parcel_is_released_into_its_lane(bench: Bench) -> None:
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert (decided.role, decided.lane, decided.reasons) == (LaneRole.RELEASE, 1, (Reason.CLEARED,))
    assert lanes_set(bench.actions) == [(1, 1)]


def test_sort_plan_names_the_release_lane(bench: Bench) -> None:
    bench.know("SF1234567890123", courier="SF")
    assert bench.pass_item(1, 1000, "SF1234567890123").lane == 2


def test_no_code_goes_round_once_and_is_then_inspected(bench: Bench) -> None:
    first = bench.pass_item(1, 1000)
    assert (first.role, first.reasons) == (LaneRole.RECIRCULATE, (Reason.NO_READ,))
    second = bench.pass_item(2, 9000, trips=1)
    assert (second.role, second.reasons) == (LaneRole.INSPECT, (Reason.NO_READ, Reason.RECIRCULATION_LIMIT))


def test_unknown_number_of_trips_counts_as_the_limit(bench: Bench) -> None:
    assert bench.pass_item(1, 1000, trips=255).role is LaneRole.INSPECT


def test_article_number_alone_is_no_read(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.scan(1000, ignored=("6901234567892",))
    bench.weigh(1000, 500.0)
    assert bench.reach_decision(1, 1000).reasons == (Reason.NO_READ,)


def test_alias_and_article_number_beside_the_waybill_agree(bench: Bench) -> None:
    known = bench.papers[KEYS.waybill_key(WAYBILL)]
    bench.papers[KEYS.waybill_key("ORDER-778")] = known
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL, "ORDER-778", ignored=("6901234567892",))
    bench.weigh(1000, 500.0)
    assert bench.reach_decision(1, 1000).role is LaneRole.RELEASE


@pytest.mark.parametrize("known", [True, False], ids=["both known", "one unknown"])
def test_codes_of_two_waybills_conflict_even_across_scanners(bench: Bench, known: bool) -> None:
    if known:
        bench.know(OTHER)
    bench.induct(1, 1000)
    bench.scan(1000, WAYBILL)
    bench.scan(1000, OTHER, scanner="side")
    bench.weigh(1000, 500.0)
    decided = bench.reach_decision(1, 1000)
    assert (decided.role, decided.reasons) == (LaneRole.INSPECT, (Reason.CODE_CONFLICT,))


def test_unknown_waybill_is_inspected(bench: Bench) -> None:
    assert bench.pass_item(1, 1000, OTHER).reasons == (Reason.UNKNOWN_WAYBILL,)


@pytest.mark.parametrize(
    ("state", "role", "reason"),
    [
        (ClearanceState.WAIT, LaneRole.WAIT, Reason.PAPERS_MISSING),
        (ClearanceState.INSPECT, LaneRole.INSPECT, Reason.CUSTOMS_HOLD),
        (ClearanceState.REVIEW, LaneRole.INSPECT, Reason.OFFICER_REVIEW),
        (ClearanceState.RELEASED, LaneRole.INSPECT, Reason.ALREADY_RELEASED),
    ],
)
def test_each_clearance_state_has_its_lane(
    bench: Bench, state: ClearanceState, role: LaneRole, reason: Reason
) -> None:
    bench.know(WAYBILL, state)
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert (decided.role, decided.reasons) == (role, (reason,))
    assert decided.awaiting_answer == (state is ClearanceState.REVIEW)


@pytest.mark.parametrize(
    ("age_s", "role"), [(172_800.0, LaneRole.RELEASE), (172_800.1, LaneRole.WAIT), (None, LaneRole.WAIT)]
)
def test_clearance_is_good_up_to_its_age_and_no_longer(
    bench: Bench, age_s: float | None, role: LaneRole
) -> None:
    bench.papers[KEYS.waybill_key(WAYBILL)] = Paper(entry(WAYBILL), age_s, 1)
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert decided.role is role
    assert (decided.reasons == (Reason.CLEARANCE_STALE,)) == (role is LaneRole.WAIT)


@pytest.mark.parametrize(
    ("weight_g", "role"), [(550.0, LaneRole.RELEASE), (551.0, LaneRole.INSPECT), (449.0, LaneRole.INSPECT)]
)
def test_weight_must_agree_within_the_larger_tolerance(bench: Bench, weight_g: float, role: LaneRole) -> None:
    assert bench.pass_item(1, 1000, WAYBILL, weight_g=weight_g).role is role


def test_no_weight_is_inspected(bench: Bench) -> None:
    assert bench.pass_item(1, 1000, WAYBILL, weight_g=None).reasons == (Reason.NO_WEIGHT,)


def test_missing_declared_weight_waits_for_papers(bench: Bench) -> None:
    bench.know(WAYBILL, declared_weight_g=None)
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert (decided.role, decided.reasons) == (LaneRole.WAIT, (Reason.PAPERS_MISSING,))


def test_wait_is_never_given_when_something_is_wrong_besides(bench: Bench) -> None:
    bench.know(WAYBILL, ClearanceState.WAIT)
    assert bench.pass_item(1, 1000, WAYBILL, weight_g=900.0).role is LaneRole.INSPECT


def test_second_parcel_with_the_same_label_is_never_released(bench: Bench) -> None:
    first = bench.pass_item(1, 1000, WAYBILL)
    second = bench.pass_item(2, 2100, WAYBILL)
    assert first.role is LaneRole.RELEASE
    assert second.reasons == (Reason.ALREADY_RELEASED,)


def test_cloned_label_counts_after_the_first_has_left(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.arrive(1, 1000, 1)
    assert bench.pass_item(2, 30_000, WAYBILL).reasons == (Reason.ALREADY_RELEASED,)


def test_a_release_that_ended_in_inspection_gives_the_waybill_back(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    closed = bench.arrive(1, 1000, 5)
    assert not closed.as_decided
    assert bench.pass_item(2, 30_000, WAYBILL).role is LaneRole.RELEASE


def test_a_release_seen_nowhere_keeps_the_waybill(bench: Bench) -> None:
    """It is perhaps released: a second parcel of that waybill must not pass."""
    bench.pass_item(1, 1000, WAYBILL)
    for due in bench.core.due(1000 + 16_000 + 700 + 151):
        bench.feed(due)
    assert bench.pass_item(2, 30_000, WAYBILL).reasons == (Reason.ALREADY_RELEASED,)


def test_a_release_taken_back_too_late_still_uses_up_the_waybill(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.feed(EventsMissed(40, 44, ()))
    closed = bench.arrive(1, 1000, 1)
    assert not closed.as_decided
    assert bench.pass_item(2, 30_000, WAYBILL).reasons == (Reason.ALREADY_RELEASED,)


def test_an_earlier_release_in_the_journal_counts(bench: Bench) -> None:
    bench.papers[KEYS.waybill_key(WAYBILL)] = Paper(entry(WAYBILL), 60.0, 1, released_by="L1-0-1")
    assert bench.pass_item(1, 1000, WAYBILL).reasons == (Reason.ALREADY_RELEASED,)


def test_full_release_lane_goes_round_and_then_to_inspection(bench: Bench) -> None:
    bench.see(ItemEventKind.LANE_FULL, 0, 500, detail=1)
    decided = bench.pass_item(1, 1000, WAYBILL)
    assert (decided.role, decided.reasons) == (LaneRole.RECIRCULATE, (Reason.LANE_UNAVAILABLE,))
    again = bench.pass_item(2, 9000, WAYBILL, trips=1)
    assert again.role is LaneRole.INSPECT
    bench.arrive(1, 1000, 4)
    bench.arrive(2, 9000, 5)
    bench.see(ItemEventKind.LANE_FREE, 0, 20_000, detail=1)
    assert bench.pass_item(3, 21_000, WAYBILL).role is LaneRole.RELEASE


def test_too_close_pair_is_inspected_whatever_was_read(bench: Bench) -> None:
    bench.know(OTHER)
    bench.induct(1, 1000)
    bench.induct(2, 1450)
    bench.see(ItemEventKind.TOO_CLOSE, 1, 1450)
    bench.see(ItemEventKind.TOO_CLOSE, 2, 1450)
    bench.scan(1000, WAYBILL)
    for item, at_mm in ((1, 1000), (2, 1450)):
        decided = bench.reach_decision(item, at_mm)
        assert decided.role is LaneRole.INSPECT
        assert Reason.TOO_CLOSE in decided.reasons


def test_doubt_after_release_was_ordered_takes_it_back(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.acknowledge(1, 1)
    bench.actions.clear()
    bench.feed(EventsMissed(40, 44, ()))
    revised = all_said(bench.actions, PassageDecided)
    assert [(each.revision, each.role) for each in revised] == [(2, LaneRole.INSPECT)]
    assert lanes_set(bench.actions) == [(1, 5)]


def test_revocation_before_the_cutoff_takes_the_release_back(bench: Bench) -> None:
    bench.pass_item(1, 1000, WAYBILL)
    bench.know(WAYBILL, ClearanceState.INSPECT, reasons=(Reason.CONTROL_INSTRUCTION,))
    key = KEYS.waybill_key(WAYBILL)
    bench.actions.clear()
    bench.feed(PapersFound(1, {key: bench.papers[key]}))
    assert all_said(bench.actions, PassageDecided)[0].reasons == (Reason.CONTROL_INSTRUCTION,)
    assert lanes_set(bench.actions) == [(1, 5)]


def test_papers_that_arrive_before_the_cutoff_release_a_waiting_parcel_and_later_ones_do_not(
    bench: Bench,
) -> None:
    key = KEYS.waybill_key(WAYBILL)
    for item, past_cutoff in ((1, False), (2, True)):
        at_mm = 20_000 * item
        bench.know(WAYBILL, ClearanceState.WAIT)
        assert bench.pass_item(item, at_mm, WAYBILL).role is LaneRole.WAIT
        if past_cutoff:
            bench.see(ItemEventKind.DECIDED, item, at_mm + 9000, detail=3)
        bench.know(WAYBILL)
        bench.actions.clear()
        bench.feed(PapersFound(item, {key: bench.papers[key]}))
        assert bool(lanes_set(bench.actions)) is not past_cutoff
        bench.arrive(item, at_mm, 3)
