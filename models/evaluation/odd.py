"""Volumes that are no image of a parcel, or a spoilt one: a reviewer must send each of them to a person."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from scipy import ndimage

from models.calibration import ALUMINIUM, STEEL, WATER
from models.volume import Image, Volume

_AIR_NOISE_PER_CM = 0.01
_Random = np.random.Generator


class OddKind(StrEnum):
    """How a volume is odd. Those of the second part are made of clean parcels."""

    MEDICAL_HU = "medical_hu"  # a trunk in Hounsfield units
    MEDICAL_SCALED = "medical_scaled"  # the same trunk in 1/cm, both energies alike
    NOISE = "noise"
    EMPTY = "empty"  # air
    CONSTANT = "constant"
    METAL_BLOCK = "metal_block"  # steel and nothing else

    SHIFTED = "shifted"  # round by half its length along the belt
    UPSIDE_DOWN = "upside_down"
    SWAPPED_ENERGIES = "swapped_energies"
    SCALED_ENERGY = "scaled_energy"  # the low one, by a third
    MUSH = "mush"  # blurred over eight voxels
    CROPPED = "cropped"  # the second half of the parcel is missing
    SALT = "salt"  # one voxel in fifty reads as steel
    INVERTED = "inverted"


# Told, but not counted: parcels lie on any side, so that such an image is as good as another's.
LIKE_A_PARCEL = frozenset({OddKind.UPSIDE_DOWN})


def made_odd(kind: OddKind, parcel: Volume, seed: int) -> Volume:
    """An odd volume.

    Args:
        kind: how it is odd.
        parcel: a clean parcel at two energies; of what is made of nothing it gives the shape.
        seed: with the kind it decides sizes and noise.
    """
    random = np.random.default_rng((seed, list(OddKind).index(kind)))
    low = parcel.high if parcel.low is None else parcel.low
    new_low, new_high = _MAKERS[kind](low, parcel.high, random)
    return Volume(high=new_high, spacing_mm=parcel.spacing_mm, low=new_low)


_Pair = tuple[Image, Image]  # low, high


def _medical_hu(low: Image, high: Image, random: _Random) -> _Pair:
    image = _trunk_hu(high.shape, random)
    return image, image


def _medical_scaled(low: Image, high: Image, random: _Random) -> _Pair:
    image = _trunk_hu(high.shape, random) * np.float32(WATER.high_per_cm / 1000)
    image += np.float32(WATER.high_per_cm)
    return image, image


def _trunk_hu(shape: tuple[int, ...], random: _Random) -> Image:
    """Soft tissue around lungs and a spine, through the whole length; Hounsfield units with noise."""
    y, x = (np.linspace(-1, 1, size, dtype=np.float32) for size in shape[1:])
    wide, tall = random.uniform(0.7, 0.95), random.uniform(0.5, 0.75)
    y, x = y[:, None] / tall, x[None, :] / wide
    flat = np.full(shape[1:], -1000, np.float32)
    flat[y**2 + x**2 <= 1] = 40
    for side in (-0.45, 0.45):
        flat[((x - side) / 0.35) ** 2 + (y / 0.6) ** 2 <= 1] = -850
    flat[(x / 0.12) ** 2 + ((y - 0.7) / 0.18) ** 2 <= 1] = 600
    return flat + random.normal(0, 20, shape).astype(np.float32)


def _noise(low: Image, high: Image, random: _Random) -> _Pair:
    deviation = random.uniform(0.05, 0.5)
    return _normal(low, random, deviation), _normal(high, random, deviation)


def _empty(low: Image, high: Image, random: _Random) -> _Pair:
    return _normal(low, random, _AIR_NOISE_PER_CM), _normal(high, random, _AIR_NOISE_PER_CM)


def _constant(low: Image, high: Image, random: _Random) -> _Pair:
    value = random.uniform(0.02, ALUMINIUM.high_per_cm)
    return np.full_like(low, value * WATER.ratio), np.full_like(high, value)


def _metal_block(low: Image, high: Image, random: _Random) -> _Pair:
    low, high = _empty(low, high, random)
    place = tuple(
        slice(int(size * (0.5 - half)), int(size * (0.5 + half)) + 1)
        for size, half in zip(high.shape, random.uniform(0.1, 0.25, 3), strict=True)
    )
    low[place] += STEEL.low_per_cm
    high[place] += STEEL.high_per_cm
    return low, high


def _shifted(low: Image, high: Image, random: _Random) -> _Pair:
    """So that the middle of the parcel lies at the volume's two ends."""
    middle = _middle(high)
    return np.roll(low, -middle, axis=0), np.roll(high, -middle, axis=0)


def _upside_down(low: Image, high: Image, random: _Random) -> _Pair:
    return np.ascontiguousarray(low[:, ::-1]), np.ascontiguousarray(high[:, ::-1])


def _swapped(low: Image, high: Image, random: _Random) -> _Pair:
    return high, low


def _scaled(low: Image, high: Image, random: _Random) -> _Pair:
    return low * np.float32(random.choice((0.67, 1.33))), high


def _mush(low: Image, high: Image, random: _Random) -> _Pair:
    return ndimage.uniform_filter(low, 8), ndimage.uniform_filter(high, 8)


def _cropped(low: Image, high: Image, random: _Random) -> _Pair:
    end = max(_middle(high), 16)
    return low[:end].copy(), high[:end].copy()


def _salt(low: Image, high: Image, random: _Random) -> _Pair:
    where = random.random(high.shape, np.float32) < 0.02
    return (
        np.where(where, np.float32(STEEL.low_per_cm), low),
        np.where(where, np.float32(STEEL.high_per_cm), high),
    )


def _inverted(low: Image, high: Image, random: _Random) -> _Pair:
    return np.float32(WATER.low_per_cm) - low, np.float32(WATER.high_per_cm) - high


def _middle(high: Image) -> int:
    """The slice in which the parcel's centre of mass lies."""
    profile = np.maximum(high.sum(axis=(1, 2), dtype=np.float64), 1e-9)
    return int((profile * np.arange(len(high))).sum() / profile.sum())


def _normal(like: Image, random: _Random, deviation: float) -> Image:
    return random.standard_normal(like.shape, np.float32) * np.float32(deviation)


_MAKERS: dict[OddKind, Callable[[Image, Image, _Random], _Pair]] = {
    OddKind.MEDICAL_HU: _medical_hu,
    OddKind.MEDICAL_SCALED: _medical_scaled,
    OddKind.NOISE: _noise,
    OddKind.EMPTY: _empty,
    OddKind.CONSTANT: _constant,
    OddKind.METAL_BLOCK: _metal_block,
    OddKind.SHIFTED: _shifted,
    OddKind.UPSIDE_DOWN: _upside_down,
    OddKind.SWAPPED_ENERGIES: _swapped,
    OddKind.SCALED_ENERGY: _scaled,
    OddKind.MUSH: _mush,
    OddKind.CROPPED: _cropped,
    OddKind.SALT: _salt,
    OddKind.INVERTED: _inverted,
}
