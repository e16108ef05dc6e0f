"""What a voxel is made of, told from its attenuation at two energies, for screens to colour; pure.

The trade's three colours stand for effective atomic numbers below 10 (organic), 10 to 18 (mixed: glass,
aluminium, salts) and above (metal). The ratio of low to high energy tells organic from mixed: polyethylene
1.17, water 1.29, glass 1.55, aluminium 1.56. Steel starves the rays, so that its ratio says nothing: beyond a
certain attenuation all is metal.
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
METAL_FROM = 0.9
MIXED_FROM_RATIO = 1.42
MIXED_FROM = 0.3  # by attenuation alone, where there is one energy
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
    if volume.low is None:
        classes[high >= MIXED_FROM] = Class.MIXED
    else:
        smooth_high, smooth_low = _smoothed(high), _smoothed(volume.low)
        classes[smooth_low >= MIXED_FROM_RATIO * smooth_high] = Class.MIXED
    classes[high >= METAL_FROM] = Class.METAL
    classes[~(high >= AIR_BELOW)] = Class.AIR  # what is no number is nothing
    return classes


def _smoothed(image: Image) -> Image:
    smooth: Any = ndimage.uniform_filter(image, _SMOOTHED, mode="nearest")
    return smooth
