"""Ordinary goods that fill one cell of a parcel: soft ones whose density gives, and hard ones with their own.

Nothing here is more than it seems: no liquid of 80 ml or more, no blade, no heavy metal.
"""

from collections.abc import Callable, Iterator
from random import Random

from msgspec import Struct

from simulators.ct.materials import PROPERTIES, Material
from simulators.ct.solids import Shape, Solid, Triple

VOXEL_MM = 4.0  # edges lie on this raster, so that a wall of one raster step is one voxel

_SMALLEST_MM = 12.0
_JAR_MM = (44.0, 36.0)  # height and diameter of the largest jar: 22 ml


class Cell(Struct, frozen=True):
    """A free box in a parcel."""

    corner_mm: Triple
    size_mm: Triple

    def inner(self, size_mm: Triple, random: Random) -> Triple:
        """A corner on the raster for a body of that size somewhere in the cell, at its bottom."""
        z_mm, x_mm = (
            VOXEL_MM * random.randint(0, int((self.size_mm[axis] - size_mm[axis]) // VOXEL_MM))
            for axis in (0, 2)
        )
        bottom_mm = self.corner_mm[1] + self.size_mm[1] - size_mm[1]
        return (self.corner_mm[0] + z_mm, bottom_mm, self.corner_mm[2] + x_mm)


class Goods(Struct, frozen=True):
    """What fills a cell. The densities of `soft` are right relative to each other; a packer sets them."""

    soft: tuple[Solid, ...] = ()
    hard: tuple[Solid, ...] = ()


def textiles(cell: Cell, random: Random) -> Goods:
    """Folded clothes: layers of different looseness."""
    return Goods(soft=tuple(_layers(cell, Material.TEXTILE, (24, 60), 0.25, random)))


def books(cell: Cell, random: Random) -> Goods:
    """A pile of books or magazines."""
    return Goods(soft=tuple(_layers(cell, Material.PAPER, (16, 40), 0.08, random)))


def toy(cell: Cell, random: Random) -> Goods:
    """A hollow thing of plastic, thin-walled."""
    shape = random.choice((Shape.BOX, Shape.ELLIPSOID, Shape.CYLINDER_Y))
    size_mm = _part(cell, (0.6, 0.95), random, most_mm=200)
    corner_mm = cell.inner(size_mm, random)
    density = PROPERTIES[Material.PLASTIC].density * random.uniform(0.4, 0.7)
    return Goods(hard=(Solid(shape, corner_mm, size_mm, Material.PLASTIC, density, wall_mm=VOXEL_MM),))


def mug(cell: Cell, random: Random) -> Goods:
    """A piece of crockery."""
    across_mm = min(_raster(random.uniform(70, 96)), cell.size_mm[0], cell.size_mm[2])
    size_mm = (across_mm, min(_raster(random.uniform(80, 110)), cell.size_mm[1]), across_mm)
    corner_mm = cell.inner(size_mm, random)
    density = PROPERTIES[Material.CERAMIC].density
    return Goods(
        hard=(Solid(Shape.CYLINDER_Y, corner_mm, size_mm, Material.CERAMIC, density, wall_mm=VOXEL_MM),)
    )


def jar(cell: Cell, random: Random) -> Goods:
    """A small jar of cream, well under 80 ml."""
    height_mm, across_mm = min(_JAR_MM[0], cell.size_mm[1]), min(_JAR_MM[1], cell.size_mm[0], cell.size_mm[2])
    size_mm = (across_mm, height_mm, across_mm)
    corner_mm = cell.inner(size_mm, random)
    inner_mm = (across_mm - 2 * VOXEL_MM, height_mm - 2 * VOXEL_MM, across_mm - 2 * VOXEL_MM)
    inside_mm = (corner_mm[0] + VOXEL_MM, corner_mm[1] + VOXEL_MM, corner_mm[2] + VOXEL_MM)
    plastic, water = PROPERTIES[Material.PLASTIC], PROPERTIES[Material.WATER]
    return Goods(
        hard=(
            Solid(Shape.CYLINDER_Y, corner_mm, size_mm, Material.PLASTIC, plastic.density, wall_mm=VOXEL_MM),
            Solid(Shape.CYLINDER_Y, inside_mm, inner_mm, Material.WATER, water.density),
        )
    )


def tin(cell: Cell, random: Random) -> Goods:
    """A tin of tea: half a millimetre of aluminium around loose leaves."""
    across_mm = min(_raster(random.uniform(64, 92)), cell.size_mm[0], cell.size_mm[2])
    size_mm = (across_mm, min(_raster(random.uniform(64, 120)), cell.size_mm[1]), across_mm)
    corner_mm = cell.inner(size_mm, random)
    inner_mm = (size_mm[0] - 2 * VOXEL_MM, size_mm[1] - 2 * VOXEL_MM, size_mm[2] - 2 * VOXEL_MM)
    inside_mm = (corner_mm[0] + VOXEL_MM, corner_mm[1] + VOXEL_MM, corner_mm[2] + VOXEL_MM)
    wall = PROPERTIES[Material.ALUMINIUM].density / 8
    leaves = random.uniform(0.15, 0.3)
    return Goods(
        hard=(
            Solid(Shape.CYLINDER_Y, corner_mm, size_mm, Material.ALUMINIUM, wall, wall_mm=VOXEL_MM),
            Solid(Shape.CYLINDER_Y, inside_mm, inner_mm, Material.TEXTILE, leaves),
        )
    )


def gadget(cell: Cell, random: Random) -> Goods:
    """A small device: plastic case, board, a flat battery, an aluminium part."""
    size_mm = _part(cell, (0.5, 0.9), random, most_mm=140)
    corner_mm = cell.inner(size_mm, random)
    case = PROPERTIES[Material.PLASTIC].density * random.uniform(0.4, 0.6)
    solids = [Solid(Shape.BOX, corner_mm, size_mm, Material.PLASTIC, case, wall_mm=VOXEL_MM)]
    room = _hollow(corner_mm, size_mm)
    if min(room.size_mm) >= 2 * VOXEL_MM and room.size_mm[0] >= 24 and room.size_mm[2] >= 32:
        z_mm, y_mm, x_mm = room.corner_mm
        board_mm = (room.size_mm[0], VOXEL_MM, room.size_mm[2])
        board = PROPERTIES[Material.CIRCUIT].density * 0.5
        solids.append(
            Solid(
                Shape.BOX, (z_mm, y_mm + room.size_mm[1] - VOXEL_MM, x_mm), board_mm, Material.CIRCUIT, board
            )
        )
        cell_mm = (min(40.0, room.size_mm[0]), VOXEL_MM, min(28.0, room.size_mm[2]))
        solids.append(
            Solid(Shape.BOX, room.corner_mm, cell_mm, Material.CELL, PROPERTIES[Material.CELL].density)
        )
    return Goods(hard=tuple(solids))


def fittings(cell: Cell, random: Random) -> Goods:
    """A few small metal parts, each some cubic centimetres, apart from each other."""
    solids: list[Solid] = []
    step_mm = 40.0
    for place in range(random.randint(1, 3)):
        material = random.choice((Material.ALUMINIUM, Material.ALUMINIUM, Material.STEEL))
        density = PROPERTIES[material].density * random.uniform(0.5, 0.9)
        edge_mm = VOXEL_MM * random.randint(2, 3 if material is Material.STEEL else 4)
        size_mm = (min(1.5 * edge_mm // VOXEL_MM * VOXEL_MM, cell.size_mm[0]), edge_mm, edge_mm)
        z_mm = cell.corner_mm[0] + place * step_mm
        if z_mm + size_mm[0] > cell.corner_mm[0] + cell.size_mm[0]:
            break
        y_mm = cell.corner_mm[1] + cell.size_mm[1] - edge_mm
        solids.append(Solid(Shape.CYLINDER_Z, (z_mm, y_mm, cell.corner_mm[2]), size_mm, material, density))
    return Goods(hard=tuple(solids))


SOFT: tuple[Callable[[Cell, Random], Goods], ...] = (textiles, textiles, books)
HARD: tuple[tuple[Callable[[Cell, Random], Goods], float], ...] = (  # what, and the least edge of its cell
    (toy, 40),
    (toy, 40),
    (mug, 64),
    (jar, 36),
    (tin, 64),
    (gadget, 48),
    (fittings, 40),
)


def _layers(
    cell: Cell, material: Material, thick_mm: tuple[int, int], spread: float, random: Random
) -> Iterator[Solid]:
    """Lying one on the other from the cell's bottom, with a gap here and there."""
    z_mm, y_mm, x_mm = cell.corner_mm
    depth_mm, height_mm, width_mm = cell.size_mm
    inset_mm = VOXEL_MM if min(depth_mm, width_mm) >= 60 else 0.0
    below_mm = y_mm + height_mm
    while below_mm - y_mm >= VOXEL_MM:
        layer_mm = min(_raster(random.uniform(*thick_mm)), below_mm - y_mm)
        if below_mm - layer_mm - y_mm < _SMALLEST_MM:
            layer_mm = below_mm - y_mm
        yield Solid(
            Shape.BOX,
            (z_mm + inset_mm, below_mm - layer_mm, x_mm + inset_mm),
            (depth_mm - 2 * inset_mm, layer_mm, width_mm - 2 * inset_mm),
            material,
            random.uniform(1 - spread, 1 + spread),
        )
        below_mm -= layer_mm
        if random.random() < 0.4 and below_mm - y_mm > 2 * _SMALLEST_MM:
            below_mm -= VOXEL_MM


def _part(cell: Cell, share: tuple[float, float], random: Random, *, most_mm: float) -> Triple:
    """A size that fits into a cell."""
    z_mm, y_mm, x_mm = (
        min(size_mm, max(_SMALLEST_MM, _raster(min(most_mm, size_mm * random.uniform(*share)))))
        for size_mm in cell.size_mm
    )
    return (z_mm, y_mm, x_mm)


def _hollow(corner_mm: Triple, size_mm: Triple) -> Cell:
    z_mm, y_mm, x_mm = corner_mm
    depth_mm, height_mm, width_mm = size_mm
    wall_mm = VOXEL_MM
    return Cell(
        (z_mm + wall_mm, y_mm + wall_mm, x_mm + wall_mm),
        (depth_mm - 2 * wall_mm, height_mm - 2 * wall_mm, width_mm - 2 * wall_mm),
    )


def _raster(length_mm: float) -> float:
    return max(VOXEL_MM, VOXEL_MM * (length_mm // VOXEL_MM))
