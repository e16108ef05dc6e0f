"""When a frame was seen: the network's delays are taken off, jumps of the time stamps are survived."""

import pytest

from devices.camera.timeline import StreamClock, Timeline

STEP_S = 1 / 12
AHEAD_S = 1000.0  # of our clock before the camera's


def moments(*arrivals: tuple[float | None, float]) -> list[float]:
    """Where frames of (stamp, arrival) lie in the end."""
    clock = StreamClock()
    placed = [clock.place(stamp_s, arrived_s) for stamp_s, arrived_s in arrivals]
    return [timeline.offset_s + stamp_s for timeline, stamp_s in placed]


def even(count: int, begin: int = 0) -> list[tuple[float, float]]:
    return [(number * STEP_S, AHEAD_S + number * STEP_S) for number in range(begin, begin + count)]


def test_frames_that_come_evenly_lie_where_they_came() -> None:
    frames = even(50)
    assert moments(*frames) == pytest.approx([arrived_s for _, arrived_s in frames], abs=0.001)


def test_a_burst_after_a_stall_lies_where_it_was_seen() -> None:
    stalled = [(stamp_s, AHEAD_S + 3.0) for stamp_s, _ in even(12, begin=24)]
    found = moments(*even(24), *stalled, *even(4, begin=36))
    assert found[24:36] == pytest.approx([AHEAD_S + n * STEP_S for n in range(24, 36)], abs=0.005)


def test_what_was_read_at_once_on_opening_is_placed_by_the_frames_after_it() -> None:
    probed = [(stamp_s, AHEAD_S + 9 * STEP_S) for stamp_s, _ in even(10)]
    found = moments(*probed, *even(10, begin=10))
    assert found[0] == pytest.approx(AHEAD_S, abs=0.005)


@pytest.mark.parametrize("jump_s", [-500.0, -0.5, 3.0, 90_000.0])
def test_time_stamps_that_jump_begin_another_timeline(jump_s: float) -> None:
    jumped = [(stamp_s + jump_s, arrived_s) for stamp_s, arrived_s in even(24, begin=24)]
    found = moments(*even(24), *jumped)
    assert found == pytest.approx([AHEAD_S + n * STEP_S for n in range(48)], abs=0.005)


def test_a_camera_that_was_away_as_long_as_its_stamps_say_did_not_jump() -> None:
    clock = StreamClock()
    before = clock.place(1.0, 101.0)[0]
    assert clock.place(31.0, 131.0)[0] is before


def test_a_camera_whose_clock_runs_slow_is_followed() -> None:
    slow = [(number * STEP_S * 0.9998, AHEAD_S + number * STEP_S) for number in range(0, 120_000)]
    assert moments(*slow)[-1] == pytest.approx(slow[-1][1], abs=0.01)


def test_stamps_that_stand_for_another_rate_do_not_lead_away() -> None:
    wrong = [(number * STEP_S / 2, AHEAD_S + number * STEP_S) for number in range(2000)]
    assert moments(*wrong)[-1] == pytest.approx(wrong[-1][1], abs=6)


def test_a_frame_without_a_stamp_lies_where_it_came() -> None:
    assert moments(*even(3), (None, AHEAD_S + 7)) == pytest.approx(
        [AHEAD_S, AHEAD_S + STEP_S, AHEAD_S + 2 * STEP_S, AHEAD_S + 7], abs=0.001
    )


def test_a_restart_forgets_the_stamps() -> None:
    clock = StreamClock()
    clock.place(5.0, 100.0)
    clock.restart()
    assert clock.place(5.1, 200.0) == (Timeline(200.0 - 5.1), 5.1)
