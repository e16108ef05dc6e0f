"""The controller keeps the sorter contract: order of events, cut-offs, default lane, watchdog, restart."""

import pytest
from msgspec.structs import replace

from config.settings import Line
from simulators.contract import UNKNOWN_TRIPS, EventKind, Outcome, State
from tests.unit.simulators.virtual_agent import Drive, MakeDrive, MakeParcels

R1, R2, W, C, I = 1, 2, 3, 4, 5  # noqa: E741  the lanes' names
ORDER = [
    EventKind.INDUCTED,
    EventKind.LENGTH,
    EventKind.EYE,
    EventKind.EYE,
    EventKind.DECIDED,
    EventKind.DIVERTED,
]


def position_mm(driven: Drive, tracking_id: int) -> float:
    zero = next(e for e in driven.posted(EventKind.INDUCTED) if e.tracking_id == tracking_id).encoder_mm
    return driven.world.status.encoder_mm - zero


def outcome_at(driven: Drive, place_mm: float, lane: int) -> Outcome:
    """Send a command so that it is ruled on when item 1's front is at `place_mm` (to one scan)."""
    driven.until(lambda: list(driven.posted(EventKind.INDUCTED)) and position_mm(driven, 1) >= place_mm - 20)
    driven.command(1, lane)
    driven.step()
    return driven.results[-1].outcome


def test_an_item_nobody_speaks_of_goes_to_inspect(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(430), decides=False)
    driven.until(lambda: driven.world.empty)
    assert driven.kinds(1) == ORDER
    length = next(driven.posted(EventKind.LENGTH))
    eyes = [(event.point, event.encoder_mm) for event in driven.posted(EventKind.EYE)]
    assert (length.detail, eyes) == (430, [(1, 1500), (2, 4200)])
    assert [e.detail for e in (*driven.posted(EventKind.DECIDED), *driven.posted(EventKind.DIVERTED))] == [
        I,
        I,
    ]
    assert driven.world.status.lane_counts[:5] == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("lane", [R1, R2, W, C])
def test_an_accepted_lane_is_where_it_goes(drive: MakeDrive, plain: MakeParcels, lane: int) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 4200, lane) is Outcome.ACCEPTED
    driven.until(lambda: list(driven.posted(EventKind.DIVERTED)))
    assert next(driven.posted(EventKind.DECIDED)).detail == lane
    assert next(driven.posted(EventKind.DIVERTED)).detail == lane
    assert driven.world.status.lane_counts[lane - 1] == 1


@pytest.mark.parametrize(
    ("place_mm", "lane", "expected"),
    [
        (8_960, R1, Outcome.ACCEPTED),
        (9_020, R1, Outcome.TOO_LATE),
        (9_020, W, Outcome.TOO_LATE),
        (9_020, I, Outcome.ACCEPTED),
        (9_560, I, Outcome.ACCEPTED),
        (9_620, I, Outcome.TOO_LATE),
    ],
)
def test_the_cut_offs(
    drive: MakeDrive, plain: MakeParcels, place_mm: float, lane: int, expected: Outcome
) -> None:
    assert outcome_at(drive(plain(400), decides=False), place_mm, lane) is expected


def test_a_change_to_inspect_after_the_release_cut_off_holds(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 5_000, R1) is Outcome.ACCEPTED
    assert outcome_at(driven, 9_400, I) is Outcome.ACCEPTED
    driven.until(lambda: driven.world.empty)
    assert next(driven.posted(EventKind.DECIDED)).detail == R1
    assert next(driven.posted(EventKind.DIVERTED)).detail == I


def test_a_repeated_command_is_accepted_again_even_late(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 5_000, R1) is Outcome.ACCEPTED
    assert outcome_at(driven, 9_800, R1) is Outcome.ACCEPTED
    assert outcome_at(driven, 9_900, R2) is Outcome.TOO_LATE


def test_commands_that_name_nothing_are_refused(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 3_000, 9) is Outcome.LANE_UNAVAILABLE
    driven.command(2, R1)
    driven.command(1, R1, epoch=8)
    driven.step()
    assert [result.outcome for result in driven.results[-2:]] == [
        Outcome.UNKNOWN_ITEM,
        Outcome.WRONG_EPOCH,
    ]


def test_a_full_lane_is_unavailable_and_said_so(drive: MakeDrive, plain: MakeParcels, line: Line) -> None:
    lanes = tuple(replace(lane, capacity=1 if lane.number == R1 else 0) for lane in line.lanes)
    driven = drive(plain(400, 400, 400, 400), decides=False, on=replace(line, lanes=lanes))
    assert outcome_at(driven, 5_000, R1) is Outcome.ACCEPTED
    driven.until(lambda: list(driven.posted(EventKind.LANE_FULL)))
    assert next(driven.posted(EventKind.LANE_FULL)).detail == R1
    assert R1 not in driven.world.status.lanes_available
    driven.command(4, R1)
    driven.step()
    assert driven.results[-1].outcome is Outcome.LANE_UNAVAILABLE
    driven.world.empty_lane(R1)
    driven.step()
    assert next(driven.posted(EventKind.LANE_FREE)).detail == R1


def test_a_lane_that_fills_up_after_the_command_sends_the_item_to_inspect(
    drive: MakeDrive, plain: MakeParcels, line: Line
) -> None:
    lanes = tuple(replace(lane, capacity=1 if lane.number == R1 else 0) for lane in line.lanes)
    driven = drive(plain(400, 400), on=replace(line, lanes=lanes))
    driven.until(lambda: driven.world.empty)
    assert [event.detail for event in driven.posted(EventKind.DIVERTED)] == [R1, I]
    assert [event.detail for event in driven.posted(EventKind.DIVERT_FAILED)] == [R1]


