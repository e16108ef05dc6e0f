"""The voxel renderer: right mass, length and attenuation, blur and noise, and cheap."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.ct.hazards import Hazard
from simulators.ct.materials import PROPERTIES, Material
from simulators.ct.packing import Parcelled, packed
from simulators.ct.renderer import INTERCEPT, LARGEST, SHAPE, SLOPE, SPACING_MM, DualImage, VoxelRenderer
from simulators.ct.solids import Contents, Shape, Solid


@pytest.fixture(scope="module")
def renderer() -> VoxelRenderer:
    return VoxelRenderer()


def block(material: Material, *, shape: Shape = Shape.BOX, wall_mm: float = 0.0) -> Contents:
    size_mm = (120.0, 80.0, 160.0)
    solid = Solid(shape, (0.0, 0.0, 0.0), size_mm, material, PROPERTIES[material].density, wall_mm)
    return Contents(size_mm, (solid,))


def values(stored: NDArray[np.uint16]) -> NDArray[np.floating]:
    return stored * SLOPE + INTERCEPT


@pytest.mark.parametrize(
    "material", [Material.WATER, Material.PLASTIC, Material.GLASS, Material.ALUMINIUM, Material.STEEL]
)
def test_a_body_attenuates_as_its_material(renderer: VoxelRenderer, material: Material) -> None:
    image = renderer.render(block(material), "a")
    middle = (slice(90, 102), slice(106, 114), slice(60, 68))
    assert values(image.low)[middle].mean() == pytest.approx(PROPERTIES[material].low, abs=0.001)
    assert values(image.high)[middle].mean() == pytest.approx(PROPERTIES[material].high, abs=0.001)


def test_air_is_noise_around_zero(renderer: VoxelRenderer) -> None:
    image = renderer.render(block(Material.WATER), "a")
    for stored, sigma in ((image.low, 0.005), (image.high, 0.0035)):
        air = values(stored)[:50]
        assert air.mean() == pytest.approx(0, abs=1e-4)
        assert air.std() == pytest.approx(sigma, rel=0.05)


def test_a_body_lies_on_the_floor_in_the_middle(renderer: VoxelRenderer) -> None:
    seen = values(renderer.render(block(Material.WATER), "a").high) > 0.085  # half of water's
    extent = [np.flatnonzero(seen.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    edges = [(int(each[0]), int(each[-1]) + 1) for each in extent]
    assert edges == [(81, 111), (100, 120), (44, 84)]


def test_edges_are_blurred(renderer: VoxelRenderer) -> None:
    profile = values(renderer.render(block(Material.STEEL), "a").high)[76:86, 110, 64]
    assert profile[0] < 0.05
    assert 0.1 < profile[5] / 1.9 < 0.9
    assert profile[-1] == pytest.approx(1.9, rel=0.02)


def test_a_hollow_body_is_hollow_and_a_cylinder_round(renderer: VoxelRenderer) -> None:
    hollow = values(renderer.render(block(Material.GLASS, wall_mm=8), "a").high)
    assert hollow[96, 110, 64] < 0.05
    assert hollow[82, 110, 64] > 0.2
    round_body = values(renderer.render(block(Material.GLASS, shape=Shape.CYLINDER_Z), "a").high)
    assert round_body[96, 110, 64] > 0.35
    assert round_body[96, 101, 46] < 0.05


def test_what_is_too_dense_saturates(renderer: VoxelRenderer) -> None:
    image = renderer.render(block(Material.LEAD), "a")
    assert int(image.high.max()) == int(image.low.max()) == LARGEST


def test_length_and_mass_in_the_image_are_the_parcels(renderer: VoxelRenderer) -> None:
    soft = [Parcelled(f"r {number}", 500 + 500 * number, 220 + 15 * number) for number in range(20)]
    for parcel in soft:
        high = values(renderer.render(packed(parcel), parcel.seed).high)
        seen = np.flatnonzero((high > 0.02).sum(axis=(1, 2)) > 4)
        length_mm = (seen[-1] - seen[0] + 1) * SPACING_MM
        assert length_mm == pytest.approx(parcel.length_mm, abs=20)
        mass_g = high.sum() / 0.166 * (SPACING_MM / 10) ** 3  # as if all were cellulose
        assert mass_g == pytest.approx(parcel.weight_g, rel=0.15, abs=150)  # metal and ceramic are few


def test_the_same_scan_is_the_same_and_another_has_other_noise(renderer: VoxelRenderer) -> None:
    def scan(seed: str) -> DualImage:
        return renderer.render(block(Material.WATER), seed)

    assert np.array_equal(scan("a").high, scan("a").high)
    assert not np.array_equal(scan("a").high, scan("b").high)
    assert scan("a").low.shape == scan("a").high.shape == SHAPE


def test_what_does_not_fit_is_refused(renderer: VoxelRenderer) -> None:
    size_mm = (200.0, 600.0, 200.0)
    solid = Solid(Shape.BOX, (0.0, 0.0, 0.0), size_mm, Material.PAPER, 0.5)
    with pytest.raises(ValueError, match="does not fit the tunnel"):
        renderer.render(Contents(size_mm, (solid,)), "a")


def test_a_parcel_costs_far_less_than_its_time_on_the_belt(renderer: VoxelRenderer) -> None:
    made = [packed(Parcelled(f"c {number}", 6_000, 500, Hazard.NONE)) for number in range(10)]
    began_s = time.process_time()
    for contents in made:
        renderer.render(contents, "c")
    assert (time.process_time() - began_s) / len(made) < 0.12
