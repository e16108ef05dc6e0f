"""Are the boxes right? Average precision and FROC over the findings of a whole set.

Average precision is the area below the precision-recall curve, precision made falling first ("all points", as
PASCAL VOC since 2010). Findings of one score enter the curve together, so that their order says nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.evaluation.boxes import Hit, hits
from models.evaluation.intervals import Floats, Interval, percentiles, rounded
from models.findings import Box

_LEVELS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)  # false boxes a parcel
_MOST_POINTS = 200
_MOST_IN_ARRAY = 2_000_000


@dataclass(frozen=True)
class Boxed:
    """What was found and what is there in one parcel, of one kind or of all."""

    found: Sequence[tuple[float, Box]]  # score and box
    true: Sequence[Box]


@dataclass(frozen=True, eq=False)
class Ranked:
    """A set's findings, the surest first; `ends` are the places of the last finding of each score."""

    score: Floats  # (findings,)
    hit: NDArray[np.uint8]  # (findings,), values of Hit
    parcel: NDArray[np.intp]  # (findings,)
    ends: NDArray[np.intp]
    true: Floats  # (parcels,), how many true boxes each has


class FrocPoint(Struct, frozen=True):
    """How many of the true objects are found when so many false boxes a parcel are put up with."""

    false_boxes_per_parcel: float
    sensitivity: float | None
    interval: Interval | None


def ranked(parcels: Iterable[Boxed], least_iou: float) -> Ranked:
    """All findings of a set with what each of them is."""
    rows: list[tuple[float, Hit, int]] = []
    true: list[int] = []
    for index, parcel in enumerate(parcels):
        found = sorted(parcel.found, key=lambda each: -each[0])
        told = hits([box for _, box in found], parcel.true, least_iou)
        rows += [(score, hit, index) for (score, _), hit in zip(found, told, strict=True)]
        true.append(len(parcel.true))
    rows.sort(key=lambda row: -row[0])
    score = np.array([row[0] for row in rows], np.float64)
    return Ranked(
        score=score,
        hit=np.array([row[1] for row in rows], np.uint8),
        parcel=np.array([row[2] for row in rows], np.intp),
        ends=np.flatnonzero(np.append(score[1:] != score[:-1], True)) if rows else np.zeros(0, np.intp),
        true=np.array(true, np.float64),
    )


def average_precision(found: Ranked, weights: Floats) -> Floats:
    """In each of several samples of parcels; NaN where there is nothing to find.

    Args:
        found: a set's findings.
        weights: how often each parcel counts, shape (samples, parcels).

    Returns:
        0–1, shape (samples,).
    """
    return np.concatenate([_average_precision(found, block) for block in _blocks(found, weights)])


def _average_precision(found: Ranked, weights: Floats) -> Floats:
    total = weights @ found.true
    if found.score.size == 0:
        return np.where(total > 0, 0.0, np.nan)
    drawn = weights[:, found.parcel]
    true = np.cumsum(drawn * (found.hit == Hit.TRUE), axis=1)[:, found.ends]
    all_found = np.cumsum(drawn, axis=1)[:, found.ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(all_found > 0, true / all_found, 0.0)
        recall = true / total[:, None]
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return (np.diff(recall, axis=1, prepend=0.0) * falling).sum(axis=1)


def froc(found: Ranked, weights: Floats) -> list[FrocPoint]:
    """Sensitivity at numbers of false boxes a parcel; further boxes on an object already hit are neither."""
    whole = _at_levels(found, np.ones((1, found.true.size)))[0]
    samples = np.concatenate([_at_levels(found, block) for block in _blocks(found, weights)])
    return [
        FrocPoint(level, rounded(value) if np.isfinite(value) else None, percentiles(samples[:, index]))
        for index, (level, value) in enumerate(zip(_LEVELS, whole.tolist(), strict=True))
    ]


def froc_curve(found: Ranked) -> list[tuple[float, float]]:
    """(false boxes a parcel, sensitivity), from the surest finding to the last."""
    total, parcels = float(found.true.sum()), found.true.size
    if total == 0 or found.score.size == 0:
        return []
    false = np.cumsum(found.hit == Hit.FALSE)[found.ends] / parcels
    true = np.cumsum(found.hit == Hit.TRUE)[found.ends] / total
    kept = np.unique(np.linspace(0, false.size - 1, _MOST_POINTS).astype(int))
    return [(0.0, 0.0), *((rounded(float(false[index])), rounded(float(true[index]))) for index in kept)]


def _blocks(found: Ranked, weights: Floats) -> list[Floats]:
    """Samples in parts: an array of all samples and all findings could take gigabytes."""
    parts = 1 + len(weights) * found.score.size // _MOST_IN_ARRAY
    return [each for each in np.array_split(weights, parts) if len(each)]


def _at_levels(found: Ranked, weights: Floats) -> Floats:
    """Sensitivities, shape (samples, levels)."""
    total, parcels = weights @ found.true, weights.sum(axis=1)
    result = np.zeros((len(weights), len(_LEVELS)))
    if found.score.size:
        drawn = weights[:, found.parcel]
        true = np.cumsum(drawn * (found.hit == Hit.TRUE), axis=1)[:, found.ends]
        false = np.cumsum(drawn * (found.hit == Hit.FALSE), axis=1)[:, found.ends] / parcels[:, None]
        for index, level in enumerate(_LEVELS):
            result[:, index] = np.where(false <= level, true, 0).max(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return result / total[:, None]
