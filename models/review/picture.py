"""A picture of a reviewed volume: projections, and slices through what was found, in the usual colours."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from models.findings import Box, Review
from models.review.filters import box_mean, dilated, smoothed
from models.volume import Image, Volume

_WIDTH_PX, _DOTS_PER_INCH = 1600, 100
_MOST_FINDINGS = 5  # with slices of their own; all have their boxes
_AIR_BELOW_PER_CM = 0.02  # mean over five voxels
_MARGIN_MM = 15.0
_WHITE_FROM_PER_CM, _GAMMA = 0.45, 0.6
_RATIO_FROM_PER_CM = 0.06  # below it noise makes ratios worthless
# Polyethylene has a ratio of 1.17, water 1.29; glass and aluminium 1.55 and no more than 0.42 1/cm.
_MIXED_FROM_RATIO, _MIXED_FROM_PER_CM, _METAL_FROM_PER_CM, _METAL_RIM_PER_CM = 1.42, 0.28, 0.5, 0.17
_ORGANIC, _MIXED, _METAL = (255, 160, 40), (90, 205, 90), (70, 130, 255)
_FOUND, _TRUE = "#ff3b30", "#ffffff"
_Colours = NDArray[np.uint8]


@dataclass(frozen=True)
class _View:
    """How a volume is looked at; axes count x, y, z as boxes do."""

    name: str
    along: int
    rows: int
    columns: int


_VIEWS = (_View("across the belt", 2, 1, 0), _View("from the side", 0, 1, 2), _View("from above", 1, 0, 2))


def review_png(volume: Volume, review: Review, true: Sequence[tuple[str, Box]] = ()) -> bytes:
    """A PNG, 1600 pixels wide: a row of projections, then rows of three slices.

    Colours say the material by both energies: orange organic, green mixed, blue metal; grey without a low
    energy. Slices go through the centre of each of the surest findings, or through the item's without any.

    Args:
        volume: what was reviewed.
        review: boxes are drawn in red, with kind and score.
        true: names and boxes of what is known to be in it, drawn in white and broken.
    """
    seen = np.nan_to_num(volume.high, nan=0.0, posinf=0.0, neginf=0.0)
    colours = _coloured(volume, seen)
    shown = _shown_mm(volume, seen, [each.box_mm for each in review.findings])
    findings = sorted(review.findings, key=lambda each: -each.score)[:_MOST_FINDINGS]
    centres = [(f"{each.kind} {each.score:.2f}", _centre(each.box_mm)) for each in findings]
    centres = centres or [("centre of the item", _centre(shown))]
    size = [shown[axis + 3] - shown[axis] for axis in range(3)]
    widths = [size[view.columns] for view in _VIEWS]
    row_inch = _WIDTH_PX / _DOTS_PER_INCH * max(size[1], size[0]) / sum(widths) + 0.5
    rows = 1 + len(centres)
    figure = Figure(
        (_WIDTH_PX / _DOTS_PER_INCH, row_inch * rows + 0.6),
        dpi=_DOTS_PER_INCH,
        facecolor="#101418",
        layout="constrained",
    )
    figure.suptitle(_headline(review), color="white", fontsize=15)  # pyright: ignore[reportUnknownMemberType]
    panels: Any = figure.subplots(rows, 3, squeeze=False, gridspec_kw={"width_ratios": widths})
    for view, panel in zip(_VIEWS, panels[0], strict=True):
        _draw(panel, _projected(colours, seen, view), volume, view, shown, f"all of it, {view.name}")
        _draw_boxes(panel, view, review, true, None)
    for row, (name, centre) in zip(panels[1:], centres, strict=True):
        for view, panel in zip(_VIEWS, row, strict=True):
            at_mm = centre[view.along]
            _draw(panel, _cut(colours, volume, view, at_mm), volume, view, shown, f"{name}, {view.name}")
            _draw_boxes(panel, view, review, true, at_mm)
    FigureCanvasAgg(figure)
    png = io.BytesIO()
    figure.savefig(png, facecolor=figure.get_facecolor())  # pyright: ignore[reportUnknownMemberType]
    return png.getvalue()


def _headline(review: Review) -> str:
    why = f" ({review.exception})" if review.exception else ""
    suspicion = "" if review.suspicion is None else f" · suspicion {review.suspicion:.2f}"
    return f"{review.outcome}{why} · {review.reviewer}{suspicion}"


def _coloured(volume: Volume, seen: Image) -> _Colours:
    """RGB of every voxel, shape (z, y, x, 3)."""
    table = np.array([_ORGANIC, _MIXED, _METAL, (200, 200, 200)], np.float32)
    kinds = np.zeros(seen.shape, np.uint8)
    if volume.low is None:
        kinds[:] = 3
    else:
        low = np.nan_to_num(volume.low, nan=0.0, posinf=0.0, neginf=0.0)
        smooth = smoothed(seen)
        kinds[(smooth >= _RATIO_FROM_PER_CM) & (smoothed(low) >= _MIXED_FROM_RATIO * smooth)] = 1
        kinds[seen >= _MIXED_FROM_PER_CM] = 1
        metal = seen >= _METAL_FROM_PER_CM
        rim = dilated(metal.astype(np.uint8)) != 0
        kinds[metal | (rim & (seen >= _METAL_RIM_PER_CM))] = 2
    brightness = np.clip(seen / _WHITE_FROM_PER_CM, 0, 1) ** np.float32(_GAMMA)
    return (table[kinds] * brightness[..., None]).astype(np.uint8)


def _shown_mm(volume: Volume, seen: Image, boxes: Sequence[Box]) -> Box:
    """The part of the volume that is worth showing: the item and all boxes."""
    full = [size * mm for size, mm in zip(seen.shape, volume.spacing_mm, strict=True)][::-1]
    there = box_mean(np.ascontiguousarray(seen, np.float32), 5) > _AIR_BELOW_PER_CM
    bounds = [list(box) for box in boxes]
    if there.any():
        places = [np.flatnonzero(there.any(axis=others)) for others in ((0, 1), (0, 2), (1, 2))]
        spacing = volume.spacing_mm[::-1]
        first = [float(each[0]) * mm for each, mm in zip(places, spacing, strict=True)]
        last = [float(each[-1] + 1) * mm for each, mm in zip(places, spacing, strict=True)]
        bounds.append([*first, *last])
    if not bounds:
        return (0.0, 0.0, 0.0, full[0], full[1], full[2])
    low = [max(0.0, min(each[axis] for each in bounds) - _MARGIN_MM) for axis in range(3)]
    high = [min(full[axis], max(each[axis + 3] for each in bounds) + _MARGIN_MM) for axis in range(3)]
    return (low[0], low[1], low[2], high[0], high[1], high[2])


def _centre(box: Box) -> tuple[float, float, float]:
    x, y, z = ((box[axis] + box[axis + 3]) / 2 for axis in range(3))
    return x, y, z


def _projected(colours: _Colours, seen: Image, view: _View) -> _Colours:
    """The densest voxel along each line of sight."""
    axis = 2 - view.along
    densest = np.expand_dims(np.argmax(seen, axis), (axis, 3))
    return np.take_along_axis(colours, densest, axis).squeeze(axis)


def _cut(colours: _Colours, volume: Volume, view: _View, at_mm: float) -> _Colours:
    axis = 2 - view.along
    place = int(at_mm / volume.spacing_mm[axis])
    return np.take(colours, min(max(place, 0), colours.shape[axis] - 1), axis)


def _draw(panel: Any, picture: _Colours, volume: Volume, view: _View, shown: Box, title: str) -> None:
    """`picture` has the two axes that are left in the order z, y, x."""
    if view.rows < view.columns:
        picture = picture.swapaxes(0, 1)
    full = [size * mm for size, mm in zip(volume.high.shape, volume.spacing_mm, strict=True)][::-1]
    panel.imshow(picture, extent=(0, full[view.columns], full[view.rows], 0), interpolation="bilinear")
    panel.set_xlim(shown[view.columns], shown[view.columns + 3])
    panel.set_ylim(shown[view.rows + 3], shown[view.rows])
    panel.set_title(title, color="white", fontsize=12)
    panel.set_facecolor("black")
    panel.tick_params(colors="#9aa4ad", labelsize=9)


def _draw_boxes(
    panel: Any, view: _View, review: Review, true: Sequence[tuple[str, Box]], at_mm: float | None
) -> None:
    """Those that the slice at `at_mm` cuts; all in a projection."""
    found = [(f"{each.kind} {each.score:.2f}", each.box_mm) for each in review.findings]
    for boxes, colour, line, below in ((true, _TRUE, "--", True), (found, _FOUND, "-", False)):
        for name, box in boxes:
            if at_mm is not None and not box[view.along] <= at_mm <= box[view.along + 3]:
                continue
            x, y = box[view.columns], box[view.rows]
            width, height = box[view.columns + 3] - x, box[view.rows + 3] - y
            panel.add_patch(
                Rectangle((x, y), width, height, fill=False, edgecolor=colour, linestyle=line, linewidth=1.6)
            )
            panel.text(
                x,
                y + height + 1 if below else y - 1,
                name,
                color=colour,
                fontsize=10,
                va="top" if below else "bottom",
                clip_on=True,
                bbox={"facecolor": "black", "alpha": 0.55, "pad": 1, "linewidth": 0},
            )
