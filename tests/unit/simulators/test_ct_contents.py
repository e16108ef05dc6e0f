"""Parcels are packed to their weight and length, fit the tunnel, and hold nothing odd unless told to."""

from random import Random

import pytest

from config.settings import Line
from simulators.ct.hazards import LEAST_LENGTH_MM, LEAST_WEIGHT_G, Hazard
from simulators.ct.materials import PROPERTIES, Material
from simulators.ct.packing import LARGEST_MM, Parcelled, packed
from simulators.ct.solids import Contents, Solid
from simulators.parcels import parcels
from simulators.wires.ct_line import parcelled

METALS = (Material.STEEL, Material.LEAD)


def some(hazard: Hazard, count: int) -> list[tuple[Parcelled, Contents]]:
    random = Random(f"{hazard} parcels")
    found: list[tuple[Parcelled, Contents]] = []
    for number in range(count):
        weight_g = random.randrange(LEAST_WEIGHT_G.get(hazard, 180), 12_000)
        length_mm = random.randrange(LEAST_LENGTH_MM.get(hazard, 200), 601)
        parcel = Parcelled(f"t {number}", weight_g, length_mm, hazard)
        found.append((parcel, packed(parcel)))
    return found


@pytest.mark.parametrize("hazard", list(Hazard))
def test_contents_weigh_and_measure_what_the_parcel_does(hazard: Hazard) -> None:
    for parcel, contents in some(hazard, 150):
        assert contents.mass_g == pytest.approx(parcel.weight_g, abs=1)
        assert contents.size_mm[0] == pytest.approx(parcel.length_mm, abs=2)
        assert all(own <= most for own, most in zip(contents.size_mm, LARGEST_MM, strict=True))
        assert all(inside(solid, contents) for solid in contents.solids)


@pytest.mark.parametrize(("weight_g", "length_mm"), [(180, 200), (180, 600), (11_999, 200), (11_999, 600)])
def test_the_extremes_are_packed_too(weight_g: int, length_mm: int) -> None:
    for number in range(40):
        assert packed(Parcelled(f"e {number}", weight_g, length_mm)).mass_g == pytest.approx(weight_g, abs=1)


def inside(solid: Solid, contents: Contents) -> bool:
    return all(
        corner >= 0 and size > 0 and corner + size <= whole
        for corner, size, whole in zip(solid.corner_mm, solid.size_mm, contents.size_mm, strict=True)
    )


def test_every_parcel_of_a_run_can_be_packed(ct_line: Line) -> None:
    for parcel in parcels(ct_line, 300, 3):
        assert packed(parcelled(parcel, 3)).mass_g == pytest.approx(parcel.weight_g, abs=1)


def test_ordinary_goods_hold_no_much_liquid_and_no_heavy_metal() -> None:
    for _, contents in some(Hazard.NONE, 300):
        for solid in contents.solids:
            assert solid.density <= PROPERTIES[solid.material].density
            assert solid.material is not Material.WATER or solid.volume_cm3 < 80
            assert solid.material not in METALS or solid.mass_g < 60
            assert solid.material is not Material.STEEL or max(solid.size_mm) <= 40


def test_a_bottle_holds_enough_to_ask() -> None:
    for _, contents in some(Hazard.BOTTLE, 50):
        assert max(s.volume_cm3 for s in contents.solids if s.material is Material.WATER) > 200


def test_a_weapon_is_long_and_of_steel() -> None:
    for _, contents in some(Hazard.WEAPON, 50):
        largest = max(
            (s for s in contents.solids if s.material is Material.STEEL), key=lambda solid: solid.mass_g
        )
        assert max(largest.size_mm) > 140
        assert largest.mass_g > 80


def test_a_block_lets_no_ray_through() -> None:
    for _, contents in some(Hazard.BLOCK, 50):
        assert max(s.mass_g for s in contents.solids if s.material in METALS) > 2_500


def test_the_same_parcel_holds_the_same() -> None:
    one = Parcelled("7 12", 3_000, 400)
    assert packed(one) == packed(one)
    assert packed(one) != packed(Parcelled("7 13", 3_000, 400))
