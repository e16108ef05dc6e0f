"""How far a figure can be trusted: Wilson's interval for shares, the percentile bootstrap for the rest."""

from math import sqrt
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Interval = tuple[float, float]

_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations
_PERCENTILES = (2.5, 97.5)
_DIGITS = 5


class Rated(Struct, frozen=True):
    """A share with its 95 % interval; `share` is None of nothing."""

    share: float | None
    interval: Interval | None
    count: int
    of: int


def wilson(count: int, of: int) -> Interval:
    """Wilson's 95 % interval of a share; of nothing it is everything.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if of == 0:
        return (0.0, 1.0)
    share, z2 = count / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (max(0.0, middle - half), min(1.0, middle + half))


def rated(which: Bools) -> Rated:
    """The share of those that are true."""
    count, of = int(np.count_nonzero(which)), int(which.size)
    return (
        Rated(rounded(count / of), _rounded(wilson(count, of)), count, of) if of else Rated(None, None, 0, 0)
    )


def resampled(positive: Bools, times: int, seed: int) -> Floats:
    """How often each parcel is drawn in each of `times` bootstrap samples, shape (times, parcels).

    Parcels that hold something prohibited and clean ones are drawn apart, so that each sample has as many of
    either as the set.
    """
    random = np.random.default_rng(seed)
    weights = np.zeros((times, positive.size))
    for stratum in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        if stratum.size:
            even = np.full(stratum.size, 1 / stratum.size)
            weights[:, stratum] = random.multinomial(stratum.size, even, size=times)
    return weights


def percentiles(samples: Floats, also: Interval | None = None) -> Interval | None:
    """The 95 % percentile interval of a bootstrap's figures, those that are none left out.

    Where every sample says the same (all found, nothing found) the bootstrap knows no doubt: `also`, Wilson's
    interval of the same share, then widens it.
    """
    told = samples[np.isfinite(samples)]
    if told.size == 0:
        return None
    values: Any = np.percentile(told, _PERCENTILES)
    low, high = float(values[0]), float(values[1])
    return _rounded((low, high) if also is None else (min(low, also[0]), max(high, also[1])))


def rounded(value: float) -> float:
    """As figures stand in reports."""
    return round(float(value), _DIGITS)


def _rounded(interval: Interval) -> Interval:
    return (rounded(interval[0]), rounded(interval[1]))
