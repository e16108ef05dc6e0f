"""An item reaches eyes, scanners, scale and lanes when its length, the geometry and the speed say so."""

from itertools import pairwise
from random import Random

import pytest
from msgspec.structs import replace

from config.settings import Line
from simulators.belt import Belt, EyeCleared, EyeMade, LaneEntered, Scanned, Signal, Weighed
from simulators.infeed import Infeed
from simulators.parcels import Parcel
from tests.unit.simulators.virtual_agent import MakeParcels

STEP_MM = 20.0


def belt_of(line: Line, parcels: tuple[Parcel, ...]) -> Belt:
    return Belt(line, Infeed(iter(parcels), Random(1)), Random(2))


def run(
    belt: Belt, distance_mm: float, *, out: frozenset[int] = frozenset(), open: bool = True
) -> list[Signal]:
    signals: list[Signal] = []
    for _ in range(int(distance_mm / STEP_MM)):
        now_s = belt.travel_mm / 2000
        signals += belt.advance(STEP_MM, now_s, induction_open=open, diverters_out=out)
    return signals


def places(signals: list[Signal], kind: type[Signal]) -> list[float]:
    return [signal.at_mm for signal in signals if isinstance(signal, kind)]


def test_one_item_passes_every_station_at_its_place(line: Line, plain: MakeParcels) -> None:
    signals = run(belt_of(line, plain(400)), 16_000)
    assert places(signals, EyeMade) == [0, 1500, 4200]
    assert places(signals, EyeCleared) == [400]
    assert places(signals, Scanned) == [700 + 200, 1000 + 200]
    assert places(signals, Weighed) == [1600 + 1000 + 400]
    assert places(signals, LaneEntered) == [14_000 + 200]


@pytest.mark.parametrize(("lane", "at_mm"), [(1, 11_000), (2, 12_000), (3, 13_000), (4, 10_000)])
def test_a_diverter_that_is_out_takes_the_item(line: Line, plain: MakeParcels, lane: int, at_mm: int) -> None:
    signals = run(belt_of(line, plain(400)), 16_000, out=frozenset({lane}))
    assert [(s.lane, s.at_mm) for s in signals if isinstance(s, LaneEntered)] == [(lane, at_mm + 200)]


def test_items_follow_at_the_usual_pitch_and_gap(line: Line, plain: MakeParcels) -> None:
    belt = belt_of(line, plain(*[200, 600, 590, 210] * 10))
    fronts = [s.at_mm for s in run(belt, 60_000) if isinstance(s, EyeMade) and s.eye == 0]
    pitches = [after - before for before, after in pairwise(fronts)]
    assert len(fronts) == 40
    assert 1050 <= min(pitches) <= max(pitches) <= 1150
    assert sum(pitches) / len(pitches) == pytest.approx(1100, abs=20)


def test_a_close_pair_is_weighed_together(line: Line, plain: MakeParcels) -> None:
    signals = run(belt_of(line, plain(300, 300, close_mm=100)), 16_000)
    weighed = [signal for signal in signals if isinstance(signal, Weighed)]
    assert [signal.alone for signal in weighed] == [False, False]
    assert weighed[0].weight_g == 2000


def test_an_item_of_its_own_is_weighed_well(line: Line, plain: MakeParcels) -> None:
    weighed = [s for s in run(belt_of(line, plain(*[600] * 20)), 40_000) if isinstance(s, Weighed)]
    assert len(weighed) == 20
    assert all(signal.alone and abs(signal.weight_g - 1000) < 8 for signal in weighed)


def test_nothing_enters_while_the_induction_is_closed(line: Line, plain: MakeParcels) -> None:
    belt = belt_of(line, plain(400, 400))
    assert run(belt, 2_000, open=False) == []
    assert places(run(belt, 1_000), EyeMade) == [2_000]


def test_a_stopped_belt_stops_everything(line: Line, plain: MakeParcels) -> None:
    belt = belt_of(line, plain(400))
    run(belt, 1_000)
    assert belt.advance(0.0, 999.0, induction_open=True, diverters_out=frozenset()) == []
    assert places(run(belt, 3_200), EyeMade) == [1500, 4200]


def test_what_goes_round_comes_back_after_the_loop(line: Line, plain: MakeParcels) -> None:
    belt = belt_of(line, plain(400))
    signals = run(belt, 60_000, out=frozenset({4}))
    made = [s for s in signals if isinstance(s, EyeMade) and s.eye == 0]
    assert [signal.from_loop for signal in made] == [False, True]
    loop_mm = made[1].at_mm - (10_000 + 200)
    assert loop_mm / 2000 == pytest.approx(12.0, abs=0.05)


def test_a_full_lane_is_known_until_somebody_clears_it(line: Line, plain: MakeParcels) -> None:
    small = replace(
        line, lanes=tuple(replace(lane, capacity=1 if lane.number == 1 else 0) for lane in line.lanes)
    )
    belt = belt_of(small, plain(400))
    run(belt, 16_000, out=frozenset({1}))
    assert belt.full_lanes == {1}
    belt.empty_lane(1)
    assert belt.full_lanes == frozenset()
