"""The CT scanner in the world: what it scans, what it says to the controller, and what each fault touches."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from config.settings import LaneRole, Line
from simulators.categories import CLEAN_CATEGORIES, SCAN_FAULTS, Category, right_role
from simulators.contract import CtState, EventKind
from simulators.fates import Run, last_run
from simulators.oracle import judge
from simulators.parcels import Parcel, parcels
from simulators.records import Records
from simulators.scan_plan import APART_S, SENT_AFTER_S, ScanMade
from simulators.truth import RunStarted, TripEnded
from tests.unit.simulators.virtual_agent import Drive, MakeDrive, MakeParcels

ENERGIES = ("low", "high")
HEAD = RunStarted("demo", "L1", 5, None, "2026-01-01T00:00:00+00:00", ENERGIES)
AMONG = 20  # parcels of a small run; the odd one is among them
ODD = 8

MakeRun = Callable[..., Drive]


@pytest.fixture
def run_of(drive: MakeDrive, plain: MakeParcels, ct_line: Line) -> MakeRun:
    """Runs twenty parcels to their end, clean but for the eighth and those after it."""

    def make(*odd: Category, alike: bool = False) -> Drive:
        lengths_mm = [300 if alike else (250, 370, 490)[number % 3] for number in range(AMONG)]
        made = list(plain(*lengths_mm))
        for place, category in enumerate(odd, start=ODD - 1):
            made[place] = replace(made[place], category=category, right=right_role(category))
        driven = drive(tuple(made), on=ct_line)
        driven.until(lambda: driven.world.empty)
        return driven

    return make


def scans_of(driven: Drive, number: int) -> list[ScanMade]:
    return [made for made in driven.scans_made if made.item.parcel.number == number]


def touched(driven: Drive) -> set[int]:
    return {record.parcel for record in driven.truth if isinstance(record, TripEnded) and record.touched}


def ct_states(driven: Drive) -> list[int]:
    return [event.detail for event in driven.posted(EventKind.CT_STATE)]


def test_every_item_is_scanned_under_its_own_name(run_of: MakeRun) -> None:
    driven = run_of()
    assert [made.ooi_id for made in driven.scans_made] == [f"7-{number}" for number in range(1, AMONG + 1)]
    assert all(made.own_id for made in driven.scans_made)
    assert touched(driven) == set()
    assert ct_states(driven) == []
    assert driven.world.status.ct_state is CtState.READY


def test_the_middle_of_the_acquisition_is_the_item_in_the_middle_of_the_tunnel(run_of: MakeRun) -> None:
    driven = run_of()
    (made,) = scans_of(driven, 1)
    inducted_s = driven.trips[7, 1].at_s
    length_mm, speed_mm_s = made.item.parcel.length_mm, 1000
    middle_s = (made.began_s + made.ended_s) / 2
    assert middle_s - inducted_s == pytest.approx((4200 + length_mm / 2) / speed_mm_s, abs=0.011)
    assert made.ended_s - made.began_s == pytest.approx(length_mm / speed_mm_s, abs=0.001)
    assert made.at_s - inducted_s == pytest.approx((4900 + length_mm) / speed_mm_s, abs=0.011)


def test_a_missing_scan_is_not_made(run_of: MakeRun) -> None:
    driven = run_of(Category.SCAN_MISSING)
    assert scans_of(driven, ODD) == []
    assert ODD - 1 not in touched(driven)


def test_a_scan_made_twice_is_two_scans(run_of: MakeRun) -> None:
    (made,) = scans_of(run_of(Category.SCAN_TWICE), ODD)
    assert [sending.scan for sending in made.sendings] == [1, 2]
    assert {sending.energies for sending in made.sendings} == {ENERGIES}


def test_a_late_scan_is_sent_past_the_cut_off(run_of: MakeRun, ct_line: Line) -> None:
    driven = run_of(Category.SCAN_LATE)
    (made,) = scans_of(driven, ODD)
    passed_s = driven.trips[7, ODD].at_s + ct_line.belt.release_cutoff_mm / ct_line.belt.speed_mm_s
    assert made.at_s + made.sendings[0].after_s > passed_s
    run = last_run([HEAD, *driven.truth])
    assert run.trips[7, ODD].image_ms(ENERGIES) is None
    assert run.trips[7, ODD - 1].image_ms(ENERGIES) is not None


def test_a_wrong_id_is_a_neighbours_or_nobodys(drive: MakeDrive, plain: MakeParcels, ct_line: Line) -> None:
    made = [replace(each, category=Category.SCAN_WRONG_ID) for each in plain(*[300, 420] * 30)]
    driven = drive(tuple(made), on=ct_line)
    driven.until(lambda: driven.world.empty)
    named = {(made.tracking_id, made.ooi_id) for made in driven.scans_made}
    assert not any(made.own_id for made in driven.scans_made)
    neighbours = {(own, ooi_id) for own, ooi_id in named if ooi_id in (f"7-{own - 1}", f"7-{own + 1}")}
    assert 30 < len(neighbours) < 58
    assert all(ooi_id != f"7-{own}" for own, ooi_id in named)


def test_a_truncated_scan_breaks_off_and_a_single_energy_comes_alone(run_of: MakeRun) -> None:
    driven = run_of(Category.SCAN_TRUNCATED, Category.ONE_ENERGY)
    (cut,), (single,) = scans_of(driven, ODD)[0].sendings, scans_of(driven, ODD + 1)[0].sendings
    assert (cut.cut, cut.energies) == (True, ENERGIES)
    assert single.energies == ("low",)
    run = last_run([HEAD, *driven.truth])
    assert run.trips[7, ODD].image_ms(ENERGIES) is run.trips[7, ODD + 1].image_ms(ENERGIES) is None


@pytest.mark.parametrize(
    ("category", "state"), [(Category.CT_FAULT, CtState.FAULT), (Category.CT_BYPASS, CtState.BYPASS)]
)
def test_a_scanner_out_of_order_says_so_while_the_item_is_in_it(
    run_of: MakeRun, category: Category, state: CtState
) -> None:
    driven = run_of(category)
    events = list(driven.posted(EventKind.CT_STATE))
    assert [event.detail for event in events] == [state, CtState.READY]
    zero_mm = next(e.encoder_mm for e in driven.posted(EventKind.INDUCTED) if e.tracking_id == ODD)
    length_mm = driven.parcels[ODD].length_mm
    assert [event.encoder_mm - zero_mm for event in events] == pytest.approx([3500, 4900 + length_mm], abs=11)
    scanned = {made.item.parcel.number for made in driven.scans_made}
    unscanned = set(range(1, AMONG + 1)) - scanned
    assert ODD in unscanned
    assert unscanned <= touched(driven) <= {ODD - 1, ODD, ODD + 1}


def test_a_fault_that_another_hides_has_not_occurred(run_of: MakeRun, ct_line: Line) -> None:
    run = last_run([HEAD, *run_of(Category.SCAN_TWICE, Category.CT_FAULT).truth])
    report = judge(run, Records(), ct_line)
    assert report.scan_faults["ct_fault"]["occurred"] == 1
    assert report.scan_faults["scan_twice"]["occurred"] == 0
    alone = last_run([HEAD, *run_of(Category.SCAN_TWICE).truth])
    assert judge(alone, Records(), ct_line).scan_faults["scan_twice"]["occurred"] == 1


def test_energies_apart_have_anothers_objects_between_them(run_of: MakeRun) -> None:
    driven = run_of(Category.ENERGIES_APART)
    first, second = scans_of(driven, ODD)[0].sendings
    assert (first.energies, second.energies) == (("low",), ("high",))
    assert second.after_s - first.after_s == pytest.approx(APART_S)
    own_s, next_s = scans_of(driven, ODD)[0].at_s, scans_of(driven, ODD + 1)[0].at_s
    assert own_s + first.after_s < next_s + SENT_AFTER_S < own_s + second.after_s
    assert touched(driven) == set()
    assert last_run([HEAD, *driven.truth]).trips[7, ODD].image_ms(ENERGIES) is not None


@pytest.mark.parametrize("category", sorted(SCAN_FAULTS))
def test_a_fault_touches_its_neighbourhood_and_no_more(run_of: MakeRun, category: Category) -> None:
    driven = run_of(category)
    moments = 2 if category in (Category.SCAN_WRONG_ID, Category.SCAN_TRUNCATED, Category.SCAN_LATE) else 1
    assert len(touched(driven) - {ODD}) <= 5 * moments
    assert 1 not in touched(driven)


def test_the_line_stays_in_doubt_while_parcels_look_alike(run_of: MakeRun) -> None:
    alike = touched(run_of(Category.SCAN_MISSING, alike=True))
    assert alike > touched(run_of(Category.SCAN_MISSING))
    assert AMONG in alike


def test_a_restarted_controller_names_no_item_to_the_scanner(
    drive: MakeDrive, plain: MakeParcels, ct_line: Line
) -> None:
    driven = drive(plain(400, 400), on=ct_line)
    driven.until(lambda: driven.world.status.inducted == 2)
    driven.world.restart_controller(8)
    driven.until(lambda: driven.scans_made)
    assert not driven.scans_made[0].own_id


def test_without_a_scanner_nothing_is_scanned(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400, 400))
    driven.until(lambda: driven.world.empty)
    assert driven.scans_made == []
    assert driven.world.status.ct_state is CtState.NONE


@pytest.fixture
def whole(drive: MakeDrive, ct_line: Line) -> tuple[Drive, Run]:
    stream: tuple[Parcel, ...] = parcels(ct_line, 300, 5)
    driven = drive(stream, seed=5, on=ct_line)
    driven.until(lambda: driven.world.empty, 900)
    return driven, last_run([HEAD, *driven.truth])


def test_a_run_of_all_faults_comes_out_right_and_leaves_enough_untouched(
    whole: tuple[Drive, Run], ct_line: Line
) -> None:
    driven, run = whole
    records = Records()
    for key, trip in run.trips.items():
        records.passages[key] += 1
        records.closed.add(key)
        records.media[key] = {"volume", "still", "clip"}
        assert trip.end
        records.lanes[key] = trip.end.lane
    report = judge(run, records, ct_line)
    assert report.failures == ()
    assert report.scan_faults.keys() == {*SCAN_FAULTS, Category.ENERGIES_APART}
    assert {report.scan_faults[fault]["right"] for fault in SCAN_FAULTS} == {10}
    assert {each["occurred"] for each in report.scan_faults.values()} == {10}
    assert 0 <= report.ct_to_lane_ms.p99 <= 20
    others = [fate for fate in run.fates.values() if fate.parcel.category not in SCAN_FAULTS]
    clean = [fate for fate in others if fate.parcel.category in CLEAN_CATEGORIES]
    for group in (others, clean):
        assert sum(not fate.touched for fate in group) > 0.45 * len(group)
    assert all(fate.touched or fate.released for fate in clean)
    assert {event.detail for event in driven.posted(EventKind.CT_STATE)} == {
        CtState.READY,
        CtState.FAULT,
        CtState.BYPASS,
    }
    assert {fate.end.role for fate in run.fates.values() if fate.end} == {
        LaneRole.RELEASE,
        LaneRole.WAIT,
        LaneRole.INSPECT,
    }
