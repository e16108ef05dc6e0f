"""The picture of a review: the size it says, the trade's colours, red boxes where the findings are."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.calibration import ALUMINIUM, STEEL, WATER, Reference
from models.findings import Box, Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.review.picture import review_png
from models.volume import Volume
from tests.unit.models.phantoms import carton

HERE: Box = (90.0, 150.0, 150.0, 150.0, 190.0, 270.0)  # x, y, z
CLEAR = Review(Outcome.CLEAR, "scripted 1")
RED = (255, 59, 48)
Pixels = NDArray[np.int16]


def drawn(volume: Volume, review: Review, **more: list[tuple[str, Box]]) -> Pixels:
    png = np.frombuffer(review_png(volume, review, **more), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture[..., ::-1].astype(np.int16)


def holding(material: Reference) -> Volume:
    return carton().box((150.0, 150.0, 90.0), (120.0, 40.0, 60.0), material).volume()


def near(picture: Pixels, colour: tuple[int, int, int]) -> int:
    """How many pixels have nearly a colour."""
    return int(np.count_nonzero((np.abs(picture - np.array(colour)) < 40).all(axis=-1)))


def finding(box_mm: Box, kind: FindingKind = FindingKind.BLADE) -> Finding:
    return Finding(kind, Category.PROHIBITED_ITEM, 0.9, box_mm, Material.METAL, 100.0)


@pytest.mark.parametrize(
    ("material", "colour", "others"),
    [
        (WATER, (150, 94, 23), [(90, 205, 90), (70, 130, 255)]),
        (ALUMINIUM, (90, 205, 90), [(70, 130, 255)]),
        (STEEL, (70, 130, 255), [(90, 205, 90)]),
    ],
)
def test_materials_have_their_colours(
    material: Reference, colour: tuple[int, int, int], others: list[tuple[int, int, int]]
) -> None:
    picture = drawn(holding(material), CLEAR)
    assert picture.shape[1] == 1600
    assert near(picture, colour) > 5000
    assert all(near(picture, other) < 1500 for other in others)


def test_findings_are_boxed_and_each_has_a_row_of_slices() -> None:
    volume = holding(STEEL)
    plain = drawn(volume, CLEAR)
    one = drawn(volume, Review(Outcome.ALARM, "scripted 1", findings=(finding(HERE),)))
    two = drawn(
        volume,
        Review(Outcome.ALARM, "scripted 1", findings=(finding(HERE), finding(HERE, FindingKind.OTHER))),
    )
    assert near(plain, RED) == 0
    assert near(one, RED) > 6 * 100  # six panels, a box each
    assert plain.shape == one.shape
    assert two.shape[0] > one.shape[0] * 1.3
    assert near(drawn(volume, CLEAR, true=[("knife", HERE)]), (255, 255, 255)) > near(plain, (255, 255, 255))


def test_whatever_the_image_is_it_is_drawn() -> None:
    unjudged = Review(Outcome.EXCEPTION, "scripted 1", ImageException.OUT_OF_RANGE, suspicion=0.5)
    broken = np.full((12, 10, 11), np.nan, np.float32)
    for volume in (
        Volume(broken, (4.0, 4.0, 4.0), broken),
        Volume(np.zeros((12, 10, 11), np.float32), (4.0, 4.0, 4.0)),
        Volume(np.full((12, 10, 11), -1000, np.float32), (1.0, 2.0, 3.0)),
    ):
        assert drawn(volume, unjudged).shape[1] == 1600
