"""What a parcel should not hold, as it looks in a scan: a bottle, a blade, a gun's shape, a block of metal.

Each lies in a slab of its own of the parcel, as thick as it is; shapes are coarse, sizes and masses those of
the real things.
"""

from enum import StrEnum
from random import Random

from msgspec import Struct

from simulators.ct.goods import VOXEL_MM
from simulators.ct.materials import PROPERTIES, Material
from simulators.ct.solids import Shape, Solid, Triple


class Hazard(StrEnum):
    """What is hidden in a parcel."""

    NONE = ""
    BOTTLE = "bottle"  # of some liquid
    WEAPON = "weapon"  # a blade or a gun's shape
    BLOCK = "block"  # of lead or steel: no ray comes through


class Hidden(Struct, frozen=True):
    """A hazard's solids, around a corner at 0, and the box they need."""

    size_mm: Triple
    solids: tuple[Solid, ...]

    @property
    def mass_g(self) -> float:
        """Of all of it."""
        return sum(solid.mass_g for solid in self.solids)


LEAST_WEIGHT_G = {Hazard.BOTTLE: 2_000, Hazard.WEAPON: 2_000, Hazard.BLOCK: 7_000}
LEAST_LENGTH_MM = {Hazard.BOTTLE: 320, Hazard.WEAPON: 320, Hazard.BLOCK: 240}


def hidden(hazard: Hazard, random: Random) -> Hidden:
    """A hazard of that kind; ValueError for none."""
    match hazard:
        case Hazard.BOTTLE:
            return _bottle(random)
        case Hazard.WEAPON:
            return random.choice((_blade, _gun))(random)
        case Hazard.BLOCK:
            return _block(random)
        case Hazard.NONE:
            raise ValueError("no hazard has no shape")


def _bottle(random: Random) -> Hidden:
    """200 to 800 ml of water-like liquid in a lying bottle of glass or plastic."""
    across_mm = VOXEL_MM * random.randint(15, 20)
    long_mm = VOXEL_MM * random.randint(34, 56)
    glass = random.random() < 0.5
    material = Material.GLASS if glass else Material.PLASTIC
    wall = PROPERTIES[material].density * (0.8 if glass else 0.3)
    inner_mm = (long_mm - 2 * VOXEL_MM, across_mm - 2 * VOXEL_MM, across_mm - 2 * VOXEL_MM)
    liquid = PROPERTIES[Material.WATER].density * random.uniform(0.96, 1.04)
    return Hidden(
        (long_mm, across_mm, across_mm),
        (
            Solid(
                Shape.CYLINDER_Z, (0, 0, 0), (long_mm, across_mm, across_mm), material, wall, wall_mm=VOXEL_MM
            ),
            Solid(Shape.CYLINDER_Z, (VOXEL_MM, VOXEL_MM, VOXEL_MM), inner_mm, Material.WATER, liquid),
        ),
    )


def _blade(random: Random) -> Hidden:
    """A knife of 25 to 29 cm, the blade 3 mm thick, with a plastic handle."""
    blade_mm, handle_mm = VOXEL_MM * random.randint(38, 46), VOXEL_MM * random.randint(24, 27)
    wide_mm = VOXEL_MM * random.randint(7, 9)
    steel = PROPERTIES[Material.STEEL].density * 0.75  # 3 mm in a voxel of 4
    plastic = PROPERTIES[Material.PLASTIC].density
    return Hidden(
        (blade_mm + handle_mm, 5 * VOXEL_MM, wide_mm),
        (
            Solid(Shape.BOX, (0, 2 * VOXEL_MM, 0), (blade_mm, VOXEL_MM, wide_mm), Material.STEEL, steel),
            Solid(
                Shape.CYLINDER_Z,
                (blade_mm, 0, 0),
                (handle_mm, 5 * VOXEL_MM, min(wide_mm, 24)),
                Material.PLASTIC,
                plastic,
            ),
        ),
    )


def _gun(random: Random) -> Hidden:
    """A pistol lying on its side: slide and grip at a right angle, steel with hollows, 0.7 to 1 kg."""
    slide_mm, grip_mm = VOXEL_MM * random.randint(42, 48), VOXEL_MM * random.randint(22, 26)
    thick_mm = 6 * VOXEL_MM
    steel = PROPERTIES[Material.STEEL].density
    slide = Solid(Shape.BOX, (0, 0, 0), (slide_mm, thick_mm, 32), Material.STEEL, steel * 0.55)
    grip_corner_mm = (slide_mm - 40, 0, 32)
    grip = Solid(Shape.BOX, grip_corner_mm, (40, thick_mm, grip_mm), Material.STEEL, steel * 0.35)
    return Hidden((slide_mm, thick_mm, 32 + grip_mm), (slide, grip))


def _block(random: Random) -> Hidden:
    """3 to 5 kg of lead or steel in one piece."""
    lead = random.random() < 0.5
    edge_mm = VOXEL_MM * (random.randint(15, 16) if lead else random.randint(20, 21))
    long_mm = VOXEL_MM * (random.randint(18, 20) if lead else random.randint(22, 24))
    material = Material.LEAD if lead else Material.STEEL
    size_mm = (long_mm, edge_mm, edge_mm)
    return Hidden(size_mm, (Solid(Shape.BOX, (0, 0, 0), size_mm, material, PROPERTIES[material].density),))
