"""Slices and projections of a volume as PNG, coloured as the trade does; pure.

For screens without WebGL2. Each plane is shown with the top of the item up or, from above, along the belt:

    axial      a cut across the belt    rows y, columns x
    coronal    seen from above          rows x, columns z
    sagittal   seen from the side       rows y, columns z
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from central.materials import CLASS_OF, Class, Classes
from models.findings import Box, Material
from models.volume import Volume

Pixels = NDArray[np.uint8]
Flat = NDArray[np.float32]

_T = TypeVar("_T", np.float32, np.uint8)

_LONGER_SIDE = 512  # pixels at least
_COLOURS = {  # RGB at full intensity
    Class.AIR: (150, 150, 150),
    Class.ORGANIC: (255, 160, 40),
    Class.MIXED: (90, 205, 90),
    Class.METAL: (70, 130, 255),
}
_TABLE = np.array([_COLOURS[each] for each in Class], np.float32)
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_ON_WHITE = 0.7  # colours are darkened on a white ground


class Plane(StrEnum):
    """The planes, by which axis they cut across."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


class Colour(StrEnum):
    """How voxels are coloured."""

    ZEFF = "zeff"
    GREY = "grey"


# Per plane: the axis (of z, y, x) it cuts, that of its rows and that of its columns.
_AXES = {Plane.AXIAL: (0, 1, 2), Plane.CORONAL: (1, 2, 0), Plane.SAGITTAL: (2, 1, 0)}


class Look(Struct, frozen=True):
    """How a picture is to look. The window is in thousandths of 1/cm."""

    plane: Plane = Plane.AXIAL
    low: float = 0
    high: float = 600
    colour: Colour = Colour.ZEFF
    strip: frozenset[Material] = frozenset()  # materials taken away
    inverse: bool = False  # dark on white, as X-ray machines show it
    boxes: tuple[Box, ...] = ()  # drawn with their numbers, from 1


def depth(volume: Volume, plane: Plane) -> int:
    """How many slices there are in a plane."""
    return volume.high.shape[_AXES[plane][0]]


def slice_png(volume: Volume, classes: Classes, look: Look, index: int) -> bytes:
    """One slice; `index` from 0 to `depth` - 1. Boxes that it cuts are drawn."""
    axis, rows, columns = _AXES[look.plane]
    attenuation = _laid(np.take(volume.high, index, axis), rows, columns)
    kinds = _laid(np.take(classes, index, axis), rows, columns)
    at_mm = (index + 0.5) * volume.spacing_mm[axis]
    cut = [number for number, box in enumerate(look.boxes) if _low(box, axis) <= at_mm <= _high(box, axis)]
    return _png(volume, look, _stripped(attenuation, kinds, look), kinds, cut)


def projection_png(volume: Volume, classes: Classes, look: Look) -> bytes:
    """The densest voxel along each line of sight, with all boxes."""
    axis, rows, columns = _AXES[look.plane]
    attenuation = _stripped(volume.high, classes, look)
    densest = np.argmax(attenuation, axis)[(slice(None),) * axis + (None,)]
    flat = np.take_along_axis(attenuation, densest, axis).squeeze(axis)
    kinds = np.take_along_axis(classes, densest, axis).squeeze(axis)
    return _png(volume, look, _laid(flat, rows, columns), _laid(kinds, rows, columns), range(len(look.boxes)))


def _laid(flat: NDArray[_T], rows: int, columns: int) -> NDArray[_T]:
    """Rows down, columns across: what is left of z, y, x keeps its order until here."""
    return flat if rows < columns else flat.T


def _stripped(attenuation: Flat, classes: Classes, look: Look) -> Flat:
    """Stripped materials and what is no number become air."""
    gone = ~np.isfinite(attenuation)
    for material in look.strip:
        gone |= classes == CLASS_OF[material]
    return np.where(gone, np.float32(0), attenuation)


def _png(volume: Volume, look: Look, attenuation: Flat, classes: Classes, boxes: Sequence[int]) -> bytes:
    _axis, rows, columns = _AXES[look.plane]
    share = np.clip((attenuation * 1000 - look.low) / max(look.high - look.low, 1.0), 0, 1)[..., None]
    full = _TABLE[classes] if look.colour is Colour.ZEFF else np.full((1, 1, 3), 255, np.float32)
    if look.inverse:
        ink = full * _ON_WHITE if look.colour is Colour.ZEFF else full * 0
        picture = 255 * (1 - share) + ink * share
    else:
        picture = full * share
    row_mm, column_mm = volume.spacing_mm[rows], volume.spacing_mm[columns]
    height_mm, width_mm = classes.shape[0] * row_mm, classes.shape[1] * column_mm
    mm = min(row_mm, column_mm, max(height_mm, width_mm) / _LONGER_SIDE)  # a pixel
    size = (round(width_mm / mm), round(height_mm / mm))
    scaled: Pixels = cv2.resize(
        np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR
    ).astype(np.uint8)
    for number in boxes:
        _draw_box(scaled, look, number, rows, columns, mm)
    written, encoded = cv2.imencode(".png", scaled, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not written:
        raise ValueError("the picture could not be encoded")
    return encoded.tobytes()


def _draw_box(picture: Pixels, look: Look, number: int, rows: int, columns: int, mm: float) -> None:
    box, ink, ground = look.boxes[number], _WHITE, _BLACK
    if look.inverse:
        ink, ground = ground, ink
    first = (round(_low(box, columns) / mm), round(_low(box, rows) / mm))
    last = (round(_high(box, columns) / mm), round(_high(box, rows) / mm))
    label = (first[0] + 4, max(first[1] - 6, 16))
    for colour, width in ((ground, 3), (ink, 1)):
        cv2.rectangle(picture, first, last, colour, width)
        cv2.putText(
            picture, str(number + 1), label, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, width, cv2.LINE_AA
        )


def _low(box: Box, axis: int) -> float:
    """A box is told as x, y, z; arrays have z, y, x."""
    return box[2 - axis]


def _high(box: Box, axis: int) -> float:
    return box[5 - axis]
