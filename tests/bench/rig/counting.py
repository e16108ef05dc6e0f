"""Percentiles, shares and spans: the arithmetic of the benchmarks, pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import ceil


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `share` (0 to 1) of them do not exceed.

    ValueError for no values: a percentile of nothing must not pass for a good one.
    """
    if not values:
        raise ValueError("no values were measured")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def per_second(at_s: Sequence[float], begin_s: float, end_s: float) -> float:
    """How many of the sorted times lie in [begin, end), a second."""
    return (bisect_left(at_s, end_s) - bisect_left(at_s, begin_s)) / (end_s - begin_s)


def slowest(at_s: Sequence[float], begin_s: float, end_s: float, window_s: float) -> float:
    """The lowest rate of the sorted times in whole windows of [begin, end); all of it if it is shorter."""
    windows = int((end_s - begin_s) / window_s)
    if windows < 2:
        return per_second(at_s, begin_s, end_s)
    starts = (begin_s + window * window_s for window in range(windows))
    return min(per_second(at_s, start_s, start_s + window_s) for start_s in starts)


def share_missing(expected: Iterable[int], found: Iterable[int]) -> float:
    """The share (0 to 1) of what was expected that was not found; ValueError if nothing was expected."""
    wanted = set(expected)
    if not wanted:
        raise ValueError("nothing was expected")
    return len(wanted - set(found)) / len(wanted)
