"""Do probabilities mean what they say? The expected calibration error over bins of equal mass."""

import numpy as np
from msgspec import Struct

from models.evaluation.intervals import Bools, Floats, Interval, percentiles, rounded

_BINS = 15


class Bin(Struct, frozen=True):
    """Cases of nearly one probability."""

    said: float  # mean probability
    true: float  # share that was true
    count: int


class Calibration(Struct, frozen=True):
    """The error, 0–1, with its bootstrap interval, which lies high: samples are never better calibrated."""

    error: float | None
    interval: Interval | None
    bins: tuple[Bin, ...] = ()


def binned(said: Floats, true: Bools) -> list[Bin]:
    """Cases in order of their probability, in up to 15 bins of nearly as many; those said alike share one.

    Args:
        said: probabilities, 0–1.
        true: what was so, of the same length.
    """
    _, group, counts = np.unique(said, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    bins = np.floor(_BINS * middles / max(said.size, 1)).astype(int)[group]
    return [
        Bin(float(said[bins == each].mean()), float(true[bins == each].mean()), int((bins == each).sum()))
        for each in np.unique(bins)
    ]


def calibration_error(said: Floats, true: Bools) -> float:
    """Mean distance of what was said from what was so, over the bins, weighted by their cases."""
    bins = binned(said, true)
    cases = sum(each.count for each in bins)
    return sum(abs(each.said - each.true) * each.count for each in bins) / cases if cases else float("nan")


def calibration(said: Floats, true: Bools, draws: Floats) -> Calibration:
    """The error with its interval.

    Args:
        said: probabilities, 0–1, shape (cases,).
        true: what was so.
        draws: how often each case is drawn, shape (samples, cases).
    """
    if said.size == 0:
        return Calibration(None, None)
    cases = np.arange(said.size)
    samples: list[float] = []
    for drawn in draws.astype(int):
        picked = np.repeat(cases, drawn)
        samples.append(calibration_error(said[picked], true[picked]))
    return Calibration(
        rounded(calibration_error(said, true)), percentiles(np.array(samples)), tuple(binned(said, true))
    )
