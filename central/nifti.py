"""Volumes as NIfTI files for the browser's viewer, upright in its world; pure."""

import gzip
from typing import Any

import nibabel as nib
import numpy as np

from central.materials import Classes
from models.volume import Volume

_LIMIT = 32_767
_LEVEL = 1  # of gzip: noise hardly packs, and somebody waits


def attenuation(volume: Volume) -> bytes:
    """The high energy's attenuation in thousandths of 1/cm, int16."""
    values = np.nan_to_num(volume.high * np.float32(1000), nan=0.0, posinf=_LIMIT, neginf=-_LIMIT)
    return _file(np.clip(np.rint(values), -_LIMIT, _LIMIT).astype(np.int16), volume.spacing_mm)


def materials(volume: Volume, classes: Classes) -> bytes:
    """The class of every voxel, uint8."""
    return _file(classes, volume.spacing_mm)


def _file(values: Any, spacing_mm: tuple[float, float, float]) -> bytes:
    """NIfTI-1, gzipped; its axes are x, y, z.

    World axes are right, ahead, up: x, z and -y of the volume, whose first row is its top. Millimetres count
    from the corner of the first voxel, as those of findings do.
    """
    z_mm, y_mm, x_mm = spacing_mm
    affine = np.array(
        [[x_mm, 0, 0, x_mm / 2], [0, 0, z_mm, z_mm / 2], [0, -y_mm, 0, -y_mm / 2], [0, 0, 0, 1]]
    )
    image: Any = nib.Nifti1Image(np.transpose(values, (2, 1, 0)), affine)  # pyright: ignore[reportPrivateImportUsage]
    image.header.set_slope_inter(1, 0)
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), _LEVEL, mtime=0)
