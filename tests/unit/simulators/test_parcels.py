"""A run of parcels holds every category in its share, and each is wrong in exactly the way it says."""

from collections import Counter
from itertools import groupby

import pytest

from config.settings import LaneRole, Line
from simulators.categories import SCAN_FAULTS, Category, categories
from simulators.ct.hazards import Hazard
from simulators.papers import Waybill, collected
from simulators.parcels import FOR_EVER, Parcel, parcels


@pytest.fixture(scope="module")
def run(line: Line) -> tuple[Parcel, ...]:
    return parcels(line, 300, 11)


def of(run: tuple[Parcel, ...], category: Category) -> list[Parcel]:
    return [parcel for parcel in run if parcel.category is category]


def test_the_same_seed_gives_the_same_parcels(line: Line, run: tuple[Parcel, ...]) -> None:
    assert parcels(line, 300, 11) == run
    assert parcels(line, 300, 12) != run


@pytest.mark.parametrize("count", [300, 301, 1000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_of_each_category_in_three_hundred(line: Line, ct_line: Line, count: int, seed: int) -> None:
    for each in (line, ct_line):
        counts = Counter(parcel.category for parcel in parcels(each, count, seed))
        assert counts.total() == count
        assert counts.keys() == set(categories(each))
        assert min(counts.values()) >= 10


def test_only_a_line_with_a_ct_scanner_has_images(line: Line, ct_line: Line) -> None:
    assert set(categories(ct_line)) == set(Category)
    assert not SCAN_FAULTS & set(categories(line))
    assert {parcel.hazard for parcel in parcels(line, 300, 1)} == {Hazard.NONE}


def test_a_long_run_has_few_of_each(ct_line: Line) -> None:
    counts = Counter(parcel.category for parcel in parcels(ct_line, 5000, 1))
    assert {counts[each] for each in SCAN_FAULTS} == {30}
    assert counts[Category.IMAGE_ALARM] == counts[Category.REVIEW] == 120  # an officer has something to do
    assert counts[Category.CLEAN] > 3800


def test_scan_faults_come_in_runs(ct_line: Line) -> None:
    faulty = [parcel.category in SCAN_FAULTS for parcel in parcels(ct_line, 300, 4)]
    runs = [len(list(group)) for fault, group in groupby(faulty) if fault]
    assert sum(runs) == 80
    assert len(runs) <= 25


def test_hazards_are_where_the_category_says(ct_line: Line) -> None:
    expected = {
        Category.IMAGE_ALARM: Hazard.BOTTLE,
        Category.PROHIBITED: Hazard.WEAPON,
        Category.IMPENETRABLE: Hazard.BLOCK,
    }
    for parcel in parcels(ct_line, 300, 4):
        assert parcel.hazard is expected.get(parcel.category, Hazard.NONE)


@pytest.mark.parametrize("count", [0, 1, 7, 25, 26, 30, 60])
def test_a_short_run_has_the_length_asked_for(line: Line, ct_line: Line, count: int) -> None:
    for each in (line, ct_line):
        for seed in range(10):
            assert [parcel.number for parcel in parcels(each, count, seed)] == list(range(1, count + 1))


def test_sizes_and_numbers_are_plausible(run: tuple[Parcel, ...]) -> None:
    assert all(200 <= parcel.length_mm <= 600 and parcel.weight_g > 0 for parcel in run)
    waybills = collected(parcel.papers for parcel in run).waybills
    numbers = [number for waybill in waybills for number in (waybill.number, *waybill.aliases)]
    assert len(set(numbers)) == len(numbers)


def test_every_label_but_the_unreadable_ones_is_seen_by_a_scanner(run: tuple[Parcel, ...]) -> None:
    assert all(any(parcel.faces) for parcel in run)
    assert {parcel.unread_trips for parcel in of(run, Category.NO_READ)} == {FOR_EVER}
    assert {parcel.unread_trips for parcel in of(run, Category.RECIRCULATION)} == {1}
    others = [p for p in run if p.category not in (Category.NO_READ, Category.RECIRCULATION)]
    assert {parcel.unread_trips for parcel in others} == {0}


def test_a_conflict_shows_two_known_waybills(run: tuple[Parcel, ...]) -> None:
    known = {w.number for w in collected(parcel.papers for parcel in run).waybills}
    for parcel in of(run, Category.CODE_CONFLICT):
        shown = {code for face in parcel.faces for code in face}
        assert len(shown & known) == 2


def test_several_codes_belong_to_one_waybill(run: tuple[Parcel, ...]) -> None:
    for parcel in of(run, Category.SEVERAL_CODES):
        waybill = parcel.papers.waybills[0]
        shown = {code for face in parcel.faces for code in face}
        assert {waybill.number, waybill.aliases[0]} < shown
        assert len(shown) == 3


def test_only_wrong_weights_are_out_of_tolerance(line: Line, run: tuple[Parcel, ...]) -> None:
    for parcel in run:
        if not parcel.papers.waybills:
            continue
        off_share = off_tolerance(line, parcel, parcel.papers.waybills[0])
        assert off_share > 1.5 if parcel.category is Category.WRONG_WEIGHT else off_share < 0.7


def off_tolerance(line: Line, parcel: Parcel, waybill: Waybill) -> float:
    policy = line.policy
    tolerance_g = max(policy.weight_tolerance_g, policy.weight_tolerance_share * waybill.declared_weight_g)
    return abs(parcel.weight_g - waybill.declared_weight_g) / tolerance_g


def test_only_stale_papers_are_older_than_their_mode_allows(line: Line, run: tuple[Parcel, ...]) -> None:
    ages = line.policy.clearance_age_s
    for parcel in run:
        stale = any(d.age_s > ages[d.mode] for d in parcel.papers.declarations)
        assert stale is (parcel.category is Category.STALE_PAPERS)


def test_papers_are_missing_where_the_category_says(run: tuple[Parcel, ...]) -> None:
    assert all(p.papers.waybills and not p.papers.declarations for p in of(run, Category.NO_PAPERS))
    known = {w.number for w in collected(parcel.papers for parcel in run).waybills}
    for parcel in of(run, Category.UNKNOWN_WAYBILL):
        assert not {code for face in parcel.faces for code in face} & known


def test_a_copy_follows_a_clean_original_of_its_own(run: tuple[Parcel, ...]) -> None:
    copies = of(run, Category.CLONED_LABEL)
    assert len({copy.copy_of for copy in copies}) == len(copies)
    for copy in copies:
        assert copy.copy_of is not None
        original = run[copy.copy_of - 1]
        assert original.category is Category.CLEAN
        assert copy.faces == original.faces
        assert 5 <= copy.number - original.number <= 40


def test_close_pairs_are_neighbours_under_the_minimum_gap(run: tuple[Parcel, ...]) -> None:
    second = [parcel for parcel in run if parcel.gap_ahead_mm is not None]
    assert len(second) * 2 == len(of(run, Category.TOO_CLOSE))
    for parcel in second:
        assert parcel.gap_ahead_mm is not None
        assert parcel.gap_ahead_mm < 250
        assert run[parcel.number - 2].category is parcel.category is Category.TOO_CLOSE


def test_what_is_right_covers_three_roles(run: tuple[Parcel, ...]) -> None:
    assert {parcel.right for parcel in run} == {LaneRole.RELEASE, LaneRole.WAIT, LaneRole.INSPECT}
