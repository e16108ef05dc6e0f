"""Which passage holds a waybill's one release, and for how long: what the controller said, what was seen."""

import pytest

from config.settings import LaneRole
from devices.interfaces import CommandOutcome
from edge.judging import Judging
from edge.messages import (
    AlarmRaised,
    ClearanceState,
    PassageClosed,
    Reason,
)
from edge.state import Item, State
from edge.verdict import Verdict
from tests.unit.edge.judged_items import INSPECT, KEY, LATER, LINE, R1, WAIT, decided, know, on_belt
from tests.unit.edge.lines import EPOCH, NOON, all_said, lanes_set, said


@pytest.fixture
def state() -> State:
    return State(epoch=EPOCH)


@pytest.fixture
def judging(state: State) -> Judging:
    return Judging(LINE, "policy", state)


@pytest.mark.parametrize(("lane", "holds"), [(INSPECT, False), (WAIT, False), (None, True)])
def test_a_release_that_was_given_counts_until_the_item_is_seen_elsewhere(
    judging: Judging, state: State, lane: int | None, holds: bool
) -> None:
    item = on_belt(state)
    decided(judging, item)
    state.released["another"] = "p9"
    actions = list(judging.close(item, lane, LATER))
    assert state.released == ({KEY: "p1"} if holds else {}) | {"another": "p9"}
    assert all_said(actions, AlarmRaised) == []


def test_a_waybill_another_passage_holds_is_not_released_again(judging: Judging, state: State) -> None:
    first, second = on_belt(state, 1), on_belt(state, 2)
    assert decided(judging, first).role is LaneRole.RELEASE
    assert decided(judging, second).reasons == (Reason.ALREADY_RELEASED,)
    assert decided(judging, first).role is LaneRole.RELEASE  # its own mark does not hold it back


def test_a_release_without_a_waybill_marks_nothing(judging: Judging, state: State) -> None:
    """As of an item that came out in a release lane with no label read."""
    item = on_belt(state)
    item.verdict = Verdict(LaneRole.INSPECT, INSPECT, (Reason.NO_READ,))
    list(judging.close(item, R1, NOON))
    assert state.released == {}


def test_the_oldest_marks_are_forgotten_first(judging: Judging, state: State) -> None:
    """They are found in the journal; one that was renewed is young again."""
    state.released |= {f"w{number}": f"q{number}" for number in range(511)}
    item = on_belt(state)
    decided(judging, item)
    assert len(state.released) == 512
    item.verdict = None
    state.released = {KEY: "p1"} | {f"w{number}": f"q{number}" for number in range(512)}
    decided(judging, item)
    assert len(state.released) == 512
    assert "w0" not in state.released
    assert list(state.released)[-1] == KEY


def leaves_unseen(judging: Judging, item: Item) -> LaneRole | None:
    """What the record says of an item that was never seen in a lane."""
    return said(list(judging.close(item, None, LATER)), PassageClosed).role


@pytest.mark.parametrize("clearance", [ClearanceState.RELEASE, ClearanceState.WAIT, ClearanceState.INSPECT])
def test_an_item_ordered_to_a_release_lane_may_have_left_unseen(
    judging: Judging, state: State, clearance: ClearanceState
) -> None:
    item = on_belt(state, clearance=clearance)
    actions = list(judging.decide(item, NOON))
    may_leave = clearance is ClearanceState.RELEASE
    assert lanes_set(actions)
    closing = list(judging.close(item, None, LATER))
    assert said(closing, PassageClosed).role is (LaneRole.RELEASE if may_leave else None)
    assert all_said(closing, AlarmRaised) == []  # nobody saw it come out in a lane it was not ordered to


@pytest.mark.parametrize("other", [INSPECT, WAIT])
@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_release_that_was_taken_back_holds_until_the_other_lane_is_acknowledged(
    judging: Judging, state: State, other: int, *, acknowledged: bool
) -> None:
    item = on_belt(state)
    decided(judging, item)
    know(item, ClearanceState.WAIT if other == WAIT else ClearanceState.INSPECT)
    assert lanes_set(list(judging.revise(item, NOON))) == [(1, other)]
    if acknowledged:
        judging.ruled(item, other, CommandOutcome.ACCEPTED)
    assert leaves_unseen(judging, item) is (None if acknowledged else LaneRole.RELEASE)
    assert state.released == {KEY: "p1"}  # in either case: only what is seen takes a waybill's mark away


@pytest.mark.parametrize("outcome", list(CommandOutcome))
@pytest.mark.parametrize("lane", [R1, INSPECT])
@pytest.mark.parametrize("before", [True, False])
def test_what_the_controllers_word_says_of_a_release_under_way(
    judging: Judging, state: State, outcome: CommandOutcome, lane: int, *, before: bool
) -> None:
    """A release it refused is none; an item, or an epoch, it does not know may have left already."""
    item = on_belt(state)
    item.may_leave = before
    judging.ruled(item, lane, outcome)
    if outcome is CommandOutcome.ACCEPTED:
        assert item.may_leave is (lane == R1)
    else:
        unknown = outcome in (CommandOutcome.UNKNOWN_ITEM, CommandOutcome.WRONG_EPOCH)
        stays = lane == INSPECT or unknown
        assert item.may_leave is (before and stays)


@pytest.mark.parametrize("latched", [R1, INSPECT])
def test_a_latched_release_that_was_not_seen_in_its_lane_may_have_left_whatever_is_accepted_later(
    judging: Judging, state: State, latched: int
) -> None:
    """The controller still tracks the item and takes another lane for it; the parcel may be gone."""
    item = on_belt(state)
    decided(judging, item)
    judging.ruled(item, latched, CommandOutcome.ACCEPTED)
    item.past_cutoff = True
    judging.ruled(item, INSPECT, CommandOutcome.ACCEPTED)
    assert leaves_unseen(judging, item) is (LaneRole.RELEASE if latched == R1 else None)
