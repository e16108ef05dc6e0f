"""Intervals: Wilson against published values, the bootstrap against what must hold."""

import numpy as np
import pytest

from models.evaluation.intervals import percentiles, rated, resampled, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),  # 3.8415 / 13.8415
        (10, 10, 0.72247, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=6e-5)


def test_of_nothing_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    nothing = rated(np.zeros(0, bool))
    assert (nothing.share, nothing.of) == (None, 0)


def test_samples_have_as_many_positive_and_clean_parcels_as_the_set() -> None:
    positive = np.array([True] * 7 + [False] * 5)
    weights = resampled(positive, 50, 1)
    assert weights.shape == (50, 12)
    assert (weights[:, positive].sum(axis=1) == 7).all()
    assert (weights[:, ~positive].sum(axis=1) == 5).all()
    assert len(np.unique(weights, axis=0)) > 40


def test_a_bootstrap_without_doubt_is_widened() -> None:
    assert percentiles(np.ones(100)) == (1.0, 1.0)
    assert percentiles(np.ones(100), wilson(10, 10)) == pytest.approx((0.72247, 1.0), abs=1e-5)
    assert percentiles(np.full(3, np.nan)) is None
    assert percentiles(np.arange(101) / 100) == pytest.approx((0.025, 0.975))
