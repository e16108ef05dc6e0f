"""Does a parcel's suspicion part the parcels that hold something prohibited from the clean ones?

A parcel alarms at a threshold if its suspicion is above it. The threshold for a rate of false alarms is the
lowest at which not more than that share of the clean, judged parcels alarm. An exception is judged by nobody:
it is no detection here and no false alarm; how many there are is told beside, and what the rates become if
they are counted as alarms, since a person looks at them.
"""

from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from models.evaluation.intervals import (
    Bools,
    Floats,
    Interval,
    Rated,
    percentiles,
    rated,
    rounded,
    wilson,
)

_EPSILON = 1e-9  # 0.1 × 30 is a little more than 3
_MOST_POINTS = 200


@dataclass(frozen=True, eq=False)
class Parcels:
    """Arrays of one length, a parcel each."""

    suspicion: Floats  # 0–1
    positive: Bools  # holds an object of an alarming kind
    exception: Bools  # the image was not judged

    @property
    def clean_judged(self) -> Bools:
        """Those that false alarms are counted of."""
        return ~self.positive & ~self.exception


class Operating(Struct, frozen=True):
    """What a reviewer does at a threshold."""

    allowed_false_alarms: float
    threshold: float  # a parcel alarms above it
    detection: Rated  # of all that hold something prohibited
    detection_interval: Interval | None  # by bootstrap over parcels, the threshold found anew in each sample
    false_alarms: Rated  # of the clean ones that were judged
    to_a_person_if_positive: Rated  # alarm or exception
    to_a_person_if_clean: Rated


def threshold(suspicion: Floats, weights: Floats, allowed: float) -> Floats:
    """The lowest thresholds at which not more than a share of clean parcels alarm; NaN without parcels.

    Args:
        suspicion: of clean parcels, shape (parcels,).
        weights: how often each counts, shape (samples, parcels).
        allowed: the share, 0–1.

    Returns:
        shape (samples,).
    """
    if suspicion.size == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(-suspicion, kind="stable")
    alarming = np.cumsum(weights[:, order], axis=1)
    most = np.floor(allowed * alarming[:, -1:] + _EPSILON)
    first_too_many = np.argmax(alarming > most, axis=1)
    return suspicion[order][first_too_many]


def operating(parcels: Parcels, weights: Floats, allowed: float) -> Operating | None:
    """At a rate of false alarms; None if no clean or no prohibited parcel was there to measure it.

    Args:
        parcels: of one set.
        weights: bootstrap samples, shape (samples, parcels).
        allowed: the rate of false alarms, 0–1.
    """
    clean = parcels.clean_judged
    if not clean.any() or not parcels.positive.any():
        return None
    limit = float(threshold(parcels.suspicion[clean], np.ones((1, int(clean.sum()))), allowed)[0])
    alarms = (parcels.suspicion > limit) & ~parcels.exception
    detection = rated(alarms[parcels.positive])
    limits = threshold(parcels.suspicion[clean], weights[:, clean], allowed)
    seen = np.where(parcels.exception, -np.inf, parcels.suspicion)[parcels.positive]
    drawn = weights[:, parcels.positive]
    with np.errstate(invalid="ignore"):
        samples = (drawn * (seen > limits[:, None])).sum(axis=1) / drawn.sum(axis=1)
    person = alarms | parcels.exception
    return Operating(
        allowed_false_alarms=allowed,
        threshold=limit,
        detection=detection,
        detection_interval=percentiles(samples, wilson(detection.count, detection.of)),
        false_alarms=rated(alarms[clean]),
        to_a_person_if_positive=rated(person[parcels.positive]),
        to_a_person_if_clean=rated(person[~parcels.positive]),
    )


def roc(parcels: Parcels) -> list[tuple[float, float]]:
    """(share of false alarms, share of detections) at each threshold, from none to all judged parcels."""
    clean = np.sort(parcels.suspicion[parcels.clean_judged])
    positive, exception = parcels.positive, parcels.exception
    found = np.sort(parcels.suspicion[positive & ~exception])
    if clean.size == 0 or not positive.any():
        return []
    limits = np.unique(np.concatenate([clean, found]))[::-1]
    false = 1 - np.searchsorted(clean, limits, side="right") / clean.size
    true = (found.size - np.searchsorted(found, limits, side="right")) / int(positive.sum())
    points = [(0.0, 0.0), *zip(false.tolist(), true.tolist(), strict=True)]
    points.append((1.0, found.size / int(positive.sum())))
    kept = {round(index * (len(points) - 1) / _MOST_POINTS) for index in range(_MOST_POINTS + 1)}
    return [(rounded(points[index][0]), rounded(points[index][1])) for index in sorted(kept)]
