"""What the scanner sees of a parcel's contents: one interface, and the voxel model behind it.

The voxel model knows each material's attenuation, the detector's blur and its noise; it knows no rays: no
streaks, no starvation, no scatter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.ct.materials import attenuation
from simulators.ct.solids import Contents, Shape, Solid

SHAPE = (192, 128, 128)  # z along the belt from the parcel's front, y from the top down, x across
SPACING_MM = 4.0
SLOPE, INTERCEPT = 1e-4, -0.05  # attenuation in 1/cm = stored value × slope + intercept
LARGEST = 65_535  # the scanner's range ends at 6.5 / cm

_BLUR_VOXELS = 1.0
_BLUR_SIZE = 7
_PAD = 4  # voxels around the parcel that the blur reaches
_FLOOR_ROWS = 8  # between the parcel's bottom and the last row
_NOISE = (0.005, 0.0035)  # 1/cm, low and high energy

Stored = NDArray[np.uint16]
_Slices = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class DualImage:
    """One scan's two volumes as stored, (z, y, x) of SHAPE."""

    low: Stored
    high: Stored


class Renderer(Protocol):
    """Turns contents into a scan; the same contents and seed give the same scan."""

    def render(self, contents: Contents, seed: str) -> DualImage: ...  # noqa: D102


class VoxelRenderer:
    """Draws solids into the box around the parcel, blurs that, and lays it over noise made beforehand.

    Args:
        seed: of the noise, which each scan meets at an offset of its own.
    """

    def __init__(self, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self._empty = tuple(
            np.rint(random.normal(-INTERCEPT, sigma, SHAPE) / SLOPE)
            .clip(0, LARGEST)
            .astype(np.uint16)
            .ravel()
            for sigma in _NOISE
        )

    def render(self, contents: Contents, seed: str) -> DualImage:
        """A scan of the contents; ValueError if they do not fit the tunnel."""
        place = _place(contents)
        bodies = _drawn(contents, place)
        shift = Random(f"{seed} noise").randrange(self._empty[0].size)  # noqa: S311  a plant, not a secret
        images: list[Stored] = []
        for energy, empty in enumerate(self._empty):
            values = np.array(
                [0.0, *(attenuation(solid.material, solid.density)[energy] for solid in contents.solids)],
                np.float32,
            )
            seen = _blurred((values / np.float32(SLOPE))[bodies])
            image = np.roll(empty, shift).reshape(SHAPE)
            window = image[place]
            window[...] = np.minimum(seen + window, LARGEST)
            images.append(image)
        return DualImage(*images)


def _place(contents: Contents) -> _Slices:
    """Where the parcel lies in the image, with the blur's reach around it."""
    size = [round(size_mm / SPACING_MM) for size_mm in contents.size_mm]
    front = [(whole - own) // 2 for whole, own in zip(SHAPE, size, strict=True)]
    front[1] = SHAPE[1] - _FLOOR_ROWS - size[1]
    if min(front) < _PAD:
        raise ValueError(f"a parcel of {contents.size_mm} mm does not fit the tunnel")
    z, y, x = (slice(first - _PAD, first + length + _PAD) for first, length in zip(front, size, strict=True))
    return (z, y, x)


def _drawn(contents: Contents, place: _Slices) -> NDArray[np.intp]:
    """Which solid is in each voxel of the place: 1 is the first, 0 is air."""
    bodies = np.zeros([each.stop - each.start for each in place], np.intp)
    for number, solid in enumerate(contents.solids, start=1):
        _draw(bodies, solid, number, 0.0)
        if solid.wall_mm:
            _draw(bodies, solid, 0, solid.wall_mm)
    return bodies


def _draw(bodies: NDArray[np.intp], solid: Solid, number: int, inset_mm: float) -> None:
    """Fill the voxels whose centres lie within a solid, or that far inside it."""
    begin_mm = [corner_mm + inset_mm for corner_mm in solid.corner_mm]
    size_mm = [max(0.0, size_mm - 2 * inset_mm) for size_mm in solid.size_mm]
    z, y, x = (
        slice(_PAD + _voxel(begin), _PAD + _voxel(begin + size))
        for begin, size in zip(begin_mm, size_mm, strict=True)
    )
    window = bodies[z, y, x]
    if solid.shape is Shape.BOX or not window.size:
        window[...] = number
        return
    round_off = [
        axis
        for axis, straight in enumerate(("cylinder_z", "cylinder_y", "cylinder_x"))
        if solid.shape != straight
    ]
    offsets = sum(_offsets(window.shape, begin_mm, size_mm, round_off), np.zeros(window.shape))
    window[offsets <= 1] = number


def _offsets(
    shape: tuple[int, ...], begin_mm: list[float], size_mm: list[float], axes: list[int]
) -> Iterator[NDArray[np.floating]]:
    """Along each axis how far each voxel's centre is from the middle, squared; 1 at the rim."""
    for axis in axes:
        first = _voxel(begin_mm[axis])
        centres_mm = (np.arange(first, first + shape[axis]) + 0.5) * SPACING_MM
        half_mm = size_mm[axis] / 2
        offset = ((centres_mm - begin_mm[axis] - half_mm) / half_mm) ** 2
        yield offset.reshape([-1 if each == axis else 1 for each in range(3)])


def _voxel(position_mm: float) -> int:
    """The first voxel whose centre lies at or behind a position."""
    return round(position_mm / SPACING_MM)


def _blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """The image with a Gaussian blur in three dimensions."""
    depth, height, width = image.shape
    size = _BLUR_SIZE
    along = cv2.GaussianBlur(
        image.reshape(depth, height * width), (1, size), sigmaX=_BLUR_VOXELS, sigmaY=_BLUR_VOXELS
    ).reshape(depth, height, width)
    for plane in along:
        cv2.GaussianBlur(plane, (size, size), _BLUR_VOXELS, dst=plane)
    return np.asarray(along, np.float32)
