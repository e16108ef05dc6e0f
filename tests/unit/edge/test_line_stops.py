"""What a person is told when the line stops or runs again, and when something untracked enters a lane."""

import msgspec
import pytest

from devices.interfaces import LANE_EYE, ItemEvent, ItemEventKind, PackMlState
from edge.core import Core
from edge.messages import AlarmRaised, PassageDecided, Reason
from edge.narration import narrate
from edge.observations import Action, ControllerSaw
from edge.state import State
from tests.unit.edge.lines import EPOCH, Bench, all_said, said

INSPECT, RELEASE, WAIT = 5, 1, 3
AGAIN = (PackMlState.CLEARING, PackMlState.STOPPED, PackMlState.IDLE, PackMlState.STARTING)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    states(made, 0, PackMlState.IDLE, PackMlState.STARTING, PackMlState.EXECUTE)
    return made


def states(bench: Bench, encoder_mm: int, *changes: PackMlState) -> list[Action]:
    """The line changes its state; the bench's controller takes half a millisecond for a millimetre."""
    return [
        action
        for state in changes
        for action in bench.see(ItemEventKind.LINE_STATE, 0, encoder_mm, detail=state)
    ]


def codes(actions: list[Action]) -> list[str]:
    return [alarm.code for alarm in all_said(actions, AlarmRaised)]


def jam(bench: Bench, at_mm: int) -> list[Action]:
    """Two items are missed at eye 1, and the line holds in the scan after."""
    bench.see(ItemEventKind.LOST, 1, at_mm - 1100, point=1)
    bench.see(ItemEventKind.LOST, 2, at_mm, point=1)
    return states(bench, at_mm + 20, PackMlState.HOLDING, PackMlState.HELD)


def test_a_line_that_starts_and_is_stopped_by_hand_alarms_nobody(bench: Bench) -> None:
    states(bench, 0, PackMlState.STOPPING, PackMlState.STOPPED, PackMlState.IDLE, PackMlState.EXECUTE)
    states(bench, 0, PackMlState.SUSPENDED, PackMlState.EXECUTE)
    assert codes(bench.actions) == []


def test_an_aborted_line_alarms_once_and_says_when_it_runs_again(bench: Bench) -> None:
    assert codes(states(bench, 5000, PackMlState.ABORTING)) == []
    aborted = said(states(bench, 5000, PackMlState.ABORTED), AlarmRaised)
    assert aborted.code == "line_aborted"
    assert "only a hand" in aborted.detail
    assert codes(states(bench, 5000, PackMlState.ABORTING, PackMlState.ABORTED)) == []  # a power cycle
    assert codes(states(bench, 5000, *AGAIN)) == []
    runs = said(states(bench, 5000, PackMlState.EXECUTE), AlarmRaised)
    assert (runs.code, runs.detail) == ("line_runs", "the line runs again after line_aborted")
    assert codes(states(bench, 5000, PackMlState.STOPPING, PackMlState.EXECUTE)) == []
    assert codes(states(bench, 5000, PackMlState.ABORTED)) == ["line_aborted"]


