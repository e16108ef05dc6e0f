"""Connected bodies of like material, each measured: volume, attenuation, ratio, spread, box and shape."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.findings import Box
from models.review.body import Body
from models.review.filters import Mask, dilated, eroded
from models.volume import Image

_BLUR_REACH = 2  # voxels from where a body's full height begins to its surface
_MOST = 48  # bodies looked at in one image, largest first


@dataclass(frozen=True, eq=False)
class Component:
    """One body. Attenuations are means over its core in 1/cm; `voxels` is its place in the body's arrays, as
    indices (z, y, x) in rows."""

    voxels: NDArray[np.intp]
    volume_ml: float
    core_ml: float
    high_per_cm: float
    ratio: float
    spread_per_cm: float  # standard deviation of the smoothed high energy in the core
    box_mm: Box


def solid_components(
    mask: Mask, high: Image, low: Image, body: Body, least_ml: float, layers: int
) -> Iterator[Component]:
    """Thick bodies in a mask: each is taken from its eroded core and grown back to its half-height surface.

    `high` and `low` are smoothed. Erosion by `layers` voxels takes away the thin shells that every denser
    thing's blurred edge makes, and parts bodies that touch; half the height lies on the true surface
    however wide the blur is.
    """
    core = eroded(mask, layers)
    growth = layers + _BLUR_REACH
    least_voxels = max(4, int(0.05 * least_ml / body.voxel_ml))  # a core is much smaller than its body
    for label, labels, place in _labelled(core, least_voxels):
        wide = _widened(place, growth + 1, core.shape)
        mine = (labels[wide] == label).astype(np.uint8)
        inside = mine.astype(bool)
        here_high, here_low = high[wide], low[wide]
        values = here_high[inside]
        mean_high, mean_low = float(values.mean()), float(here_low[inside].mean())
        limit = ((here_high > 0.5 * mean_high) & (here_high < 1.5 * mean_high)).astype(np.uint8)
        for _ in range(growth):
            mine = dilated(mine) & limit
        yield _measured(
            mine,
            wide,
            body,
            core_ml=values.size * body.voxel_ml,
            high_per_cm=mean_high,
            ratio=mean_low / mean_high,
            spread_per_cm=float(values.std()),
        )


def sheet_components(
    mask: Mask, high: Image, low: Image, body: Body, least_voxels: int
) -> Iterator[Component]:
    """Bodies of any thickness in a mask, as they are; ratios are weighed by attenuation."""
    for label, labels, place in _labelled(mask, least_voxels):
        mine = labels[place] == label
        values = high[place][mine]
        yield _measured(
            mine.astype(np.uint8),
            place,
            body,
            core_ml=values.size * body.voxel_ml,
            high_per_cm=float(values.mean()),
            ratio=float(low[place][mine].sum() / values.sum()),
            spread_per_cm=float(values.std()),
        )


_Place = tuple[slice, slice, slice]


def _labelled(mask: Mask, least_voxels: int) -> Iterator[tuple[int, NDArray[np.int32], _Place]]:
    """Label, label image and bounding place of each part of at least that many voxels, largest first."""
    labels, count = cast("tuple[NDArray[np.int32], int]", ndimage.label(mask))
    if count == 0:
        return
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    places = cast("list[_Place]", ndimage.find_objects(labels))
    for index in np.argsort(-sizes, kind="stable")[:_MOST]:
        if sizes[index] < least_voxels:
            return
        yield int(index) + 1, labels, places[index]


def _widened(place: _Place, by: int, shape: tuple[int, ...]) -> _Place:
    z, y, x = (
        slice(max(0, each.start - by), min(size, each.stop + by))
        for each, size in zip(place, shape, strict=True)
    )
    return z, y, x


def _measured(
    mask: Mask,
    place: _Place,
    body: Body,
    *,
    core_ml: float,
    high_per_cm: float,
    ratio: float,
    spread_per_cm: float,
) -> Component:
    voxels = np.argwhere(mask) + np.array([each.start for each in place])
    spacing = np.array(body.spacing_mm)
    first = voxels.min(axis=0) * spacing + body.origin_mm
    last = (voxels.max(axis=0) + 1) * spacing + body.origin_mm
    z0, y0, x0 = (round(float(each), 1) for each in first)
    z1, y1, x1 = (round(float(each), 1) for each in last)
    return Component(
        voxels=voxels,
        volume_ml=len(voxels) * body.voxel_ml,
        core_ml=core_ml,
        high_per_cm=high_per_cm,
        ratio=ratio,
        spread_per_cm=spread_per_cm,
        box_mm=(x0, y0, z0, x1, y1, z1),
    )


def flat_part(component: Component, body: Body, thick_mm: float) -> Component:
    """What of a body lies in a sheet of that thickness about its middle plane: a blade, not what touches it.

    Twice, since what touches it tilts the plane.
    """
    for _ in range(2):
        across = _along_axes(component, body)[:, 2]
        inside = np.abs(across - np.median(across)) <= (thick_mm - min(body.spacing_mm)) / 2
        voxels = component.voxels[inside]
        component = replace(component, voxels=voxels, volume_ml=len(voxels) * body.voxel_ml)
    return component


def extents_mm(component: Component, body: Body) -> tuple[float, float, float]:
    """Length, width and thickness along a body's own principal axes, whatever its attitude."""
    along = _along_axes(component, body)
    reach = np.percentile(along, 99, axis=0) - np.percentile(along, 1, axis=0)
    length, width, thickness = sorted((float(each) + min(body.spacing_mm) for each in reach), reverse=True)
    return length, width, thickness


def _along_axes(component: Component, body: Body) -> NDArray[np.float64]:
    """Each voxel's place along the principal axes, longest first, from the middle of the body."""
    points = component.voxels * np.array(body.spacing_mm)
    points = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    return points @ axes[:, ::-1]
