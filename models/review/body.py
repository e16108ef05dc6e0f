"""Where in a volume the item is, how long it is and what it weighs."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.calibration import DensityMap
from models.review.filters import Mask, box_mean, dilated, pooled
from models.review.settings import BodyLimits
from models.volume import Image, Volume

_POOL = 2  # the item is sought on a grid of half the resolution
_END_SLICES = 8  # at each end of the volume: air, if the item is not cut off
_SURELY_STEEL_PER_CM = 1.0
_Place = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Body:
    """The item cut out of its volume.

    `high` and `low` are the part of the volume around the item, shape (z, y, x), from the corner
    `origin_mm` (z, y, x) on.
    """

    high: Image
    low: Image | None
    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    air_per_cm: float  # what air reads
    length_mm: float
    mass_g: float

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in cm³."""
        z, y, x = self.spacing_mm
        return z * y * x / 1000


def on_working_grid(volume: Volume, limits: BodyLimits) -> Volume:
    """The volume with voxels averaged until they are about the working size; the same volume if they are."""
    z, y, x = (max(1, int(limits.working_mm / each)) for each in volume.spacing_mm)
    if z == y == x == 1:
        return volume
    spacing_z, spacing_y, spacing_x = volume.spacing_mm
    return Volume(
        high=pooled(volume.high, (z, y, x)),
        low=None if volume.low is None else pooled(volume.low, (z, y, x)),
        spacing_mm=(spacing_z * z, spacing_y * y, spacing_x * x),
    )


def _air(smooth: Image, limits: BodyLimits) -> tuple[float, float]:
    """What air reads, in 1/cm: zero, or a little more where a machine cuts negative noise off; and its noise.

    Measured at the sides and the top, where no item is unless it is cut off; then zero is taken.
    """
    borders = (smooth[:, :2], smooth[:, :, :2], smooth[:, :, -2:])
    values = np.concatenate([each.ravel() for each in borders])
    air = float(np.median(values))
    noise = float(np.median(np.abs(values - air))) * 1.4826  # of a normal distribution
    return (air, noise) if abs(air) < limits.air_per_cm else (0.0, noise)


def find_body(volume: Volume, limits: BodyLimits, density: DensityMap) -> Body | None:
    """The item in a volume on the working grid; None if there is nothing but air."""
    smooth = box_mean(pooled(volume.high, (_POOL, _POOL, _POOL)), 3)
    air, noise = _air(smooth, limits)
    level = smooth - air
    least, most = limits.level_per_cm
    found = _kept_parts(level, min(max(least, limits.level_noises * noise), most), limits.kept_share)
    if found is None:
        return None
    region, (part, coarse_mask) = found
    high = volume.high[region]
    low = None if volume.low is None else volume.low[region]
    z, y, x = volume.spacing_mm
    grams = _mass(high, coarse_mask, density) - _mass_of_air(level[part], coarse_mask, air, density)
    mass_g = grams * z * y * x / 1000
    length_mm = _length_slices(volume.high, region, limits) * z
    starts = tuple(each.start * size for each, size in zip(region, volume.spacing_mm, strict=True))
    origin_mm = (starts[0], starts[1], starts[2])
    return Body(high, low, origin_mm, volume.spacing_mm, air, length_mm, mass_g)


def _kept_parts(
    level: Image, limit_per_cm: float, kept_share: float
) -> tuple[_Place, tuple[_Place, Mask]] | None:
    """Fine-grid region around all parts of the item; the same on the coarse grid, with their mask in it."""
    above = level > limit_per_cm
    labels, count = cast("tuple[NDArray[np.int32], int]", ndimage.label(above))
    if count == 0:
        return None
    weights = np.bincount(labels.ravel(), weights=level.ravel(), minlength=count + 1)
    weights[0] = 0
    kept = weights >= kept_share * weights.max()
    kept[0] = False
    mask = dilated(kept[labels].astype(np.uint8))
    bounds: list[slice] = []
    inner: list[slice] = []
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        places = np.flatnonzero(mask.any(axis=others))
        first, last = int(places[0]), int(places[-1]) + 1
        inner.append(slice(first, last))
        bounds.append(slice(first * _POOL, last * _POOL))
    place = (inner[0], inner[1], inner[2])
    return (bounds[0], bounds[1], bounds[2]), (place, mask[place])


def _mass(high: Image, coarse_mask: Mask, density: DensityMap) -> float:
    """Sum of density over the voxels of a mask."""
    mask = coarse_mask
    for axis in range(3):
        mask = mask.repeat(_POOL, axis=axis)
    steel = (high > _SURELY_STEEL_PER_CM).astype(np.uint8)
    if steel.any():
        steel = dilated(steel, 2)
    return float(np.sum(density.density(high, steel) * mask, dtype=np.float64))


def _mass_of_air(level: Image, mask: Mask, air_per_cm: float, density: DensityMap) -> float:
    """What cut-off noise adds to that sum: all of it in the air between things, nothing in what is dense."""
    if air_per_cm <= 0:
        return 0.0
    share = np.clip(1 - level / (4 * air_per_cm), 0, 1) * mask
    return float(share.sum(dtype=np.float64)) * _POOL**3 * air_per_cm * density.light_g_cm2


def _length_slices(high: Image, region: _Place, limits: BodyLimits) -> int:
    """How many slices the item takes, from the mean of each slice over the item's cross-section.

    The mean of thousands of voxels shows even the thin end of an empty box, which no single voxel does. All
    slices are looked at: whatever else lies in the image makes the item seem longer, which the comparison
    with the eye finds.
    """
    along_z, rows, columns = region
    profile = high[:, rows, columns].mean(axis=(1, 2), dtype=np.float32)
    ends = np.concatenate(
        [profile[: min(_END_SLICES, along_z.start)], profile[max(len(profile) - _END_SLICES, along_z.stop) :]]
    )
    background, noise = (float(np.median(ends)), float(ends.std())) if ends.size >= 4 else (0.0, 0.0)
    above_air = profile - background
    typical = float(np.median(above_air[along_z]))
    above = above_air > max(limits.profile_per_cm, 5 * noise, limits.profile_share * typical)
    places = np.flatnonzero(above[1:] & above[:-1])  # two in a row: one may be noise
    # So low a limit lies about one voxel of blur before and behind the item, which its two ends are less.
    return int(places[-1] - places[0]) if places.size else 0
