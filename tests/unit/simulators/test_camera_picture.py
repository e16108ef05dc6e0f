"""What the belt camera draws: parcels where they are, labels that can be read, a belt that moves."""

from random import Random

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from simulators.camera_feed import SeenItem
from simulators.camera_label import draw_label
from simulators.camera_picture import HEIGHT, PX_PER_MM, VIEW_MM, WIDTH, Grey, Picture, halved
from simulators.identifiers import COURIERS, waybill_number

CLOCK = "2026-03-01 08:00:00.00"
PLAIN = SeenItem(front_mm=1000.0, length_mm=400.0, width_mm=300.0, seed=3)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture(seed=1)


def luma(picture: Picture) -> Grey:
    return picture.planes[:HEIGHT]


def decoded(grey: Grey) -> str:
    return cv2.QRCodeDetector().detectAndDecode(grey)[0]


def body_columns(grey: Grey) -> tuple[int, int]:
    """First and last column in which a parcel lies on the belt's middle."""
    columns = np.nonzero(np.median(grey[HEIGHT // 2 - 60 : HEIGHT // 2 - 30], axis=0) > 85)[0]
    return int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("courier", COURIERS)
@pytest.mark.parametrize("module_px", [4, 5])
def test_a_labels_code_is_its_number(courier: str, module_px: int) -> None:
    number = waybill_number(courier, Random(module_px))
    label = cv2.copyMakeBorder(draw_label(number, module_px), 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=130)
    large = cv2.resize(label, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    assert decoded(np.asarray(large, np.uint8)) == number


def test_a_label_holds_any_text_the_feed_may_carry() -> None:
    assert draw_label("~", 3).shape == draw_label("x" * 48, 3).shape


def test_a_parcel_is_drawn_where_it_is(picture: Picture) -> None:
    for front_mm in (500.0, 900.0, 1399.0):
        picture.draw([replace(PLAIN, front_mm=front_mm)], 0.0, 0.0, CLOCK)
        first, last = body_columns(luma(picture))
        assert first == pytest.approx((front_mm - 400) * PX_PER_MM, abs=4)
        assert last == pytest.approx(front_mm * PX_PER_MM, abs=4)


def test_a_parcel_aside_is_drawn_aside(picture: Picture) -> None:
    picture.draw([replace(PLAIN, aside_mm=100.0)], 0.0, 0.0, CLOCK)
    rows = np.nonzero(luma(picture)[40:-40, round(700 * PX_PER_MM)] > 85)[0] + 40
    assert (int(rows[0]) + int(rows[-1])) / 2 == pytest.approx(HEIGHT / 2 - 100 * PX_PER_MM, abs=4)


def test_parcels_half_in_view_are_cut_at_the_edge(picture: Picture) -> None:
    leaving = replace(PLAIN, front_mm=VIEW_MM + 200.0)
    coming = replace(PLAIN, front_mm=200.0, seed=4)
    picture.draw([leaving, coming], 0.0, 0.0, CLOCK)
    assert body_columns(luma(picture))[0] <= 3
    assert body_columns(luma(picture))[1] >= WIDTH - 4
    gone = replace(PLAIN, front_mm=VIEW_MM + 5000.0)
    picture.draw([gone], 0.0, 0.0, CLOCK)
    assert float(np.percentile(luma(picture)[60:-60], 99.9)) < 85


def test_the_belt_moves_as_far_as_it_travels(picture: Picture) -> None:
    picture.draw([], 0.0, 0.0, CLOCK)
    before = luma(picture)[60:-60].astype(int)
    picture.draw([], 320 / PX_PER_MM, 0.0, CLOCK)
    after = luma(picture)[60:-60].astype(int)
    assert int(np.abs(after[:, 320:] - before[:, :-320]).max()) <= 4  # the sensor's noise
    assert float(np.abs(after - before).mean()) > 3  # which a stuck picture would not show


def test_the_same_item_looks_the_same_wherever_it_is(picture: Picture) -> None:
    item = replace(PLAIN, labels=("SF1234567890123",))
    parts: list[Grey] = []
    for front_mm in (600.0, 600.0 + 320 / PX_PER_MM):
        picture.draw([item], 0.0, 0.0, CLOCK)
        picture.draw([replace(item, front_mm=front_mm)], 0.0, 0.0, CLOCK)
        right = round(front_mm * PX_PER_MM)
        parts.append(luma(picture)[240:480, right - 350 : right - 10].copy())
    assert int(np.abs(parts[0].astype(int) - parts[1]).max()) <= 4  # the sensor's noise


def test_a_covered_lens_sees_nothing_but_the_clock(picture: Picture) -> None:
    picture.blacken(CLOCK)
    assert int(luma(picture)[40:].max()) <= 20
    assert int(luma(picture)[:40].max()) > 150


def test_half_the_size_is_the_same_picture(picture: Picture) -> None:
    picture.draw([PLAIN], 0.0, 0.0, CLOCK)
    small = halved(picture.planes)
    assert small.shape == (HEIGHT * 3 // 4, WIDTH // 2)
    expected = luma(picture)[200:204, 700:704].mean()
    assert small[100:102, 350:352].mean() == pytest.approx(float(expected), abs=1)
