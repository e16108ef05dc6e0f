"""Black and frozen pictures, and the parameter sets in a byte stream."""

import numpy as np
import pytest

from devices.camera.annexb import parameter_sets
from devices.camera.picture_judge import Luma, PictureJudge

SHAPE = (360, 640)


def belt(seed: int = 1) -> Luma:
    """A belt as an eye without noise sees it."""
    return np.random.default_rng(seed).integers(40, 200, SHAPE).astype(np.uint8)


def noisy(picture: Luma, seed: int, amplitude: int = 2) -> Luma:
    noise = np.random.default_rng(seed).integers(-amplitude, amplitude + 1, SHAPE)
    return (picture.astype(np.int16) + noise).clip(0, 255).astype(np.uint8)


def with_clock(picture: Luma, second: int) -> Luma:
    """With a small digit in the corner that changes every second."""
    written = picture.copy()
    written[8:20, 8:16] = 16
    written[8 + second % 10 : 11 + second % 10, 8:16] = 235
    return written


def judged(pictures: list[Luma]) -> PictureJudge:
    judge = PictureJudge()
    for second, picture in enumerate(pictures):
        judge.see(picture, float(second))
    return judge


def test_the_same_picture_for_ten_seconds_is_frozen() -> None:
    assert not judged([belt()] * 10).frozen
    assert judged([belt()] * 11).frozen


def test_the_same_picture_coded_anew_is_still_the_same() -> None:
    pictures: list[Luma] = []
    for second in range(15):
        coded = belt().astype(np.int16)
        coded[:: second + 2] += 1  # rounding differs here and there
        pictures.append(coded.astype(np.uint8))
    assert judged(pictures).frozen


def test_two_pictures_far_apart_are_not_enough() -> None:
    judge = PictureJudge()
    judge.see(belt(), 0.0)
    judge.see(belt(), 60.0)
    assert not judge.frozen
    judge.see(belt(), 61.0)
    assert judge.frozen


def test_a_standing_belt_with_noise_is_not_frozen() -> None:
    assert not judged([noisy(belt(), seed) for seed in range(20)]).frozen


def test_a_standing_belt_with_a_clock_is_not_frozen() -> None:
    assert not judged([with_clock(belt(), second) for second in range(20)]).frozen


def test_one_movement_ends_it() -> None:
    judge = judged([belt()] * 20)
    judge.see(belt(2), 21.0)
    assert not judge.frozen


def test_another_resolution_is_another_picture() -> None:
    judge = judged([belt()] * 20)
    judge.see(np.full((100, 100), 90, np.uint8), 21.0)
    assert not judge.frozen


@pytest.mark.parametrize("level", [0, 16, 30])
def test_dark_all_over_is_black_with_a_clock_too(level: int) -> None:
    picture = noisy(np.full(SHAPE, level, np.uint8), 3)
    assert judged([picture]).black
    assert judged([with_clock(picture, 4)]).black


def test_a_dark_belt_with_a_parcel_is_not_black() -> None:
    picture = np.full(SHAPE, 25, np.uint8)
    picture[100:200, 100:220] = 120
    assert not judged([picture]).black


def test_a_tiny_picture_is_judged() -> None:
    judge = PictureJudge()
    judge.see(np.full((2, 2), 90, np.uint8), 0.0)
    judge.see(np.full((2, 2), 99, np.uint8), 1.0)
    assert (judge.black, judge.frozen) == (False, False)


SPS, PPS, SEI, IDR, SLICE = b"\x67\x42\xc0\x1f", b"\x68\xce\x0f", b"\x06\x05", b"\x65\x88\x84", b"\x41\x9a"
LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"


def test_parameter_sets_are_found_before_the_picture() -> None:
    unit = LONG + b"\x09\xf0" + LONG + SPS + SHORT + PPS + SHORT + SEI + SHORT + IDR
    assert parameter_sets(unit) == LONG + SPS + LONG + PPS


def test_sets_after_the_picture_belong_to_the_next() -> None:
    assert parameter_sets(LONG + IDR + LONG + SPS + LONG + PPS) == b""


@pytest.mark.parametrize("unit", [b"", b"\x00", LONG, SHORT, LONG + SLICE, b"no start code at all", LONG * 5])
def test_a_unit_without_sets_has_none(unit: bytes) -> None:
    assert parameter_sets(unit) == b""


def test_a_set_that_is_cut_is_taken_as_it_is() -> None:
    assert parameter_sets(LONG + SPS) == LONG + SPS