def test_a_lane_that_is_full_at_the_cut_off_is_latched_as_inspect(
    drive: MakeDrive, plain: MakeParcels, line: Line
) -> None:
    """A second item far enough behind to pass the cut-off when the first lies in the lane."""
    lanes = tuple(replace(lane, capacity=1 if lane.number == R1 else 0) for lane in line.lanes)
    driven = drive(plain(400, 400, close_mm=4000), decides=False, on=replace(line, lanes=lanes))
    assert outcome_at(driven, 5_000, R1) is Outcome.ACCEPTED
    driven.command(2, R1)
    driven.until(lambda: driven.world.empty)
    assert [event.detail for event in driven.posted(EventKind.DECIDED)] == [R1, I]
    assert [event.detail for event in driven.posted(EventKind.DIVERTED)] == [R1, I]
    assert not list(driven.posted(EventKind.DIVERT_FAILED))


def test_an_order_past_the_cut_off_is_too_late_whatever_its_lane(
    drive: MakeDrive, plain: MakeParcels
) -> None:
    assert outcome_at(drive(plain(400), decides=False), 9_100, 9) is Outcome.TOO_LATE


def test_items_too_close_are_both_named(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(300, 300, close_mm=249), decides=False)
    driven.until(lambda: driven.world.empty)
    assert [(e.tracking_id, e.detail) for e in driven.posted(EventKind.TOO_CLOSE)] == [(1, 249), (2, 249)]


def test_the_minimum_gap_itself_is_enough(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(300, 300, close_mm=250), decides=False)
    driven.until(lambda: driven.world.empty)
    assert not list(driven.posted(EventKind.TOO_CLOSE))


def test_earlier_trips_are_counted_round_the_loop(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 5_000, C) is Outcome.ACCEPTED
    driven.until(lambda: driven.world.empty)
    assert [(e.tracking_id, e.detail) for e in driven.posted(EventKind.INDUCTED)] == [(1, 0), (2, 1)]


def test_nothing_is_inducted_before_the_agent_lives(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    driven.beats = False
    for _ in range(500):
        driven.step()
    status = driven.world.status
    assert (status.state, status.induction_open, status.inducted) == (State.STOPPED, False, 0)
    driven.beats = True
    driven.until(lambda: driven.world.status.inducted)
    assert driven.world.status.state is State.EXECUTE


def test_silence_closes_the_induction_and_what_is_on_the_belt_goes_to_inspect(
    drive: MakeDrive, plain: MakeParcels
) -> None:
    driven = drive(plain(*[400] * 30))
    driven.until(lambda: driven.world.status.inducted == 6)
    driven.beats = driven.decides = False
    silent_from_s = driven.now_s
    driven.until(lambda: driven.world.status.state is State.HELD)
    assert 1.4 <= driven.now_s - silent_from_s <= 1.52
    inducted = driven.world.status.inducted
    driven.until(lambda: not driven.world.items)
    status = driven.world.status
    assert (status.inducted, status.agent_alive) == (inducted, False)
    assert [e.detail for e in driven.posted(EventKind.DIVERTED)][-1] == I
    driven.beats = driven.decides = True
    driven.until(lambda: driven.world.empty)
    states = [event.detail for event in driven.posted(EventKind.LINE_STATE)]
    began = [State.IDLE, State.STARTING, State.EXECUTE]
    assert states == [*began, State.HOLDING, State.HELD, State.EXECUTE]


def test_a_hand_stops_the_belt_and_deadlines_wait(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    driven.until(lambda: list(driven.posted(EventKind.INDUCTED)) and position_mm(driven, 1) >= 8_900)
    for _ in range(1000):
        driven.step(stopped_by_hand=True)
    assert driven.world.status.speed_mm_s == 0
    driven.command(1, R1)
    driven.step()
    assert driven.results[-1].outcome is Outcome.ACCEPTED


def test_an_item_taken_away_is_lost_at_the_next_eye(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    driven.until(lambda: list(driven.posted(EventKind.LENGTH)))
    driven.world.take_away(driven.world.items[0])
    driven.until(lambda: list(driven.posted(EventKind.LOST)))
    lost = next(driven.posted(EventKind.LOST))
    assert (lost.tracking_id, lost.point) == (1, 1)


def test_a_restart_forgets_the_belt(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400, 400, 400))
    driven.until(lambda: driven.world.status.inducted == 3)
    driven.world.restart_controller(8)
    status = driven.world.status
    assert (status.epoch, status.inducted, status.time_ms, sum(status.lane_counts)) == (8, 0, 0, 0)
    driven.events.clear()
    driven.until(lambda: not driven.world.items)
    assert {event.kind for event in driven.events} == {EventKind.LINE_STATE, EventKind.UNEXPECTED}
    assert {event.tracking_id for event in driven.events} == {0}


def test_a_restarted_controller_cannot_tell_who_was_in_the_loop(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    assert outcome_at(driven, 5_000, C) is Outcome.ACCEPTED
    driven.until(lambda: not driven.world.items)
    driven.world.restart_controller(8)
    driven.events.clear()
    driven.until(lambda: driven.world.empty)
    assert next(driven.posted(EventKind.INDUCTED)).detail == UNKNOWN_TRIPS
