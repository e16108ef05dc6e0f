"""Spacing and rescale of a DICOS CT object, from its functional groups or, in the plain form, its top level.

What is said once for all frames must be said alike for each: one volume has one grid and one scale.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from models.formats.dicos_elements import Elements

_T = TypeVar("_T")
_EVEN = 0.01  # share by which steps between slices may differ


@dataclass(frozen=True)
class Groups:
    """Where an image says things: its frames' groups, the shared group, the top level."""

    top: Elements
    shared: Elements
    frames: Sequence[Elements]


def groups_of(top: Elements, frames: int) -> Groups:
    """The functional groups; FormatError if there are not as many as frames."""
    each = top.items("PerFrameFunctionalGroupsSequence")
    if each and len(each) != frames:
        raise top.wrong(
            "PerFrameFunctionalGroupsSequence", f"expected {frames} items, one a frame, found {len(each)}"
        )
    return Groups(top, top.item("SharedFunctionalGroupsSequence"), each)


def spacing_of(groups: Groups) -> tuple[float, float, float]:
    """Voxel spacing in mm (z, y, x); of slices by their positions, else as stated, else their thickness."""
    places = _places(groups, "PixelMeasuresSequence")
    plane = _agreed(places, "PixelSpacing", lambda of: of.vector("PixelSpacing", 2))
    if plane is None:
        raise groups.top.wrong("PixelSpacing", "expected two numbers in mm")
    between = _agreed(places, "SpacingBetweenSlices", lambda of: of.number("SpacingBetweenSlices"))
    thickness = _agreed(places, "SliceThickness", lambda of: of.number("SliceThickness"))
    step = _step_mm(groups)
    if step and between and not math.isclose(step, between, rel_tol=_EVEN):
        raise groups.top.wrong("SpacingBetweenSlices", "expected what the slices' positions say")
    z_mm = step or between or thickness
    if z_mm is None:
        raise groups.top.wrong("SpacingBetweenSlices", "expected it, the slices' positions or SliceThickness")
    return z_mm, plane[0], plane[1]  # PixelSpacing: between rows, then between columns


def rescale_of(groups: Groups) -> tuple[float, float]:
    """Slope and intercept that make attenuation in 1/cm of a stored value.

    FormatError for Hounsfield units: they are another quantity, of medical scanners. Any other unit, "MHU" of
    other writers included, is taken by its numbers: the reviewer's check of the range sees if it is not 1/cm.
    """
    places = _places(groups, "PixelValueTransformationSequence")
    unit = _agreed(places, "RescaleType", lambda of: of.text("RescaleType") or None)
    if unit == "HU":
        raise groups.top.wrong("RescaleType", "expected attenuation in 1/cm, found Hounsfield units")
    slope = _agreed(places, "RescaleSlope", lambda of: of.number("RescaleSlope"))
    intercept = _agreed(places, "RescaleIntercept", lambda of: of.number("RescaleIntercept"))
    if slope is None or intercept is None:
        raise groups.top.wrong("RescaleSlope", "expected slope and intercept")
    return slope, intercept


def kvp_of(groups: Groups) -> float | None:
    """The tube's voltage in kV; None if it is not stated."""
    found = groups.shared.item("CTXRayDetailsSequence").number("KVP")
    return found if found is not None else groups.top.number("KVP")


def _places(groups: Groups, sequence: str) -> Sequence[Elements]:
    """Where that sequence's elements may be stated: at the top, and once for each way its groups put them."""
    ways = {group.raw(sequence): group for group in (groups.shared, *groups.frames)}
    return groups.top, *(group.item(sequence) for group in ways.values())


def _agreed(places: Sequence[Elements], keyword: str, read: Callable[[Elements], _T | None]) -> _T | None:
    """What all places that state a value say; FormatError if they differ, None if none does."""
    stated = {value for place in places if (value := read(place)) is not None}
    if len(stated) > 1:
        raise places[0].wrong(keyword, "expected the same for all frames")
    return next(iter(stated), None)


def _step_mm(groups: Groups) -> float | None:
    """The distance between slices by their positions; FormatError if it is not the same all along."""
    keyword = "ImagePositionPatient"
    found = [frame.item("PlanePositionSequence").vector(keyword, 3) for frame in groups.frames]
    positions = [position for position in found if position is not None]
    if not positions:
        return None
    if len(positions) != len(found):
        raise groups.top.wrong(keyword, "expected for all frames or none")
    moves = [(b[0] - a[0], b[1] - a[1], b[2] - a[2]) for a, b in pairwise(positions)]
    if not moves:
        return None
    mean = tuple(math.fsum(move[axis] for move in moves) / len(moves) for axis in range(3))
    step = math.hypot(*mean)
    if step == 0 or any(math.dist(move, mean) > _EVEN * step + 0.001 for move in moves):
        raise groups.top.wrong(keyword, "expected slices in order, evenly spaced")
    return step
