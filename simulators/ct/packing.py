"""Packs a parcel: solids whose mass is its weight and whose length is its length, ordinary but for a hazard.

The interior is cut into cells, each cell gets goods, and the soft goods are made as dense as the weight asks:
loose clothes in a light parcel, paper in a heavy one.
"""

from collections.abc import Iterator
from itertools import chain
from math import exp, log
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from simulators.ct.goods import HARD, SOFT, VOXEL_MM, Cell, Goods, textiles
from simulators.ct.hazards import Hazard, Hidden, hidden
from simulators.ct.materials import Material
from simulators.ct.solids import Contents, Shape, Solid, Triple

LARGEST_MM = (600.0, 380.0, 460.0)  # what fits the tunnel with air around it: along, up, across

_DENSITY = (0.09, 0.42)  # of a parcel as a whole, g/cm³
_SOFT_DENSITY = (0.02, 0.85)
_SMALLEST_MM = (80.0, 40.0, 80.0)
_HARD_SHARE = 0.45  # of the cells, to begin with
_TRIES = 12  # for one size …
_SIZES = 12  # … of so many, each larger by this in height and width
_STEP_MM = 16.0
_BAG_BELOW_G = 700
_SHELL = {Material.CARDBOARD: 0.15, Material.PLASTIC: 0.05}  # of 4 mm: corrugated board; 0.2 mm of film


class Parcelled(Struct, frozen=True):
    """What must be known of a parcel to pack it; the same always gives the same contents."""

    seed: str
    weight_g: int
    length_mm: int
    hazard: Hazard = Hazard.NONE


def packed(parcel: Parcelled) -> Contents:
    """The contents of a parcel: within a gram of its weight, within 2 mm of its length."""
    random = Random(f"{parcel.seed} contents")  # noqa: S311  a plant, not a secret
    thing = hidden(parcel.hazard, random) if parcel.hazard else None
    size_mm = _size(parcel, thing, random)
    for _ in range(_SIZES):
        if contents := _filled(parcel, thing, size_mm, random):
            return contents
        size_mm = _larger(size_mm)
    raise ValueError(f"no contents of {parcel.weight_g} g fit into a parcel of {parcel.length_mm} mm")


def _filled(parcel: Parcelled, thing: Hidden | None, size_mm: Triple, random: Random) -> Contents | None:
    """Contents of a parcel of that size; None if all that fits is too light for its weight, or too heavy."""
    fixed = [_shell(parcel, size_mm, random)]
    room = Cell(
        (VOXEL_MM, VOXEL_MM, VOXEL_MM),
        (size_mm[0] - 2 * VOXEL_MM, size_mm[1] - 2 * VOXEL_MM, size_mm[2] - 2 * VOXEL_MM),
    )
    if thing:
        placed, room = _hide(thing, room, random)
        fixed += placed
    cells = _cut(room, random)
    to_fill_g = parcel.weight_g - sum(solid.mass_g for solid in fixed)
    for attempt in range(_TRIES):
        hard_share = _HARD_SHARE * (1 - attempt / (_TRIES - 1))
        goods = [_goods(cell, hard_share, random) for cell in cells]
        if filled := _weighted(goods, to_fill_g):
            return Contents(size_mm, (*fixed, *filled))
    return None


def _larger(size_mm: Triple) -> Triple:
    length_mm, height_mm, width_mm = size_mm
    return (length_mm, min(LARGEST_MM[1], height_mm + _STEP_MM), min(LARGEST_MM[2], width_mm + _STEP_MM))


def _size(parcel: Parcelled, thing: Hidden | None, random: Random) -> Triple:
    """Height and width for a plausible density as a whole, and for what must fit in."""
    length_mm = _raster(parcel.length_mm)
    free_g = parcel.weight_g - (thing.mass_g if thing else 0.0)
    density = exp(random.uniform(*map(log, _DENSITY)))
    section_mm2 = free_g / density * 1000 / length_mm
    height_mm = (section_mm2 * random.uniform(0.35, 0.9)) ** 0.5
    least = _SMALLEST_MM
    if thing:
        least = (least[0], thing.size_mm[1] + 80, max(least[2], thing.size_mm[2] + 40))
    height_mm = _raster(min(max(height_mm, least[1]), LARGEST_MM[1]))
    width_mm = _raster(min(max(section_mm2 / height_mm, least[2]), LARGEST_MM[2]))
    densest = free_g / (length_mm * height_mm * width_mm / 1000)
    if densest > _DENSITY[1]:  # one side was cut off: the other makes up for it
        height_mm = _raster(min(LARGEST_MM[1], height_mm * densest / _DENSITY[1] + VOXEL_MM))
    return (length_mm, height_mm, width_mm)


