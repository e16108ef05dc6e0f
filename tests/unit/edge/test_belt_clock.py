"""The belt clock: where the belt was at a moment, when it was at a place, and how sure that is."""

from collections.abc import Callable

import pytest

from devices.interfaces import LineStatus, PackMlState
from edge.belt_clock import BeltClock, travelled_mm

FASTEST_MM_S = 2200
TURN_MM = 1 << 32
_LOOKS = ((10.0, 1000, 1000), (11.0, 2000, 1500), (13.0, 4000, 1500))


def status(encoder_mm: int, speed_mm_s: int = 1000, epoch: int = 7) -> LineStatus:
    return LineStatus(
        epoch, 1, 0, PackMlState.EXECUTE, True, True, 0, encoder_mm, speed_mm_s, frozenset(), (), 0, 0, 0
    )


def clock(*looks: tuple[float, int, int]) -> BeltClock:
    """A clock that looked at these times, at these places and speeds."""
    made = BeltClock(FASTEST_MM_S)
    for at_s, encoder_mm, speed_mm_s in looks or _LOOKS:
        made.saw(at_s, status(encoder_mm, speed_mm_s))
    return made


@pytest.mark.parametrize(
    ("at_s", "encoder_mm"),
    [
        (9.5, 500),  # before the first look: at its speed
        (10.0, 1000),
        (10.25, 1250),
        (10.3337, 1334),
        (11.0, 2000),
        (11.5, 2500),
        (13.0, 4000),
        (13.2, 4300),  # after the last: at its speed
    ],
)
def test_the_belt_at_a_moment(at_s: float, encoder_mm: int) -> None:
    assert clock().encoder_mm(at_s) == encoder_mm


@pytest.mark.parametrize("ask", [BeltClock.encoder_mm, BeltClock.moment_s])
def test_before_the_first_look_nothing_is_known(ask: Callable[[BeltClock, int], float | None]) -> None:
    assert ask(BeltClock(FASTEST_MM_S), 0) is None
    assert BeltClock(FASTEST_MM_S).surely(0.0, 10**9) is None


@pytest.mark.parametrize(
    ("speed_mm_s", "away_s", "error_mm"),
    [
        (1500, 0.1, 150),  # it may have stopped at once
        (500, 0.1, 170),  # it may have gone to full speed at once
        (500, -0.1, 170),
        (0, 0.0, 0),
    ],
)
def test_beyond_the_looks_the_belt_may_have_stopped_or_started(
    speed_mm_s: int, away_s: float, error_mm: int
) -> None:
    one = clock((10.0, 1000, speed_mm_s))
    expected_mm = 1000 + round(away_s * speed_mm_s)
    assert one.surely(10.0 + away_s, error_mm + 1) == expected_mm
    assert one.surely(10.0 + away_s, error_mm - 1) is None


@pytest.mark.parametrize(
    ("at_s", "whole_mm", "error_mm"),
    [
        (10.25, 1000, 300),  # it may have run 550 mm by then, and is taken to have run 250
        (10.75, 1000, 300),  # … 450 at least, and is taken to have run 750
        (10.5, 400, 200),  # … none yet, or all of it
        (10.75, 400, 300),
        (10.125, 1000, 150),
        (10.5, 2000, 100),
    ],
)
def test_between_two_looks_it_cannot_be_off_by_more_than_the_fastest_belt_allows(
    at_s: float, whole_mm: int, error_mm: int
) -> None:
    two = clock((10.0, 1000, 1000), (11.0, 1000 + whole_mm, 1000))
    assert two.surely(at_s, error_mm) == 1000 + round((at_s - 10.0) * whole_mm)
    assert two.surely(at_s, error_mm - 1) is None


def test_at_full_speed_there_is_no_doubt_in_between() -> None:
    assert clock((10.0, 1000, 2200), (11.0, 3200, 2200)).surely(10.5, 0) == 2100


@pytest.mark.parametrize(
    ("encoder_mm", "at_s"),
    [
        (999, None),  # longer ago than it knows
        (1000, 10.0),
        (1250, 10.25),
        (2000, 11.0),
        (2500, 11.5),
        (4000, 13.0),
        (4001, None),  # still to come
    ],
)
def test_when_the_belt_was_at_a_place(encoder_mm: int, at_s: float | None) -> None:
    assert clock().moment_s(encoder_mm) == at_s


def test_a_belt_that_stood_still_was_at_its_place_when_it_first_came_there() -> None:
    stood = clock((10.0, 1000, 0), (11.0, 1000, 1000), (12.0, 2000, 0), (13.0, 2000, 0))
    assert stood.moment_s(1000) == 10.0
    assert stood.moment_s(2000) == 12.0
    assert stood.encoder_mm(12.5) == 2000


def test_moments_and_places_across_the_registers_end() -> None:
    turned = clock((10.0, TURN_MM - 500, 1000), (11.0, 500, 1000))
    assert turned.moment_s(250) == 10.75
    assert turned.moment_s(TURN_MM - 250) == 10.25
    assert turned.encoder_mm(10.75) == TURN_MM + 250


@pytest.mark.parametrize("encoder_mm", [900, 1000])
def test_a_new_epoch_forgets_the_old_ones_looks(encoder_mm: int) -> None:
    began = clock()
    began.saw(14.0, status(5000 + encoder_mm, epoch=8))
    assert began.moment_s(4000) is None
    assert began.moment_s(5000 + encoder_mm) == 14.0


@pytest.mark.parametrize("epoch", [1, 2])
def test_the_first_epoch_may_be_any(epoch: int) -> None:
    began = BeltClock(FASTEST_MM_S)
    began.saw(1.0, status(1000, epoch=epoch))
    assert began.encoder_mm(1.0) == 1000


def test_an_encoder_that_goes_backwards_starts_the_clock_afresh() -> None:
    """By one millimetre: what was known of the belt no longer holds. Standing still is not backwards."""
    began = clock()
    began.saw(14.0, status(4000, 0))
    assert began.moment_s(1250) == 10.25
    began.saw(15.0, status(3999, 0))
    assert began.moment_s(1250) is None
    assert began.moment_s(3999) == 15.0


def test_looks_of_long_ago_are_forgotten_half_of_them_at_a_time() -> None:
    one = BeltClock(FASTEST_MM_S)
    for number in range(8192):
        one.saw(float(number), status(number * 10, 10))
    assert one.moment_s(0) == 0.0
    one.saw(8192.0, status(81920, 10))
    assert one.moment_s(40950) is None
    assert one.moment_s(40960) == 4096.0


@pytest.mark.parametrize(
    ("since_mm", "until_mm", "travelled"),
    [
        (5, 5, 0),
        (0, TURN_MM // 2 - 1, TURN_MM // 2 - 1),
        (0, TURN_MM // 2, -TURN_MM // 2),
        (TURN_MM - 5, 5, 10),
        (5, TURN_MM - 5, -10),
    ],
)
def test_travel_is_the_shorter_way_round_the_register(since_mm: int, until_mm: int, travelled: int) -> None:
    assert travelled_mm(since_mm, until_mm) == travelled
