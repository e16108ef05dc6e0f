"""Draws phantoms for the reviewers: bodies of known material in air, blurred, with noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.calibration import Reference
from models.volume import Volume

SHAPE = (110, 72, 80)  # z, y, x: 440×288×320 mm
SPACING_MM = 4.0
Triple = tuple[float, float, float]

AIR = Reference(0.0, 1e-9, 0.0)
# These are estimates, not measured: they show that the rules work, not how real goods read.
LEAD = Reference(6.5, 6.5, 11.3)  # at the machine's saturation
EXPLOSIVE = Reference(0.355, 0.272, 1.6)  # of water's atomic number, but denser
POWDER = Reference(0.150, 0.102, 0.6)  # a salt: a ratio of 1.47 at a low density
CELL = Reference(1.00, 0.62, 2.6)  # of a lithium battery


def loose(density: float) -> Reference:
    """Cloth, paper, cardboard: cellulose and air."""
    return Reference(0.205 * density, 0.165 * density, density)


@dataclass
class Phantom:
    """A volume to draw in; positions are mm, in the order z, y, x, of the volume."""

    shape: tuple[int, int, int] = SHAPE
    spacing_mm: Triple = (SPACING_MM, SPACING_MM, SPACING_MM)
    noise_per_cm: float = 0.012
    seed: int = 7

    def __post_init__(self) -> None:
        self._low = np.zeros(self.shape, dtype=np.float32)
        self._high = np.zeros(self.shape, dtype=np.float32)
        self._density = np.zeros(self.shape, dtype=np.float32)

    def box(self, corner: Triple, size: Triple, material: Reference) -> "Phantom":
        """A massive box."""
        offsets = self._offsets(corner, size)
        return self._fill(np.maximum(np.maximum(offsets[0], offsets[1]), offsets[2]) <= 1, material)

    def ellipsoid(self, corner: Triple, size: Triple, material: Reference) -> "Phantom":
        """An ellipsoid that fills its box."""
        z, y, x = self._offsets(corner, size)
        return self._fill(z**2 + y**2 + x**2 <= 1, material)

    def cylinder(self, corner: Triple, size: Triple, material: Reference) -> "Phantom":
        """A cylinder along z."""
        z, y, x = self._offsets(corner, size)
        return self._fill((y**2 + x**2 <= 1) & (z <= 1), material)

    def shell(self, corner: Triple, size: Triple, wall_mm: float, material: Reference) -> "Phantom":
        """A hollow box; a wall thinner than a voxel is drawn as one of less density."""
        drawn_mm = max(wall_mm, self.spacing_mm[0])
        share = wall_mm / drawn_mm
        inner_corner = (corner[0] + drawn_mm, corner[1] + drawn_mm, corner[2] + drawn_mm)
        inner_size = (size[0] - 2 * drawn_mm, size[1] - 2 * drawn_mm, size[2] - 2 * drawn_mm)
        return self.sheet(corner, size, share, material).box(inner_corner, inner_size, AIR)

    def sheet(self, corner: Triple, size: Triple, share: float, material: Reference) -> "Phantom":
        """A box that fills its voxels to a share, as a sheet thinner than a voxel does."""
        part = Reference(
            material.low_per_cm * share, material.high_per_cm * share, material.density_g_cm3 * share
        )
        return self.box(corner, size, part)

    def drawn_mass_g(self) -> float:
        """Of all that is drawn."""
        z, y, x = self.spacing_mm
        return float(self._density.sum(dtype=np.float64)) * z * y * x / 1000

    def volume(self, *, clipped: bool = False) -> Volume:
        """Blurred by one voxel, with noise; `clipped`: as a machine that has no negative values."""
        random = np.random.default_rng(self.seed)
        images: list[NDArray[np.float32]] = []
        for image in (self._low, self._high):
            seen = ndimage.gaussian_filter(image, 1.0)
            seen = seen + random.normal(0, self.noise_per_cm, self.shape).astype(np.float32)
            images.append(np.maximum(seen, 0) if clipped else seen)
        return Volume(high=images[1], low=images[0], spacing_mm=self.spacing_mm)

    def _offsets(self, corner: Triple, size: Triple) -> list[NDArray[np.float64]]:
        """Distance of each voxel's middle from the body's middle along each axis; 1 is the body's face."""
        offsets: list[NDArray[np.float64]] = []
        for axis in range(3):
            middles = (np.arange(self.shape[axis]) + 0.5) * self.spacing_mm[axis]
            from_middle = np.abs(middles - corner[axis] - size[axis] / 2) / max(size[axis] / 2, 1e-9)
            offsets.append(from_middle.reshape([-1 if each == axis else 1 for each in range(3)]))
        return offsets

    def _fill(self, inside: NDArray[np.bool_], material: Reference) -> "Phantom":
        self._low[inside] = material.low_per_cm
        self._high[inside] = material.high_per_cm
        self._density[inside] = material.density_g_cm3
        return self


BOX_CORNER: Triple = (100.0, 120.0, 60.0)
BOX_SIZE: Triple = (240.0, 140.0, 200.0)


def carton(**how: float) -> Phantom:
    """A cardboard box of 240×140×200 mm with some cloth at its bottom, and room above and beside it."""
    phantom = Phantom(noise_per_cm=how.get("noise_per_cm", 0.012), seed=int(how.get("seed", 7)))
    phantom.shell(BOX_CORNER, BOX_SIZE, 3.0, loose(0.6))
    return phantom.box((108.0, 228.0, 68.0), (224.0, 28.0, 184.0), loose(0.22))
