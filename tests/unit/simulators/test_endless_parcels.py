"""Parcels without end: each category in its share, numbers that go on, no number twice, nothing kept."""

from collections import Counter
from itertools import islice
from random import Random

from config.settings import Line
from simulators.categories import CLEAN_CATEGORIES, Category, categories
from simulators.identifiers import serials
from simulators.parcels import CHUNK, CHUNK_EACH, Parcel, endless
from simulators.world import World
from tests.unit.simulators.virtual_agent import Drive


def some(line: Line, count: int, seed: int = 1) -> list[Parcel]:
    return list(islice(endless(line, seed), count))


def test_each_chunk_holds_each_categorys_share(ct_line: Line) -> None:
    made = some(ct_line, 3 * CHUNK)
    assert [parcel.number for parcel in made] == list(range(1, 3 * CHUNK + 1))
    for first in range(0, 3 * CHUNK, CHUNK):
        counts = Counter(parcel.category for parcel in made[first : first + CHUNK])
        assert all(counts[category] >= CHUNK_EACH - 1 for category in categories(ct_line))
        assert sum(counts[category] for category in CLEAN_CATEGORIES) > 0.75 * CHUNK


def test_no_number_is_on_two_parcels(ct_line: Line) -> None:
    numbers = [
        number
        for parcel in some(ct_line, 20 * CHUNK)
        for waybill in parcel.papers.waybills
        for number in (waybill.number, *waybill.aliases)
    ]
    assert len(set(numbers)) == len(numbers) > 30 * CHUNK


def test_a_copys_original_is_in_its_own_chunk(ct_line: Line) -> None:
    copies = [each for each in some(ct_line, 3 * CHUNK) if each.category is Category.CLONED_LABEL]
    assert copies
    for copy in copies:
        assert copy.copy_of is not None
        assert (copy.copy_of - 1) // CHUNK == (copy.number - 1) // CHUNK


def test_the_same_seed_gives_the_same_parcels_and_another_others(ct_line: Line) -> None:
    assert some(ct_line, 50) == some(ct_line, 50)
    assert some(ct_line, 50) != some(ct_line, 50, seed=2)


def test_serials_do_not_repeat() -> None:
    drawn = list(islice(serials(Random(5)), 200_000))
    assert len(set(drawn)) == len(drawn)
    assert 0 <= min(drawn) <= max(drawn) < 10**8


def test_a_world_keeps_nothing_of_what_has_ended(ct_line: Line) -> None:
    stream = some(ct_line, 120)
    world = World(ct_line, iter(stream), seed=1, epoch=7)
    driven = Drive(ct_line, world, parcels={parcel.number: parcel for parcel in stream})
    driven.until(lambda: world.empty)
    kept = world.kept()
    assert set(kept.values()) == {0}, kept