def _shell(parcel: Parcelled, size_mm: Triple, random: Random) -> Solid:
    bag = parcel.weight_g < _BAG_BELOW_G or (parcel.weight_g < 2 * _BAG_BELOW_G and random.random() < 0.5)
    material = Material.PLASTIC if bag else Material.CARDBOARD
    return Solid(Shape.BOX, (0.0, 0.0, 0.0), size_mm, material, _SHELL[material], wall_mm=VOXEL_MM)


def _hide(thing: Hidden, room: Cell, random: Random) -> tuple[list[Solid], Cell]:
    """Lay a hazard at the bottom of the room; what is left of the room is above it."""
    spare_mm = (room.size_mm[0] - thing.size_mm[0], room.size_mm[2] - thing.size_mm[2])
    z_mm, x_mm = (VOXEL_MM * random.randint(0, int(max(0.0, each) // VOXEL_MM)) for each in spare_mm)
    depth_mm, height_mm, width_mm = room.size_mm
    slab_mm = thing.size_mm[1] + VOXEL_MM
    top_mm = room.corner_mm[1] + height_mm - slab_mm
    corner_mm = (room.corner_mm[0] + z_mm, top_mm + VOXEL_MM, room.corner_mm[2] + x_mm)
    solids = [
        replace(solid, corner_mm=tuple(map(sum, zip(solid.corner_mm, corner_mm, strict=True))))
        for solid in thing.solids
    ]
    return solids, Cell(room.corner_mm, (depth_mm, height_mm - slab_mm, width_mm))


def _cut(room: Cell, random: Random) -> list[Cell]:
    """Cut a room into cells of 60 to 220 mm, always across the longest side."""
    longest = max(range(3), key=lambda axis: room.size_mm[axis])
    size_mm = room.size_mm[longest]
    if size_mm < 120 or (size_mm < 220 and random.random() < 0.4):
        return [room]
    first_mm = _raster(size_mm * random.uniform(0.35, 0.65))
    return [
        *_cut(_slice(room, longest, 0.0, first_mm), random),
        *_cut(_slice(room, longest, first_mm, size_mm - first_mm), random),
    ]


def _slice(room: Cell, axis: int, from_mm: float, size_mm: float) -> Cell:
    corner, size = list(room.corner_mm), list(room.size_mm)
    corner[axis] += from_mm
    size[axis] = size_mm
    return Cell((corner[0], corner[1], corner[2]), (size[0], size[1], size[2]))


def _goods(cell: Cell, hard_share: float, random: Random) -> Goods:
    if random.random() < hard_share:
        fitting = [make for make, least_mm in HARD if min(cell.size_mm) >= least_mm]
        if fitting:
            return random.choice(fitting)(cell, random)
    if min(cell.size_mm) < 24:
        return textiles(cell, random)
    return random.choice(SOFT)(cell, random)


def _weighted(goods: list[Goods], to_fill_g: float) -> tuple[Solid, ...] | None:
    """All goods with the soft ones as dense as the weight asks; None if that would be no cloth or paper."""
    hard = tuple(chain.from_iterable(each.hard for each in goods))
    soft = tuple(chain.from_iterable(each.soft for each in goods))
    soft_g = to_fill_g - sum(solid.mass_g for solid in hard)
    relative_g = sum(solid.mass_g for solid in soft)
    if not relative_g:
        return None
    densities = [solid.density * soft_g / relative_g for solid in soft]
    if min(densities) < _SOFT_DENSITY[0] or max(densities) > _SOFT_DENSITY[1]:
        return None
    return (*hard, *_with_densities(soft, densities))


def _with_densities(solids: tuple[Solid, ...], densities: list[float]) -> Iterator[Solid]:
    return (replace(solid, density=density) for solid, density in zip(solids, densities, strict=True))


def _raster(length_mm: float) -> float:
    return VOXEL_MM * round(length_mm / VOXEL_MM)
