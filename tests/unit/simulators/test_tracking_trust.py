"""Tracking worth trusting: edges that bounce, items that slip, jam, touch or come where nobody sent them."""

import pytest
from msgspec.structs import replace

from config.settings import LaneRole, Line
from simulators.contract import LANE_EYE, Command, Event, EventKind, Outcome, Result, State
from simulators.controller import Controller, Inputs
from simulators.parcels import Parcel
from simulators.signals import EyeCleared, EyeMade, Item, LaneEntered, Signal
from tests.unit.simulators.virtual_agent import MakeParcels

LENGTH_MM = 400
STEP_MM = 20.0


class Belt:
    """A controller fed with edges by hand; the line: eyes at 0, 1500, 4200, tolerance 150 mm."""

    def __init__(self, line: Line, parcel: Parcel) -> None:
        self.controller = Controller(line, 7)
        self.item = Item(parcel, 0, 0.0, None)
        self.events: list[Event] = []
        self.results: list[Result] = []
        self.travel_mm, self.scans = 0.0, 0
        self.edges: list[Signal] = []
        for _ in range(4):
            self.scan()
        assert self.controller.state is State.EXECUTE

    def scan(self, *commands: Command, started: bool = False) -> None:
        """One scan of 10 ms; the belt moves if it runs."""
        self.scans += 1
        self.travel_mm += STEP_MM if self.controller.belt_runs else 0.0
        now = [edge for edge in self.edges if edge.at_mm <= self.travel_mm]
        self.edges = [edge for edge in self.edges if edge.at_mm > self.travel_mm]
        events, results = self.controller.scan(
            self.scans * 10,
            self.travel_mm,
            sorted(now, key=lambda edge: edge.at_mm),
            Inputs(self.scans, commands, started_by_hand=started),
        )
        self.events += events
        self.results += results

    def until(self, travel_mm: float) -> None:
        """Go on until the belt has travelled so far, or stands."""
        while self.travel_mm < travel_mm and self.controller.belt_runs:
            self.scan()

    def induct(self, at_mm: float, length_mm: float = LENGTH_MM) -> None:
        """An item passes the induction eye."""
        self.edges += [EyeMade(at_mm, 0, self.item), EyeCleared(at_mm + length_mm, self.item)]

    def eye(self, at_mm: float, eye: int) -> None:
        """An edge of another eye."""
        self.edges.append(EyeMade(at_mm, eye, self.item))

    def enter(self, at_mm: float, lane: int) -> None:
        """Something enters a lane."""
        self.edges.append(LaneEntered(at_mm, lane, self.item))

    def order(self, tracking_id: int, lane: int) -> Outcome:
        """Command a lane."""
        self.scan(Command(0, self.scans, 7, tracking_id, lane))
        return self.results[-1].outcome

    def posted(self, *kinds: EventKind) -> list[tuple[EventKind, int, int, int]]:
        """Events of these kinds: kind, id, point, detail."""
        return [(e.kind, e.tracking_id, e.point, e.detail) for e in self.events if e.kind in kinds]


@pytest.fixture
def belt(line: Line, plain: MakeParcels) -> Belt:
    """With nothing on it, running."""
    return Belt(line, plain(LENGTH_MM)[0])


def lane_of(line: Line, role: LaneRole) -> int:
    lane = line.lane_of_role(role)
    assert lane is not None
    return lane.number


def test_bouncing_edges_are_one_item(belt: Belt) -> None:
    belt.induct(1000)
    belt.edges += [EyeCleared(1003, belt.item), EyeMade(1007, 0, belt.item)]
    belt.edges += [EyeMade(1404, 0, belt.item), EyeCleared(1408, belt.item)]
    for after_mm in (0, 4, 9):
        belt.eye(2500 + after_mm, 1)
    belt.until(3000)
    expected = [
        (EventKind.INDUCTED, 1, 0, 0),
        (EventKind.LENGTH, 1, 0, LENGTH_MM),
        (EventKind.EYE, 1, 1, 0),
    ]
    assert [each for each in belt.posted(*EventKind) if each[0] is not EventKind.LINE_STATE] == expected


@pytest.mark.parametrize(("after_mm", "strangers"), [(60, 0), (390, 0), (430, 1)])
def test_a_second_edge_within_the_item_is_the_item(belt: Belt, after_mm: int, strangers: int) -> None:
    belt.induct(1000)
    belt.eye(2500, 1)
    belt.eye(2500 + after_mm, 1)
    belt.until(3200)
    assert len(belt.posted(EventKind.EYE)) == 1
    assert len(belt.posted(EventKind.UNEXPECTED)) == strangers


def test_each_eye_corrects_the_place(belt: Belt) -> None:
    belt.induct(1000)
    belt.eye(2500 + 120, 1)
    belt.eye(5200 + 240, 2)  # 240 mm late since the induction, 120 since the eye before
    belt.until(5600)
    assert [each[2] for each in belt.posted(EventKind.EYE)] == [1, 2]
    assert belt.posted(EventKind.LOST, EventKind.UNEXPECTED) == []


