"""Images that cannot be judged end as exceptions, whoever reviews them; none of them is ever clear."""

from dataclasses import replace

import numpy as np
import pytest

from models.calibration import STEEL, WATER
from models.findings import FindingKind, ImageException, Outcome, Review
from models.interfaces import Reviewer
from models.review.build import shipped_model
from models.review.classical import ClassicalReviewer
from models.review.onnx_reviewer import OnnxReviewer
from models.volume import Image, Volume
from tests.unit.models.phantoms import LEAD, Phantom, carton, loose


@pytest.fixture(params=["classical", "onnx"])
def reviewer(request: pytest.FixtureRequest) -> Reviewer:
    return ClassicalReviewer() if request.param == "classical" else OnnxReviewer(shipped_model())


def exception_of(found: Review) -> ImageException | None:
    assert found.outcome is Outcome.EXCEPTION, found
    assert found.detail
    return found.exception


def with_value(value: float, *, low: bool = False, count: int = 1) -> Volume:
    """A good scan with some voxels of another value."""
    volume = carton().volume()
    image: Image = (volume.low if low else volume.high) if volume.low is not None else volume.high
    image[50, 40, 30 : 30 + count] = value
    return volume


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -5.0, 40.0])
@pytest.mark.parametrize("low", [False, True])
def test_one_impossible_value_is_out_of_range(reviewer: Reviewer, value: float, *, low: bool) -> None:
    assert exception_of(reviewer.review(with_value(value, low=low))) is ImageException.OUT_OF_RANGE


def test_a_few_undershoots_are_no_exception(reviewer: Reviewer) -> None:
    assert reviewer.review(with_value(-0.4, count=20)).outcome is Outcome.CLEAR


def test_much_that_is_negative_is_out_of_range(reviewer: Reviewer) -> None:
    volume = carton().volume()
    volume.high[:20] -= 0.3
    assert exception_of(reviewer.review(volume)) is ImageException.OUT_OF_RANGE


def hounsfield(image: Image) -> Image:
    return ((image - 0.2) / 0.2 * 1000).astype(np.float32)


@pytest.mark.parametrize("lifted", [0.0, 1024.0], ids=["as usual", "without negative values"])
def test_medical_ct_is_out_of_range(reviewer: Reviewer, lifted: float) -> None:
    volume = carton().box((150, 150, 100), (100, 80, 100), WATER).volume()
    assert volume.low is not None
    medical = replace(volume, high=hounsfield(volume.high) + lifted, low=hounsfield(volume.low) + lifted)
    assert exception_of(reviewer.review(medical)) is ImageException.OUT_OF_RANGE


@pytest.mark.parametrize("part", [np.s_[50:51], np.s_[:, 30:31], np.s_[:, :, 30:31], np.s_[:, :, 30:36]])
def test_a_slab_is_out_of_range(reviewer: Reviewer, part: object) -> None:
    volume = carton().volume()
    assert volume.low is not None
    slab = replace(volume, high=volume.high[part], low=volume.low[part])  # type: ignore[index]
    assert exception_of(reviewer.review(slab)) is ImageException.OUT_OF_RANGE


@pytest.mark.parametrize(
    "spacing_mm",
    [(0.0, 4.0, 4.0), (4.0, -4.0, 4.0), (4.0, 4.0, 40.0), (0.1, 4.0, 4.0), (float("nan"), 4.0, 4.0)],
)
def test_impossible_voxels_are_out_of_range(
    reviewer: Reviewer, spacing_mm: tuple[float, float, float]
) -> None:
    volume = replace(carton().volume(), spacing_mm=spacing_mm)
    assert exception_of(reviewer.review(volume)) is ImageException.OUT_OF_RANGE


def test_energies_of_two_shapes_are_out_of_range(reviewer: Reviewer) -> None:
    volume = carton().volume()
    assert volume.low is not None
    assert exception_of(reviewer.review(replace(volume, low=volume.low[:-1]))) is ImageException.OUT_OF_RANGE


def test_one_energy_is_unreadable(reviewer: Reviewer) -> None:
    assert exception_of(reviewer.review(replace(carton().volume(), low=None))) is ImageException.UNREADABLE


@pytest.mark.parametrize("noise", [0.0, 0.004, 0.02])
def test_air_is_empty(reviewer: Reviewer, noise: float) -> None:
    assert exception_of(reviewer.review(Phantom(noise_per_cm=noise).volume())) is ImageException.EMPTY


def test_a_letter_is_not_empty(reviewer: Reviewer) -> None:
    letter = Phantom().box((100, 180, 60), (220, 8, 160), loose(0.3))  # 84 g
    assert reviewer.review(letter.volume()).outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    "corner",
    [
        (-40.0, 120.0, 60.0),
        (320.0, 120.0, 60.0),
        (100.0, 120.0, -40.0),
        (100.0, 120.0, 200.0),
        (100.0, -20.0, 60.0),
    ],
    ids=["front", "back", "left", "right", "top"],
)
@pytest.mark.parametrize("density", [0.08, 0.6])
def test_an_item_that_reaches_a_face_is_cut_off(
    reviewer: Reviewer, corner: tuple[float, float, float], density: float
) -> None:
    phantom = Phantom().box(corner, (160, 120, 160), loose(density))
    found = reviewer.review(phantom.volume())
    assert exception_of(found) is ImageException.CUT_OFF
    assert found.length_mm is not None


def test_an_item_on_the_belt_is_not_cut_off(reviewer: Reviewer) -> None:
    """The lowest face is the belt's."""
    phantom = Phantom().box((120, 188, 80), (160, 100, 160), loose(0.3))
    assert reviewer.review(phantom.volume()).outcome is Outcome.CLEAR


def test_what_can_be_seen_of_a_cut_off_item_is_told() -> None:
    phantom = Phantom().box((-20, 120, 60), (240, 140, 200), loose(0.2))
    found = ClassicalReviewer().review(phantom.cylinder((60, 160, 100), (120, 60, 60), WATER).volume())
    assert exception_of(found) is ImageException.CUT_OFF
    assert [each.kind for each in found.findings] == [FindingKind.LIQUID]


def test_a_thick_block_of_steel_is_impenetrable(reviewer: Reviewer) -> None:
    phantom = carton().box((140, 160, 100), (80, 60, 60), STEEL)
    assert exception_of(reviewer.review(phantom.volume())) is ImageException.IMPENETRABLE


def test_a_box_of_lead_is_impenetrable(reviewer: Reviewer) -> None:
    """Thin, but at the machine's saturation in both energies."""
    phantom = carton().shell((140, 150, 100), (80, 60, 80), 4.0, LEAD)
    assert exception_of(reviewer.review(phantom.volume())) is ImageException.IMPENETRABLE
