"""Measures a reviewer on a set: from what it said and what was there to its figures; pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.evaluation.box_detection import Boxed, Ranked, average_precision, froc, froc_curve, ranked
from models.evaluation.boxes import Hit
from models.evaluation.calibration_error import calibration
from models.evaluation.figures import AsShipped, ClutterThird, Figures, Latency, OddShare, OfKind
from models.evaluation.intervals import (
    Bools,
    Floats,
    Interval,
    Rated,
    percentiles,
    rated,
    resampled,
    rounded,
)
from models.evaluation.odd import LIKE_A_PARCEL
from models.evaluation.parcel_detection import Operating, Parcels, operating, roc
from models.findings import FindingKind, Outcome, Review
from models.labelled import TrueObject
from models.review.suspicion import suspicion_of
from models.taxonomy import alarming

_RATES = (0.05, 0.10, 0.20)
_THIRDS = ("least", "middle", "most")
_RESAMPLES, _SEED = 1000, 20
_SLOW_RESAMPLES = 300  # of what takes long: boxes and calibration


@dataclass(frozen=True)
class Case:
    """A parcel, what is in it and what was said of it."""

    objects: tuple[TrueObject, ...]
    clutter_per_cm2: float
    review: Review
    took_ms: float
    loading_ms: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class OddCase:
    """An odd volume and what was said of it."""

    kind: str
    review: Review


@dataclass(frozen=True)
class _Precision:
    """An average precision and what the samples say of it."""

    value: float
    samples: Floats

    @property
    def stated(self) -> float | None:
        return rounded(self.value) if np.isfinite(self.value) else None

    @property
    def interval(self) -> Interval | None:
        return percentiles(self.samples)


class Measuring:
    """Measures one reviewer.

    Args:
        reviewers: names, as they stand in the report.
        kinds: that it can name.
        cases: one for each parcel of the set; ValueError without any.
        resamples: of the bootstrap over parcels.
    """

    def __init__(
        self,
        reviewers: tuple[str, ...],
        kinds: frozenset[FindingKind],
        cases: Sequence[Case],
        resamples: int = _RESAMPLES,
    ) -> None:
        if not cases:
            raise ValueError("expected at least one parcel")
        self._reviewers, self._kinds, self._cases = reviewers, kinds, cases
        self._alarming = alarming()
        reviews = [each.review for each in cases]
        self._parcels = Parcels(
            suspicion=np.array([suspicion_of(each) for each in reviews]),
            positive=np.array([any(o.kind in self._alarming for o in each.objects) for each in cases]),
            exception=np.array([each.outcome is Outcome.EXCEPTION for each in reviews]),
        )
        self._alarm = np.array([each.outcome is Outcome.ALARM for each in reviews])
        self._weights = resampled(self._parcels.positive, resamples, _SEED)
        self._fewer_weights = self._weights[:_SLOW_RESAMPLES]
        self._once = np.ones((1, len(cases)))

    def figures(self, model_sha256: str = "", odd: Sequence[OddCase] = ()) -> Figures:
        """All figures."""
        parcels, weights = self._parcels, self._weights
        points = [operating(parcels, weights, rate) for rate in _RATES]
        at_5, at_10, at_20 = (_detection(each) for each in points)
        at_5_alarms = self._alarms(points[0])
        without_kinds = {least: self._ranked(self._alarming, least) for least in (0.25, 0.5)}
        ap_25, ap_50 = (self._precision(each) for each in without_kinds.values())
        of_kinds, (map_25, map_50), all_kinds = self._by_kind(at_5_alarms)
        thirds, lost = self._by_clutter(at_5_alarms)
        draws = self._fewer_weights
        judged = ~parcels.exception
        of_parcels = calibration(parcels.suspicion[judged], parcels.positive[judged], draws[:, judged])
        said, right, where = self._findings()
        of_findings = calibration(said, right, draws[:, where])
        exceptions = rated(parcels.exception)
        took_ms = np.array([each.took_ms for each in self._cases])
        return Figures(
            reviewers=self._reviewers,
            model_sha256=model_sha256,
            parcels=len(self._cases),
            positive=int(parcels.positive.sum()),
            clean=int((~parcels.positive).sum()),
            objects=int(without_kinds[0.25].true.sum()),
            detection_rate_at_5pct_false_alarms=at_5[0],
            detection_rate_at_5pct_false_alarms_interval=at_5[1],
            detection_rate_at_10pct_false_alarms=at_10[0],
            detection_rate_at_10pct_false_alarms_interval=at_10[1],
            detection_rate_at_20pct_false_alarms=at_20[0],
            detection_rate_at_20pct_false_alarms_interval=at_20[1],
            map_25=map_25.stated,
            map_25_interval=map_25.interval,
            map_50=map_50.stated,
            map_50_interval=map_50.interval,
            map_25_of_all_kinds=all_kinds[0],
            map_50_of_all_kinds=all_kinds[1],
            ap_25_without_kinds=ap_25.stated,
            ap_25_without_kinds_interval=ap_25.interval,
            ap_50_without_kinds=ap_50.stated,
            ap_50_without_kinds_interval=ap_50.interval,
            per_class=of_kinds,
            per_clutter_third=thirds,
            points_lost_in_most_cluttered_third=lost,
            expected_calibration_error=of_parcels.error,
            expected_calibration_error_interval=of_parcels.interval,
            expected_calibration_error_of_findings=of_findings.error,
            expected_calibration_error_of_findings_interval=of_findings.interval,
            exceptions_of_valid=exceptions.share,
            exceptions_of_valid_interval=exceptions.interval,
            exceptions=dict(Counter(str(c.review.exception) for c in self._cases if c.review.exception)),
            latency_ms=_latency(took_ms),
            volumes_per_hour=round(3_600_000 / max(float(took_ms.mean()), 1e-6)),
            loading_ms=rounded(float(np.median([each.loading_ms for each in self._cases]))),
            peak_memory_mb=max(each.peak_mb for each in self._cases),
            as_shipped=self._as_shipped(),
            operating_points=tuple(each for each in points if each is not None),
            concealed_detection_at_5pct=self._share(at_5_alarms, parcels.positive & self._concealed()),
            look_alike_false_alarms_at_5pct=self._share(
                at_5_alarms, parcels.clean_judged & self._look_alikes()
            ),
            froc=tuple(froc(without_kinds[0.25], draws)),
            roc_curve=tuple(roc(parcels)),
            froc_curve=tuple(froc_curve(without_kinds[0.25])),
            reliability=of_parcels.bins,
            odd_volumes=_odd(odd) if odd else None,
        )

    def _alarms(self, point: Operating | None) -> Bools | None:
        """Which parcels alarm at an operating point."""
        if point is None:
            return None
        return (self._parcels.suspicion > point.threshold) & ~self._parcels.exception

    def _by_kind(
        self, alarms: Bools | None
    ) -> tuple[dict[str, OfKind], list[_Precision], list[float | None]]:
        """Each kind in the set; the mAPs over those that can be named; over all of them."""
        rows: dict[str, OfKind] = {}
        precisions: list[list[_Precision]] = []
        kinds_that_count = 0
        for kind in FindingKind:
            found = [self._ranked(frozenset({kind}), least) for least in (0.25, 0.5)]
            objects = int(found[0].true.sum())
            if objects == 0:
                continue
            alarms_at_all, named = kind in self._alarming, kind in self._kinds
            pair = [self._precision(each) for each in found]
            kinds_that_count += alarms_at_all
            if alarms_at_all and named:
                precisions.append(pair)
            holding = found[0].true > 0
            detection = self._share(alarms, holding) if alarms_at_all else None
            rows[str(kind)] = OfKind(
                alarms=alarms_at_all,
                named=named,
                parcels=int(np.count_nonzero(holding)),
                objects=objects,
                detection_rate_at_5pct_false_alarms=None if detection is None else detection.share,
                detection_rate_at_5pct_false_alarms_interval=None
                if detection is None
                else detection.interval,
                ap_25=pair[0].stated if named else None,
                ap_25_interval=pair[0].interval if named else None,
                ap_50=pair[1].stated if named else None,
                ap_50_interval=pair[1].interval if named else None,
            )
        means = [_mean([pair[index] for pair in precisions]) for index in (0, 1)]
        share = len(precisions) / kinds_that_count if kinds_that_count else 0.0
        of_all = [None if mean.stated is None else rounded(mean.value * share) for mean in means]
        return rows, means, of_all

    def _by_clutter(self, alarms: Bools | None) -> tuple[dict[str, ClutterThird], float | None]:
        """Detection in each third; what the most cluttered one loses against all."""
        clutter = np.array([each.clutter_per_cm2 for each in self._cases])
        positive = np.flatnonzero(self._parcels.positive)
        if alarms is None or positive.size < len(_THIRDS):
            return {}, None
        thirds: dict[str, ClutterThird] = {}
        parts = np.array_split(positive[np.argsort(clutter[positive], kind="stable")], len(_THIRDS))
        for name, part in zip(_THIRDS, parts, strict=True):
            found = rated(alarms[part])
            bounds = (rounded(clutter[part].min()), rounded(clutter[part].max()))
            thirds[name] = ClutterThird(bounds, found.share, found.interval, found.count, found.of)
        most = thirds[_THIRDS[-1]]
        return thirds, rounded(100 * (float(alarms[positive].mean()) - most.detected / most.parcels))

    def _findings(self) -> tuple[Floats, Bools, Any]:
        """All findings of kinds that alarm: score, whether it hits its kind, parcel."""
        each = [self._ranked(frozenset({kind}), 0.25) for kind in sorted(self._alarming)]
        return (
            np.concatenate([found.score for found in each]),
            np.concatenate([found.hit == Hit.TRUE for found in each]),
            np.concatenate([found.parcel for found in each]),
        )

    def _as_shipped(self) -> AsShipped:
        positive = self._parcels.positive
        person = self._alarm | self._parcels.exception
        return AsShipped(
            rated(self._alarm[positive]),
            rated(self._alarm[~positive]),
            rated(person[positive]),
            rated(person[~positive]),
        )

    def _concealed(self) -> Bools:
        return np.array(
            [all(o.concealed for o in each.objects if o.kind in self._alarming) for each in self._cases]
        )

    def _look_alikes(self) -> Bools:
        return np.array([any(o.look_alike is not None for o in each.objects) for each in self._cases])

    def _share(self, alarms: Bools | None, among: Bools) -> Rated | None:
        return None if alarms is None or not among.any() else rated(alarms[among])

    def _ranked(self, kinds: frozenset[FindingKind], least_iou: float) -> Ranked:
        boxed = (
            Boxed(
                [(found.score, found.box_mm) for found in each.review.findings if found.kind in kinds],
                [true.box_mm for true in each.objects if true.kind in kinds],
            )
            for each in self._cases
        )
        return ranked(boxed, least_iou)

    def _precision(self, found: Ranked) -> _Precision:
        value = float(average_precision(found, self._once)[0])
        return _Precision(value, average_precision(found, self._fewer_weights))


def _detection(point: Operating | None) -> tuple[float | None, Interval | None]:
    return (None, None) if point is None else (point.detection.share, point.detection_interval)


def _mean(each: Sequence[_Precision]) -> _Precision:
    """Over kinds; in a sample that has none of a kind, over the others."""
    if not each:
        return _Precision(float("nan"), np.zeros(0))
    stacked = np.stack([one.samples for one in each])
    there = np.isfinite(stacked)
    sums = np.where(there, stacked, 0).sum(axis=0)
    samples = np.where(there.any(axis=0), sums / np.maximum(there.sum(axis=0), 1), np.nan)
    return _Precision(float(np.mean([one.value for one in each])), samples)


def _latency(took_ms: Floats) -> Latency:
    p50, p95 = (float(np.percentile(took_ms, each)) for each in (50, 95))
    return Latency(round(p50, 1), round(p95, 1), round(float(took_ms.mean()), 1))


def _odd(odd: Sequence[OddCase]) -> dict[str, OddShare]:
    """By kind, and over all."""

    def share(outcomes: Sequence[Outcome]) -> OddShare:
        return OddShare(
            rated(np.array([each is not Outcome.CLEAR for each in outcomes])),
            rated(np.array([each is Outcome.EXCEPTION for each in outcomes])),
        )

    by_kind = {
        kind: share([each.review.outcome for each in odd if each.kind == kind])
        for kind in dict.fromkeys(each.kind for each in odd)
    }
    counted = [each.review.outcome for each in odd if each.kind not in LIKE_A_PARCEL]
    return {"all": share(counted), **by_kind}