@pytest.mark.parametrize("off_mm", [-170, 170])
def test_a_slip_beyond_the_window_loses_the_item(belt: Belt, line: Line, off_mm: int) -> None:
    belt.induct(1000)
    belt.eye(2500 + off_mm, 1)
    belt.until(2800)
    assert {each[:3] for each in belt.posted(EventKind.LOST, EventKind.UNEXPECTED)} == {
        (EventKind.LOST, 1, 1),
        (EventKind.UNEXPECTED, 0, 1),
    }
    assert belt.order(1, lane_of(line, LaneRole.RELEASE)) is Outcome.UNKNOWN_ITEM
    assert belt.controller.belt_runs


def test_a_lost_item_is_still_seen_at_the_bench(belt: Belt, line: Line) -> None:
    bench = line.inspect_lane
    belt.induct(1000)
    belt.enter(1000 + bench.diverter_mm + LENGTH_MM / 2, bench.number)
    belt.until(1000 + bench.diverter_mm + 600)
    assert [each[3] for each in belt.posted(EventKind.DECIDED, EventKind.DIVERTED)] == [bench.number] * 2


def test_two_items_missed_in_a_row_are_a_jam_and_nothing_behind_is_believed(belt: Belt) -> None:
    for at_mm in (1000, 2100, 3200):
        belt.induct(at_mm)
    belt.until(6000)
    assert belt.posted(EventKind.LOST) == [(EventKind.LOST, each, 1, 0) for each in (1, 2, 3)]
    assert belt.travel_mm < 3800
    for _ in range(20):
        belt.scan()
    assert (belt.controller.state, belt.controller.belt_runs) == (State.HELD, False)
    belt.scan(started=True)
    belt.scan()
    assert belt.controller.state is State.EXECUTE


def test_one_missed_item_between_two_seen_is_no_jam(belt: Belt) -> None:
    for at_mm in (1000, 2100, 3200):
        belt.induct(at_mm)
    belt.eye(2500 + 1100, 1)
    belt.until(4500)
    assert [each[1] for each in belt.posted(EventKind.LOST)] == [1]
    assert [each[1] for each in belt.posted(EventKind.EYE)] == [2]


def test_two_items_that_touch_are_too_long_for_one(belt: Belt, line: Line) -> None:
    belt.induct(1000, line.belt.longest_item_mm + 30)
    belt.until(2500)
    assert belt.posted(EventKind.TOO_CLOSE) == [(EventKind.TOO_CLOSE, 1, 0, 0)]


@pytest.mark.parametrize("tracked", [True, False])
def test_an_item_in_a_release_lane_without_an_order_stops_the_line(
    belt: Belt, line: Line, tracked: bool
) -> None:
    lane = next(each for each in line.lanes if each.role is LaneRole.RELEASE)
    if tracked:
        belt.induct(1000)
        belt.eye(2500, 1)
        belt.eye(5200, 2)
    belt.enter(1000 + lane.diverter_mm + LENGTH_MM / 2, lane.number)
    belt.until(40_000)
    assert belt.posted(EventKind.DIVERTED, EventKind.UNEXPECTED) == [
        (EventKind.DIVERTED, 1, 0, lane.number)
        if tracked
        else (EventKind.UNEXPECTED, 0, LANE_EYE, lane.number)
    ]
    for _ in range(50):
        belt.scan()
    assert belt.controller.state is State.ABORTED
    assert belt.controller.needs_hand


def test_an_item_in_another_lane_than_ordered_does_not_stop_the_line(belt: Belt, line: Line) -> None:
    wait = next(each for each in line.lanes if each.role is LaneRole.WAIT)
    belt.induct(1000)
    belt.eye(2500, 1)
    belt.eye(5200, 2)
    belt.enter(1000 + wait.diverter_mm + LENGTH_MM / 2, wait.number)
    belt.until(1000 + wait.diverter_mm + 600)
    assert belt.posted(EventKind.DIVERTED) == [(EventKind.DIVERTED, 1, 0, wait.number)]
    assert belt.controller.state is State.EXECUTE


def test_a_diverter_is_taken_back_when_its_item_did_not_come(belt: Belt, line: Line) -> None:
    lane = next(each for each in line.lanes if each.role is LaneRole.RELEASE)
    belt.induct(1000)
    belt.eye(2500, 1)
    belt.eye(5200, 2)
    belt.until(5300)
    assert belt.order(1, lane.number) is Outcome.ACCEPTED
    belt.until(1000 + lane.diverter_mm + 100)
    assert belt.controller.diverters_out == {lane.number}
    belt.until(1000 + lane.diverter_mm + LENGTH_MM + 60)
    assert belt.posted(EventKind.DIVERT_FAILED) == [(EventKind.DIVERT_FAILED, 1, 0, lane.number)]
    assert belt.controller.diverters_out == frozenset()


def test_a_full_bench_suspends_the_line_until_it_is_cleared(line: Line) -> None:
    controller = Controller(line, 7)
    bench = frozenset({line.inspect_lane.number})
    for scan in range(1, 7):
        controller.scan(scan * 10, 0.0, (), Inputs(scan), bench if scan > 5 else frozenset())
    assert controller.state is State.SUSPENDED
    controller.scan(70, 0.0, (), Inputs(7))
    assert controller.state is State.EXECUTE


def test_a_line_needs_a_bench(line: Line) -> None:
    with pytest.raises(ValueError, match="no inspect lane"):
        Controller(replace(line, lanes=line.lanes[:1]), 7)
