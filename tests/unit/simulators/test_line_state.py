"""The line's PackML state: which states follow which, and what only a hand can end."""

import pytest

from simulators.contract import State
from simulators.line_state import LineState, Seen

WELL = Seen(alive=True, ever_alive=True)
RUN = [State.IDLE, State.STARTING, State.EXECUTE]


def after(line: LineState, *seen: Seen) -> list[State]:
    return [line.step(each) for each in seen]


def running() -> LineState:
    line = LineState()
    assert after(line, WELL, WELL, WELL) == RUN
    return line


def test_it_waits_for_the_first_sign_of_the_agent() -> None:
    line = LineState()
    assert after(line, Seen(), Seen()) == [State.STOPPED] * 2
    assert after(line, WELL, WELL, WELL) == RUN


def test_a_silent_agent_closes_the_induction_and_the_belt_clears_itself() -> None:
    line, silent = running(), Seen(ever_alive=True)
    assert after(line, silent, silent) == [State.HOLDING, State.HELD]
    assert line.belt_runs
    assert not line.needs_hand
    assert after(line, WELL) == [State.EXECUTE]


def test_a_jam_stops_the_belt_until_a_hand_starts_it() -> None:
    line = running()
    line.jam()
    assert after(line, WELL, WELL, WELL) == [State.HOLDING, State.HELD, State.HELD]
    assert not line.belt_runs
    assert line.needs_hand
    assert after(line, Seen(alive=True, ever_alive=True, started=True), WELL) == [State.HELD, State.EXECUTE]


@pytest.mark.parametrize("cause", ["emergency", "release without order"])
def test_what_aborts_is_never_started_again_by_software(cause: str) -> None:
    line, pressed = running(), Seen(alive=True, ever_alive=True, emergency=True)
    if cause == "emergency":
        assert after(line, pressed, pressed) == [State.ABORTING, State.ABORTED]
    else:
        line.abort()
        assert after(line, WELL, WELL) == [State.ABORTING, State.ABORTED]
    assert after(line, *[WELL] * 50) == [State.ABORTED] * 50
    assert not line.belt_runs
    started = Seen(alive=True, ever_alive=True, started=True)
    assert after(line, started, WELL, WELL, WELL, WELL) == [State.CLEARING, State.STOPPED, *RUN]


def test_a_hand_cannot_start_while_the_emergency_stop_is_pressed() -> None:
    line = running()
    pressed = Seen(alive=True, ever_alive=True, emergency=True, started=True)
    assert after(line, pressed, pressed, pressed) == [State.ABORTING, State.ABORTED, State.ABORTED]


def test_the_stop_switch_stops_and_its_release_starts() -> None:
    line, stopped = running(), Seen(alive=True, ever_alive=True, stopped=True)
    assert after(line, stopped, stopped, stopped) == [State.STOPPING, State.STOPPED, State.STOPPED]
    assert after(line, WELL, WELL, WELL) == RUN


def test_a_full_bench_suspends_the_line() -> None:
    line, full = running(), Seen(alive=True, ever_alive=True, bench_full=True)
    assert after(line, full, full) == [State.SUSPENDED] * 2
    assert not line.belt_runs
    assert after(line, WELL) == [State.EXECUTE]
