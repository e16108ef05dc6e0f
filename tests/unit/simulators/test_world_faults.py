"""Faults of the world: each takes effect, every parcel comes to one end, none is released that must not."""

import pytest

from config.settings import LaneRole, Line
from simulators.contract import EventKind, State
from simulators.controller import Inputs
from simulators.memory.fault_board import Fault
from simulators.truth import StrayEnded, StrayLaid, TripBroken
from simulators.world import World
from tests.unit.simulators.faulty_world import FaultyWorld

FAULTS = (
    Fault.EYE_MISSED,
    Fault.EYE_DOUBLED,
    Fault.EYE_BOUNCED,
    Fault.ITEMS_TOUCH,
    Fault.ITEM_ADDED,
    Fault.ITEM_REMOVED,
    Fault.ITEM_SLIPPED,
    Fault.BELT_STOPPED,
    Fault.EMERGENCY_STOP,
    Fault.ITEM_JAMMED,
    Fault.DIVERTER_FAILED,
    Fault.DIVERTER_WRONG,
    Fault.LANE_FULL,
)
COUNT = 150


def check(run: FaultyWorld) -> None:
    """What must hold whatever goes wrong."""
    assert run.parcels_accounted() == dict.fromkeys(run.made, 1)
    strays = [record for record in run.truth if isinstance(record, StrayEnded)]
    assert not [stray for stray in strays if stray.role is LaneRole.RELEASE]
    for end in run.ends():
        key = (end.epoch, end.tracking_id)
        faults = run.disturbed.get(key, set())
        ordered = run.accepted.get(key, run.line.inspect_lane.number)
        if end.role is LaneRole.RELEASE and Fault.DIVERTER_WRONG not in faults:
            assert end.lane == ordered
        if not faults:
            assert end.lane == ordered
            assert not {EventKind.LOST, EventKind.DIVERT_FAILED} & set(run.kinds[key])
        else:
            assert end.touched
    lanes = {(end.epoch, end.tracking_id): end.lane for end in run.ends()}
    assert all(lanes[key] == lane for key, lane in run.confirmed), "an item was taken for another"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_takes_effect_and_nothing_is_released_for_it(ct_line: Line, fault: Fault) -> None:
    run = FaultyWorld(ct_line, COUNT, 3, (fault,))
    run.run()
    check(run)
    assert run.seen(fault) >= 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_faults_together(line: Line, ct_line: Line, seed: int) -> None:
    run = FaultyWorld(ct_line if seed % 2 else line, 400, seed, FAULTS, every_s=7.0)
    run.run()
    check(run)


def test_the_same_seed_gives_the_same_run(ct_line: Line) -> None:
    one, other = (FaultyWorld(ct_line, 100, 9, FAULTS, every_s=5.0) for _ in range(2))
    one.run()
    other.run()
    assert one.truth == other.truth
    assert one.confirmed == other.confirmed


def test_a_board_without_faults_changes_nothing(ct_line: Line) -> None:
    run = FaultyWorld(ct_line, 100, 4)
    run.run()
    assert not run.disturbed
    assert all(end.lane == run.accepted[end.epoch, end.tracking_id] for end in run.ends())


def test_bounces_and_edges_within_an_item_disturb_nobody(ct_line: Line) -> None:
    run = FaultyWorld(ct_line, COUNT, 3, (Fault.EYE_BOUNCED,), every_s=4.0)
    run.run()
    assert run.seen(Fault.EYE_BOUNCED) > 20
    assert not run.disturbed


def test_most_parcels_are_touched_by_no_fault_of_an_eye(ct_line: Line) -> None:
    run = FaultyWorld(ct_line, COUNT, 5, (Fault.EYE_MISSED,), every_s=20.0)
    run.run()
    assert len(run.disturbed) <= 3 * run.seen(Fault.EYE_MISSED)


def test_what_is_taken_off_the_belt_has_an_end(ct_line: Line) -> None:
    run = FaultyWorld(ct_line, COUNT, 3, (Fault.ITEM_REMOVED,))
    run.run()
    taken = sum(isinstance(record, TripBroken) for record in run.truth)
    assert 5 <= taken <= run.seen(Fault.ITEM_REMOVED)


def test_what_nobody_tracks_comes_to_the_bench(ct_line: Line) -> None:
    run = FaultyWorld(ct_line, COUNT, 3, (Fault.ITEM_ADDED, Fault.ITEMS_TOUCH))
    run.run()
    laid = {record.parcel for record in run.truth if isinstance(record, StrayLaid)}
    ended = {record.parcel: record.role for record in run.truth if isinstance(record, StrayEnded)}
    assert len(laid) >= 6
    assert ended == dict.fromkeys(laid, LaneRole.INSPECT)


@pytest.mark.parametrize(
    ("fault", "through"),
    [
        (Fault.BELT_STOPPED, State.STOPPED),
        (Fault.EMERGENCY_STOP, State.ABORTED),
        (Fault.ITEM_JAMMED, State.HELD),
        (Fault.DIVERTER_WRONG, State.ABORTED),
    ],
)
def test_the_line_stands_and_goes_on(ct_line: Line, fault: Fault, through: State) -> None:
    run = FaultyWorld(ct_line, COUNT, 3, (fault,), every_s=60.0)
    run.run()
    stands = [place for place, state in enumerate(run.states) if state == through]
    assert stands
    assert State.EXECUTE in run.states[stands[-1] :]


def test_a_power_cycle_does_not_end_an_emergency_stop(ct_line: Line) -> None:
    world = World(ct_line, iter(()), seed=1, epoch=1)
    world.update(0.5, Inputs(emergency_stop=True))
    assert world.status.state is State.ABORTED
    world.restart_controller(2)
    for beat in range(1, 100):
        world.update(0.5 + beat * 0.1, Inputs(heartbeat=beat))
    assert (world.status.epoch, world.status.state) == (2, State.ABORTED)