def test_a_jam_alarms_and_so_does_its_end(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.induct(2, 2100)
    assert codes(jam(bench, 3760)) == ["line_held"]
    assert codes(states(bench, 3780, PackMlState.EXECUTE)) == ["line_runs"]
    assert codes(states(bench, 3780, PackMlState.HOLDING, PackMlState.HELD)) == []  # whatever jammed is freed


def test_a_jam_in_the_lanes_is_two_items_not_seen_at_the_bench(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.see(ItemEventKind.DIVERT_FAILED, 1, 15_400, detail=INSPECT)
    assert codes(states(bench, 15_420, PackMlState.HELD)) == ["line_held"]


def test_an_item_not_seen_in_another_lane_is_no_jam(bench: Bench) -> None:
    bench.induct(1, 1000)
    bench.see(ItemEventKind.DIVERT_FAILED, 1, 12_400, detail=RELEASE)
    assert codes(states(bench, 12_420, PackMlState.HOLDING, PackMlState.HELD)) == []


def test_a_line_that_does_not_hear_the_agent_alarms_nobody(bench: Bench) -> None:
    """It holds, its belt clears itself, and it goes on by itself; items may be missed meanwhile."""
    bench.induct(1, 1000)
    bench.induct(2, 2100)
    bench.see(ItemEventKind.LOST, 1, 2660, point=1)
    assert codes(states(bench, 2660 + 2002, PackMlState.HOLDING)) == []  # 1001 ms later
    bench.see(ItemEventKind.LOST, 2, 4700, point=1)
    assert codes(states(bench, 4720, PackMlState.HELD, PackMlState.EXECUTE)) == []


def test_a_jam_is_told_though_the_controllers_clock_began_anew(bench: Bench) -> None:
    bench.induct(1, 1000)
    lost = ItemEvent(50, ItemEventKind.LOST, 1, 1, 2660, (1 << 32) - 10, 0)
    held = ItemEvent(51, ItemEventKind.LINE_STATE, 0, 0, 2680, 10, PackMlState.HELD)
    bench.feed(ControllerSaw(EPOCH, lost))
    assert codes(bench.feed(ControllerSaw(EPOCH, held))) == ["line_held"]


def test_a_line_aborted_while_a_jam_holds_it_alarms_again(bench: Bench) -> None:
    bench.induct(1, 1000)
    jam(bench, 2660)
    assert codes(states(bench, 2680, PackMlState.ABORTING, PackMlState.ABORTED)) == ["line_aborted"]
    assert codes(states(bench, 2680, *AGAIN, PackMlState.EXECUTE)) == ["line_runs"]


def test_a_restarted_agent_still_knows_what_stopped_the_line(bench: Bench) -> None:
    """From the checkpoint, and from the journal alone."""
    states(bench, 5000, PackMlState.ABORTED)
    kept = msgspec.json.decode(msgspec.json.encode(bench.core.state), type=State)
    replayed = Core(bench.line, "policy")
    for at, observation in bench.inputs:
        replayed.step(observation, at)
    assert replayed.state == kept
    bench.core = Core(bench.line, "policy", kept)
    assert codes(states(bench, 5000, PackMlState.ABORTED)) == []
    assert codes(states(bench, 5000, PackMlState.EXECUTE)) == ["line_runs"]


def test_a_number_that_is_no_state_changes_nothing(bench: Bench) -> None:
    assert bench.see(ItemEventKind.LINE_STATE, 0, 5000, detail=99) == []


@pytest.mark.parametrize(
    ("lane", "code", "detail"),
    [
        (RELEASE, "released_without_order", "an item that is not tracked entered release lane 1"),
        (WAIT, "unexpected_item", "an item that is not tracked entered lane 3"),
        (9, "unexpected_item", "an item that is not tracked entered lane 9"),
    ],
)
def test_what_enters_a_lane_untracked_is_told_by_its_lane(
    bench: Bench, lane: int, code: str, detail: str
) -> None:
    bench.induct(1, 1000)
    actions = bench.see(ItemEventKind.UNEXPECTED, 0, 12_000, point=LANE_EYE, detail=lane)
    alarm = said(actions, AlarmRaised)
    assert alarm.code == code
    assert alarm.detail.startswith(detail)
    assert not bench.core.items[1].doubts  # it is no neighbour of an item on the belt any more


def test_what_an_eye_sees_untracked_is_told_by_its_eye(bench: Bench) -> None:
    alarm = said(bench.see(ItemEventKind.UNEXPECTED, 0, 3000, point=1), AlarmRaised)
    assert (alarm.code, alarm.detail) == ("unexpected_item", "eye 1 saw an item that is not tracked")


def test_a_lane_that_fills_up_changes_verdicts_and_one_that_is_free_takes_items_again(bench: Bench) -> None:
    bench.know("RB123456785CN")
    bench.pass_item(1, 1000, "RB123456785CN")
    actions = bench.see(ItemEventKind.LANE_FULL, 0, 5300, detail=RELEASE)
    assert said(actions, PassageDecided).reasons == (Reason.LANE_UNAVAILABLE,)
    bench.see(ItemEventKind.LANE_FREE, 0, 5400, detail=RELEASE)
    assert bench.core.state.closed_lanes == set()


@pytest.mark.parametrize(
    ("kind", "point", "detail", "words"),
    [
        (ItemEventKind.LINE_STATE, 0, PackMlState.ABORTED, "line is aborted"),
        (ItemEventKind.LINE_STATE, 0, 99, "line is 99"),
        (ItemEventKind.UNEXPECTED, 2, 0, "something untracked at eye 2"),
        (ItemEventKind.UNEXPECTED, LANE_EYE, 3, "something untracked in lane 3, without an order"),
        (ItemEventKind.LOST, 2, 0, "item 7 not seen at eye 2"),
        (ItemEventKind.LOST, LANE_EYE, 0, "item 7 not seen in a lane"),
    ],
)
def test_the_log_tells_eyes_from_lanes_and_states_by_name(
    kind: ItemEventKind, point: int, detail: int, words: str
) -> None:
    assert narrate(ControllerSaw(EPOCH, ItemEvent(1, kind, 7, point, 3, 4, detail))) == words
