"""Plots of an evaluation as PNG files, several reviewers in one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.evaluation.figures import Figures
from models.evaluation.intervals import Interval

_COLOURS = ("#1f6feb", "#d1730a", "#2a8a4a", "#8250df")
_DOTS_PER_INCH = 130
_Reviewers = Mapping[str, Figures]


def draw_plots(reviewers: _Reviewers, of: str, folder: Path) -> list[Path]:
    """Draw all of them.

    Args:
        reviewers: name and figures.
        of: the set, as it stands in titles.
        folder: is made if need be.

    Returns:
        the files: roc, froc, reliability, classes, clutter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "roc": _roc(reviewers, of),
        "froc": _froc(reviewers, of),
        "reliability": _reliability(reviewers, of),
        "classes": _classes(reviewers, of),
        "clutter": _clutter(reviewers, of),
    }
    paths: list[Path] = []
    for name, figure in drawn.items():
        paths.append(folder / f"{name}.png")
        FigureCanvasAgg(figure)
        figure.savefig(paths[-1], dpi=_DOTS_PER_INCH)  # pyright: ignore[reportUnknownMemberType]
    return paths


def _roc(reviewers: _Reviewers, of: str) -> Figure:
    figure, axes = _blank("Parcels: detections against false alarms", of)
    for colour, (name, each) in zip(_COLOURS, reviewers.items(), strict=False):
        if each.roc_curve:
            axes.plot(*zip(*each.roc_curve, strict=True), color=colour, label=name, drawstyle="steps-post")
        for point in each.operating_points:
            _whiskers(
                axes, point.allowed_false_alarms, point.detection.share, point.detection_interval, colour
            )
        shipped = each.as_shipped
        if shipped.false_alarms.share is not None and shipped.detection.share is not None:
            axes.plot(shipped.false_alarms.share, shipped.detection.share, "*", color=colour, markersize=11)
    axes.set(xlabel="share of clean parcels that alarm", ylabel="share of prohibited found")
    axes.set(xlim=(0, 0.5), ylim=(0, 1.02))
    return _finished(figure, axes, "Star: the reviewer's own threshold. Bars: 95 %.")


def _froc(reviewers: _Reviewers, of: str) -> Figure:
    figure, axes = _blank("Objects: found against false boxes (IoU 0.25, any kind)", of)
    for colour, (name, each) in zip(_COLOURS, reviewers.items(), strict=False):
        if each.froc_curve:
            axes.plot(*zip(*each.froc_curve, strict=True), color=colour, label=name)
        for point in each.froc:
            _whiskers(axes, point.false_boxes_per_parcel, point.sensitivity, point.interval, colour)
    axes.set(xlabel="false boxes a parcel", ylabel="share of prohibited objects found", ylim=(0, 1.02))
    axes.set_xscale("symlog", linthresh=0.125)
    axes.set_xlim(0, 4)
    ticks = (0, 0.125, 0.25, 0.5, 1, 2, 4)
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    return _finished(figure, axes)


def _reliability(reviewers: _Reviewers, of: str) -> Figure:
    figure, axes = _blank("Calibration of the parcels' suspicion, 15 bins of equal mass", of)
    axes.plot((0, 1), (0, 1), color="#999999", linewidth=1)
    for colour, (name, each) in zip(_COLOURS, reviewers.items(), strict=False):
        error = each.expected_calibration_error
        label = name if error is None else f"{name}: error {error:.3f}"
        said, true = [bin_.said for bin_ in each.reliability], [bin_.true for bin_ in each.reliability]
        axes.plot(said, true, "o-", color=colour, label=label)
    axes.set(
        xlabel="suspicion said",
        ylabel="share that held something prohibited",
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.02),
    )
    return _finished(figure, axes)


def _classes(reviewers: _Reviewers, of: str) -> Figure:
    figure, axes = _blank("Parcels found at 5 % false alarms, by what they hold", of, wide=True)
    kinds = sorted(
        {kind for each in reviewers.values() for kind, row in each.per_class.items() if row.alarms}
    )
    values = {
        name: [
            (
                each.per_class[kind].detection_rate_at_5pct_false_alarms,
                each.per_class[kind].detection_rate_at_5pct_false_alarms_interval,
            )
            for kind in kinds
        ]
        for name, each in reviewers.items()
    }
    _bars(axes, kinds, values)
    axes.tick_params(axis="x", rotation=40)
    return _finished(figure, axes)


def _clutter(reviewers: _Reviewers, of: str) -> Figure:
    figure, axes = _blank("Parcels found at 5 % false alarms, by clutter", of)
    thirds = list(next(iter(reviewers.values())).per_clutter_third)
    values = {
        name: [
            (third.detection_rate_at_5pct_false_alarms, third.detection_rate_at_5pct_false_alarms_interval)
            for third in each.per_clutter_third.values()
        ]
        for name, each in reviewers.items()
    }
    _bars(axes, [f"{third} cluttered" for third in thirds], values)
    return _finished(figure, axes)


def _blank(title: str, of: str, *, wide: bool = False) -> tuple[Figure, Any]:
    """Axes without types: matplotlib has too few."""
    figure = Figure(figsize=(11 if wide else 7, 5.5), layout="constrained")
    axes: Any = figure.add_subplot()  # pyright: ignore[reportUnknownMemberType]
    axes.set_title(f"{title}\nsynthetic images: {of}", fontsize=10)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _finished(figure: Figure, axes: Any, note: str = "") -> Figure:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(  # pyright: ignore[reportUnknownMemberType]
            handles, labels, loc="outside lower center", ncols=4, fontsize=9, title=note or None
        )
    return figure


def _bars(
    axes: Any, names: list[str], values: Mapping[str, list[tuple[float | None, Interval | None]]]
) -> None:
    width = 0.8 / max(len(values), 1)
    for index, (colour, (name, row)) in enumerate(zip(_COLOURS, values.items(), strict=False)):
        places = [place + (index - (len(values) - 1) / 2) * width for place in range(len(row))]
        axes.bar(places, [value or 0 for value, _ in row], width * 0.92, color=colour, label=name, alpha=0.85)
        for place, (value, interval) in zip(places, row, strict=True):
            _whiskers(axes, place, value, interval, "#222222", marker="")
    axes.set_xticks(range(len(names)), names)
    axes.set(ylabel="share found", ylim=(0, 1.02))


def _whiskers(
    axes: Any, at: float, value: float | None, interval: Interval | None, colour: str, marker: str = "o"
) -> None:
    if value is not None and interval is not None:
        axes.plot((at, at), interval, color=colour, linewidth=1.2)
        axes.plot((at,), (value,), marker, color=colour, markersize=4)
