"""How large and of what geometry a volume may be; asked before a byte of it is allocated."""

import math

from models.formats.errors import FormatError

LARGEST_SIDE = 2048  # voxels
LARGEST_VOLUME = 512 * 2**20  # voxels
_LARGEST_SPACING_MM = 100.0

_AXES = "zyx"


def check_shape(file: str, shape: tuple[int, int, int]) -> None:
    """FormatError unless every side (z, y, x) has 2 to 2048 voxels, and all together at most 512 Mi."""
    for axis, side in zip(_AXES, shape, strict=True):
        if side == 1:
            raise FormatError(file, "shape", f"one voxel thick along {axis}: expected a volume")
        if not 1 < side <= LARGEST_SIDE:
            raise FormatError(
                file, "shape", f"expected 2 to {LARGEST_SIDE} voxels along {axis}, found {side}"
            )
    if math.prod(shape) > LARGEST_VOLUME:
        raise FormatError(
            file, "shape", f"expected at most {LARGEST_VOLUME} voxels, found {math.prod(shape)}"
        )


def check_spacing(file: str, spacing_mm: tuple[float, float, float]) -> None:
    """FormatError unless every spacing (z, y, x) is above 0 and at most 100 mm."""
    for axis, spacing in zip(_AXES, spacing_mm, strict=True):
        if not 0 < spacing <= _LARGEST_SPACING_MM:
            expectation = (
                f"expected above 0 and at most {_LARGEST_SPACING_MM:g} mm along {axis}, found {spacing:g}"
            )
            raise FormatError(file, "spacing", expectation)


def check_rescale(file: str, slope: float, intercept: float) -> None:
    """FormatError unless value × slope + intercept makes sense of 16-bit values."""
    if not 0 < slope <= 1e6:
        raise FormatError(file, "RescaleSlope", f"expected above 0 and at most 1e6, found {slope:g}")
    if not -1e9 <= intercept <= 1e9:
        raise FormatError(file, "RescaleIntercept", f"expected within 1e9 of 0, found {intercept:g}")
