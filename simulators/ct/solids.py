"""The shapes a parcel's contents are made of, with volume and mass; positions in mm of the parcel.

Axes as in a scan: z along the belt from the parcel's front, y down from its top, x across from its left side.
"""

from enum import StrEnum
from math import pi

from msgspec import Struct

from simulators.ct.materials import Material

Triple = tuple[float, float, float]  # z, y, x


class Shape(StrEnum):
    """What fills a solid's box: all of it, a cylinder along an axis of it, or an ellipsoid."""

    BOX = "box"
    CYLINDER_Z = "cylinder_z"
    CYLINDER_Y = "cylinder_y"
    CYLINDER_X = "cylinder_x"
    ELLIPSOID = "ellipsoid"


_FILLED = {Shape.BOX: 1.0, Shape.ELLIPSOID: pi / 6}


class Solid(Struct, frozen=True):
    """One homogeneous body; with a wall it is hollow, and what is inside are later solids. None overlap."""

    shape: Shape
    corner_mm: Triple
    size_mm: Triple
    material: Material
    density: float  # g/cm³
    wall_mm: float = 0.0  # 0: it is massive

    @property
    def volume_cm3(self) -> float:
        """Of its material, without the hollow."""
        outer = _volume_cm3(self.shape, self.size_mm)
        if not self.wall_mm:
            return outer
        inner_mm = (
            max(0.0, self.size_mm[0] - 2 * self.wall_mm),
            max(0.0, self.size_mm[1] - 2 * self.wall_mm),
            max(0.0, self.size_mm[2] - 2 * self.wall_mm),
        )
        return outer - _volume_cm3(self.shape, inner_mm)

    @property
    def mass_g(self) -> float:
        """Of its material."""
        return self.volume_cm3 * self.density


class Contents(Struct, frozen=True):
    """A parcel and all that is in it; the first solid is its own box or bag."""

    size_mm: Triple
    solids: tuple[Solid, ...]

    @property
    def mass_g(self) -> float:
        """Of the whole parcel."""
        return sum(solid.mass_g for solid in self.solids)


def _volume_cm3(shape: Shape, size_mm: Triple) -> float:
    z_mm, y_mm, x_mm = size_mm
    return _FILLED.get(shape, pi / 4) * z_mm * y_mm * x_mm / 1000
