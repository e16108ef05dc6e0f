"""Rules for metal: blades, firearms and heavy pieces, told by shape."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.calibration import STEEL
from models.findings import Category, Finding, FindingKind, Material
from models.review.body import Body
from models.review.components import Component, extents_mm, flat_part, sheet_components
from models.review.filters import Mask, dilated
from models.review.scores import score_above
from models.review.settings import MetalLimits, ReviewSettings
from models.volume import Image

_EDGE_VOXELS = 2  # how far blur and smoothing carry a metal's attenuation


@dataclass(frozen=True)
class _Shape:
    """A piece of metal as the rules see it."""

    length_mm: float
    width_mm: float
    thickness_mm: float
    mass_g: float  # as steel
    steel_mm: float  # mean path of steel through its largest side
    fill: float  # of the box of its extents


def find_metal(
    body: Body, high: Image, low: Image, taken: Mask, settings: ReviewSettings
) -> Iterator[Finding]:
    """Findings of metal; `high` and `low` are smoothed, `taken` is 1 where something else was found."""
    limits = settings.metal
    sheet = (
        (high >= limits.sheet_per_cm)
        & (low >= limits.sheet_ratio[0] * high)
        & (low <= limits.sheet_ratio[1] * high)
    )
    mask = (sheet | (high >= limits.solid_per_cm)) & (taken == 0)
    if np.count_nonzero(mask) < limits.least_voxels:
        return
    for component in sheet_components(mask.astype(np.uint8), high, low, body, limits.least_voxels):
        shape = _shape(component, body, settings)
        found = _judged(shape, component, limits)
        if found is None and shape.thickness_mm > limits.blade_flat_mm:
            sheet_of_it = flat_part(component, body, limits.blade_flat_mm)
            if len(sheet_of_it.voxels) >= limits.blade_share * len(component.voxels):
                shape = _shape(sheet_of_it, body, settings)
                if shape.width_mm >= limits.blade_flatness * shape.thickness_mm:
                    found = _judged(shape, sheet_of_it, limits)
        if found is None:
            continue
        kind, category, score = found
        yield Finding(
            kind=kind,
            category=category,
            score=score,
            box_mm=component.box_mm,
            material=Material.METAL,
            mass_g=round(shape.mass_g, 1),
        )


def _judged(
    shape: _Shape, component: Component, limits: MetalLimits
) -> tuple[FindingKind, Category, float] | None:
    """What a piece is; None if it is nothing to speak of."""
    if (
        _within(shape.length_mm, limits.firearm_length_mm)
        and _within(shape.width_mm, limits.firearm_height_mm)
        and _within(shape.thickness_mm, limits.firearm_thickness_mm)
        and _within(shape.fill, limits.firearm_fill)
        and shape.mass_g >= limits.firearm_g
    ):
        return FindingKind.FIREARM, Category.PROHIBITED_ITEM, score_above(shape.mass_g, limits.firearm_g)
    if (
        _within(shape.length_mm, limits.blade_length_mm)
        and _within(shape.width_mm, limits.blade_width_mm)
        and shape.thickness_mm <= limits.blade_flat_mm
        and shape.length_mm >= limits.blade_slender * shape.width_mm
        and _within(shape.steel_mm, limits.blade_steel_mm)
        and component.ratio <= limits.sheet_ratio[1]
    ):
        return (
            FindingKind.BLADE,
            Category.PROHIBITED_ITEM,
            score_above(shape.length_mm, limits.blade_length_mm[0]),
        )
    if shape.mass_g >= limits.dense_g and shape.steel_mm >= limits.dense_mm:
        return FindingKind.DENSE_METAL, Category.ANOMALY, score_above(shape.mass_g, limits.dense_g)
    return None


def _shape(component: Component, body: Body, settings: ReviewSettings) -> _Shape:
    length_mm, width_mm, thickness_mm = extents_mm(component, body)
    attenuation = _with_edge(component, body)
    mass_g = attenuation * body.voxel_ml * settings.density.steel_g_cm2
    steel_mm3 = attenuation * body.voxel_ml * 1000 / STEEL.high_per_cm
    return _Shape(
        length_mm=length_mm,
        width_mm=width_mm,
        thickness_mm=thickness_mm,
        mass_g=mass_g,
        steel_mm=steel_mm3 / (length_mm * width_mm),
        fill=component.volume_ml * 1000 / (length_mm * width_mm * thickness_mm),
    )


def _with_edge(component: Component, body: Body) -> float:
    """Sum of attenuation over a piece and the blurred edge around it."""
    first = np.maximum(component.voxels.min(axis=0) - _EDGE_VOXELS, 0)
    last = component.voxels.max(axis=0) + 1 + _EDGE_VOXELS
    place = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    part = body.high[place]
    mask = np.zeros(part.shape, dtype=np.uint8)
    z, y, x = (component.voxels - first).T
    mask[z, y, x] = 1
    return float(part[dilated(mask, _EDGE_VOXELS).astype(bool)].sum(dtype=np.float64))


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
