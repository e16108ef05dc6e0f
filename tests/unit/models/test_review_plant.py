"""The classical reviewer on the simulated plant's parcels.

No independent measure of its quality: some limits were set looking at such parcels, though with other seeds.
"""

from random import Random

import numpy as np
import pytest

from models.findings import FindingKind, ImageException, Outcome, Review
from models.review.classical import ClassicalReviewer
from models.volume import Image, Volume
from simulators.ct.hazards import Hazard
from simulators.ct.packing import Parcelled, packed
from simulators.ct.renderer import INTERCEPT, SLOPE, SPACING_MM, Stored, VoxelRenderer
from simulators.ct.solids import Contents

PARCELS = 12


def attenuation(stored: Stored) -> Image:
    return stored.astype(np.float32) * np.float32(SLOPE) + np.float32(INTERCEPT)


@pytest.fixture(scope="module")
def renderer() -> VoxelRenderer:
    return VoxelRenderer()


def reviewed(renderer: VoxelRenderer, hazard: Hazard, seed: int) -> tuple[Contents, Review]:
    random = Random(seed)
    lightest_g = {Hazard.NONE: 400, Hazard.BLOCK: 7_500}.get(hazard, 2_500)
    return review(
        renderer,
        Parcelled(f"review {seed}", random.randint(lightest_g, 9_000), random.randint(330, 600), hazard),
        str(seed),
    )


def review(renderer: VoxelRenderer, parcel: Parcelled, seed: str) -> tuple[Contents, Review]:
    contents = packed(parcel)
    image = renderer.render(contents, seed)
    volume = Volume(attenuation(image.high), (SPACING_MM, SPACING_MM, SPACING_MM), attenuation(image.low))
    return contents, ClassicalReviewer().review(volume)


@pytest.mark.parametrize("seed", range(PARCELS))
def test_ordinary_parcels_are_clear_and_agree_with_eye_and_scale(renderer: VoxelRenderer, seed: int) -> None:
    contents, found = reviewed(renderer, Hazard.NONE, seed)
    assert found.outcome is Outcome.CLEAR, found
    assert found.length_mm == pytest.approx(contents.size_mm[0], abs=20)
    assert found.mass_g == pytest.approx(contents.mass_g, rel=0.1)


@pytest.mark.parametrize("seed", range(PARCELS))
@pytest.mark.parametrize(
    ("hazard", "kinds"),
    [
        (Hazard.BOTTLE, {FindingKind.LIQUID}),
        (Hazard.WEAPON, {FindingKind.BLADE, FindingKind.FIREARM}),
    ],
)
def test_hazards_are_found(
    renderer: VoxelRenderer, hazard: Hazard, kinds: set[FindingKind], seed: int
) -> None:
    _, found = reviewed(renderer, hazard, seed)
    assert found.outcome is Outcome.ALARM
    assert {finding.kind for finding in found.findings} <= kinds


@pytest.mark.parametrize(("seed", "weight_g", "length_mm"), [("22", 3769, 371), ("1342", 4581, 340)])
def test_a_blade_is_found_though_a_fitting_touches_it(
    renderer: VoxelRenderer, seed: str, weight_g: int, length_mm: int
) -> None:
    _, found = review(renderer, Parcelled(seed, weight_g, length_mm, Hazard.WEAPON), seed)
    assert [finding.kind for finding in found.findings] == [FindingKind.BLADE]


@pytest.mark.parametrize("seed", range(PARCELS))
def test_blocks_are_impenetrable(renderer: VoxelRenderer, seed: int) -> None:
    _, found = reviewed(renderer, Hazard.BLOCK, seed)
    assert found.exception is ImageException.IMPENETRABLE
