"""What a voxel is made of, told from its attenuation at two energies, for screens to colour; pure.

The trade's three colours stand for effective atomic numbers below 10 (organic), 10 to 18 (mixed: glass,
aluminium, salts) and above (metal). The ratio of low to high energy tells organic from mixed: polyethylene
1.17, water 1.29, glass 1.55, aluminium 1.56. Steel starves the rays, so that its ratio says nothing; but it
attenuates more than anything else does, even where it fills a voxel by half: a blade must not look organic.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.findings import Material
from models.volume import Image, Volume

Classes = NDArray[np.uint8]

AIR_BELOW = 0.06  # 1/cm at the high energy
METAL_FROM = 0.5  # solid glass and aluminium have 0.39 and 0.42
MIXED_FROM_RATIO = 1.42
MIXED_FROM = 0.28  # whatever the ratio: no organic matter is so dense
METAL_RIM = 0.17  # beside metal this much is its blurred edge
_SMOOTHED = 3  # voxels: noise and half-filled voxels at surfaces make single ratios worthless


class Class(IntEnum):
    """A voxel's class as files and pictures number it."""

    AIR = 0
    ORGANIC = 1
    MIXED = 2
    METAL = 3


CLASS_OF = {Material.ORGANIC: Class.ORGANIC, Material.MIXED: Class.MIXED, Material.METAL: Class.METAL}


def classified(volume: Volume) -> Classes:
    """The class of every voxel, shape (z, y, x)."""
    high = volume.high
    classes = np.full(high.shape, Class.ORGANIC, np.uint8)
    if volume.low is not None:
        smooth_high, smooth_low = _smoothed(high), _smoothed(volume.low)
        classes[smooth_low >= MIXED_FROM_RATIO * smooth_high] = Class.MIXED
    classes[high >= MIXED_FROM] = Class.MIXED
    metal = high >= METAL_FROM
    beside: Any = ndimage.binary_dilation(metal)
    classes[metal | (beside & (high >= METAL_RIM))] = Class.METAL
    classes[~(high >= AIR_BELOW)] = Class.AIR  # what is no number is nothing
    return classes


def _smoothed(image: Image) -> Image:
    smooth: Any = ndimage.uniform_filter(image, _SMOOTHED, mode="nearest")
    return smooth
