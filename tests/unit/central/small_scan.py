"""A small scan with water, aluminium and steel in known places, and its files."""

from typing import Any

import nibabel as nib
import numpy as np

from models.volume import Image, Volume

SHAPE = (24, 12, 16)  # z, y, x
SPACING_MM = (4.0, 2.0, 3.0)
WATER = (slice(2, 10), slice(2, 10), slice(2, 8))
ALUMINIUM = (slice(14, 22), slice(2, 10), slice(2, 8))
STEEL = (slice(2, 10), slice(5, 10), slice(10, 15))


def _image(water: float, aluminium: float, steel: float) -> Image:
    image = np.zeros(SHAPE, np.float32)
    image[WATER], image[ALUMINIUM], image[STEEL] = water, aluminium, steel
    return image


VOLUME = Volume(high=_image(0.17, 0.42, 1.9), low=_image(0.22, 0.65, 2.6), spacing_mm=SPACING_MM)


def nifti_file(image: Image) -> bytes:
    """One energy as a file."""
    z_mm, y_mm, x_mm = SPACING_MM
    made: Any = nib.Nifti1Image(  # pyright: ignore[reportPrivateImportUsage]
        np.ascontiguousarray(image.transpose(2, 1, 0)), np.diag([x_mm, y_mm, z_mm, 1])
    )
    made.header.set_xyzt_units("mm")
    return made.to_bytes()


assert VOLUME.low is not None
HIGH, LOW = nifti_file(VOLUME.high), nifti_file(VOLUME.low)
