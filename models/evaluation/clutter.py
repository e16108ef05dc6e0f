"""How cluttered a parcel's image is, by one measure for every generator."""

from math import ceil

import numpy as np

from models.findings import Box
from models.review.filters import box_mean
from models.volume import Volume

_MOST_PER_CM = 0.6  # glass and aluminium; one piece of steel would else outweigh all the rest
_SMOOTHED_VOXELS = 3


def clutter_per_cm2(volume: Volume, box_mm: Box) -> float:
    """Mean length of the gradient of high-energy attenuation in the parcel's box, in 1/cm².

    Many things, many walls, many edges: much clutter. Attenuation is clipped at that of light metal and
    smoothed over three voxels first, so that neither a block of steel nor noise counts for much. The parcel's
    box is all that is used of the truth.
    """
    z, y, x = (
        slice(max(0, int(box_mm[axis] / voxel_mm)), max(2, ceil(box_mm[axis + 3] / voxel_mm)))
        for axis, voxel_mm in zip((2, 1, 0), volume.spacing_mm, strict=True)
    )
    image = np.clip(volume.high[z, y, x], 0, _MOST_PER_CM)
    if min(image.shape, default=0) < 2:
        return 0.0
    steps = np.gradient(box_mean(image, _SMOOTHED_VOXELS), *(each / 10 for each in volume.spacing_mm))
    return float(np.sqrt(sum(each * each for each in steps)).mean())
