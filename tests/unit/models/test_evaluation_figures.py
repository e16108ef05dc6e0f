"""Figures of reviewers whose quality is known by arithmetic."""

import msgspec
import numpy as np
import pytest

from models.evaluation.calibration_error import binned, calibration_error
from models.evaluation.figures import Figures
from models.evaluation.measuring import Case, Measuring, OddCase
from models.evaluation.odd import OddKind
from models.evaluation.parcel_detection import threshold
from models.findings import FindingKind
from tests.unit.models.evaluated import ELSEWHERE, UNJUDGED, case, finding, said, thing

KINDS = frozenset({FindingKind.BLADE})


def figures(cases: list[Case], kinds: frozenset[FindingKind] = KINDS) -> Figures:
    return Measuring(("scripted 1",), kinds, cases, resamples=200).figures()


def test_a_perfect_reviewer() -> None:
    cases = [case(said(finding(0.9), suspicion=1.0), thing()) for _ in range(40)]
    cases += [case(said(suspicion=0.0)) for _ in range(40)]
    found = figures(cases)
    rates = (
        found.detection_rate_at_5pct_false_alarms,
        found.detection_rate_at_10pct_false_alarms,
        found.detection_rate_at_20pct_false_alarms,
    )
    assert rates == (1.0, 1.0, 1.0)
    low, high = found.detection_rate_at_5pct_false_alarms_interval or (0, 0)
    assert (low, high) == pytest.approx((0.9124, 1.0), abs=1e-4)  # Wilson's, the bootstrap knows no doubt
    assert (found.map_25, found.map_50, found.ap_25_without_kinds) == (1.0, 1.0, 1.0)
    assert found.expected_calibration_error == 0
    assert found.expected_calibration_error_of_findings == pytest.approx(0.1)
    assert (found.exceptions_of_valid, found.exceptions) == (0.0, {})
    assert (found.latency_ms.p50, found.latency_ms.p95, found.volumes_per_hour) == (10, 10, 360_000)
    assert [each.sensitivity for each in found.froc] == [1.0] * 6
    shipped = found.as_shipped
    assert (shipped.detection.share, shipped.false_alarms.share) == (1.0, 0.0)


def test_an_inverted_reviewer() -> None:
    cases = [case(said(suspicion=0.0), thing()) for _ in range(40)]
    cases += [case(said(finding(0.9, box_mm=ELSEWHERE), suspicion=1.0)) for _ in range(40)]
    found = figures(cases)
    assert found.detection_rate_at_20pct_false_alarms == 0
    assert (found.map_25, found.expected_calibration_error) == (0.0, 1.0)
    assert (found.as_shipped.detection.share, found.as_shipped.false_alarms.share) == (0.0, 1.0)


def test_a_reviewer_that_guesses_finds_as_much_as_it_alarms_falsely() -> None:
    random = np.random.default_rng(5)
    cases = [case(said(suspicion=float(random.random())), thing()) for _ in range(800)]
    cases += [case(said(suspicion=float(random.random()))) for _ in range(800)]
    found = figures(cases)
    assert found.detection_rate_at_10pct_false_alarms == pytest.approx(0.1, abs=0.04)
    low, high = found.detection_rate_at_10pct_false_alarms_interval or (0, 0)
    assert low < 0.1 < high
    assert found.expected_calibration_error == pytest.approx(0.25, abs=0.05)  # the mean of |u − ½|


def test_the_threshold_leaves_just_the_allowed_false_alarms() -> None:
    clean = np.arange(20) / 20  # the highest is 0.95
    once = np.ones((1, 20))
    assert threshold(clean, once, 0.05)[0] == pytest.approx(0.90)  # 0.95 alone is above
    assert threshold(clean, once, 0.10)[0] == pytest.approx(0.85)
    assert threshold(clean, once, 0.04)[0] == pytest.approx(0.95)  # not even one of twenty
    assert threshold(np.zeros(20), once, 0.20)[0] == 0  # of equal ones all or none
    twice = np.ones((1, 20))
    twice[0, -1] = 2  # in this sample the most suspicious one is drawn twice
    assert threshold(clean, twice, 0.05)[0] == pytest.approx(0.95)
    assert np.isnan(threshold(np.zeros(0), np.ones((3, 0)), 0.05)).all()


def test_exceptions_are_neither_detections_nor_false_alarms_but_go_to_a_person() -> None:
    suspected = msgspec.structs.replace(UNJUDGED, suspicion=1.0)
    cases = [case(said(suspicion=0.9), thing()) for _ in range(6)] + [case(suspected, thing())] * 4
    cases += [case(said(suspicion=0.1)) for _ in range(9)] + [case(UNJUDGED)]
    found = figures(cases)
    assert found.detection_rate_at_5pct_false_alarms == 0.6
    assert (found.detection_rate_at_5pct_false_alarms_interval or (0, 1))[1] < 1
    point = found.operating_points[0]
    assert (point.false_alarms.count, point.false_alarms.of) == (0, 9)
    assert point.to_a_person_if_positive.share == 1.0
    assert point.to_a_person_if_clean.share == 0.1
    assert found.exceptions_of_valid == 0.25
    assert found.exceptions == {"cut_off": 5}
    assert found.roc_curve[-1] == (1.0, 0.6)


def test_a_review_without_suspicion_has_that_of_its_surest_finding() -> None:
    cases = [case(said(finding(0.7)), thing())] * 5 + [case(said(finding(0.6, FindingKind.PHONE)))] * 5
    assert figures(cases).detection_rate_at_5pct_false_alarms == 1.0
    assert figures(cases).operating_points[0].threshold == 0  # a telephone does not alarm


def test_kinds_are_told_apart() -> None:
    gun = thing(FindingKind.FIREARM, ELSEWHERE)
    cases = [case(said(finding(0.9), suspicion=0.9), thing())] * 4
    cases += [case(said(finding(0.8, box_mm=ELSEWHERE), suspicion=0.0), gun)] * 4
    cases += [case(said(suspicion=0.1))] * 8
    found = figures(cases)
    blade, firearm = found.per_class["blade"], found.per_class["firearm"]
    assert (blade.detection_rate_at_5pct_false_alarms, blade.ap_25) == (1.0, 1.0)
    assert (firearm.detection_rate_at_5pct_false_alarms, firearm.named, firearm.ap_25) == (0.0, False, None)
    assert (found.map_25, found.map_25_of_all_kinds, found.ap_25_without_kinds) == (1.0, 0.5, 1.0)
    both = figures(cases, frozenset({FindingKind.BLADE, FindingKind.FIREARM}))
    assert both.map_25 == 0.5


def test_thirds_of_clutter_concealment_and_look_alikes() -> None:
    cases = [
        case(
            said(suspicion=0.9 if n < 20 else 0.0), thing(concealed="in a book" if n >= 20 else ""), clutter=n
        )
        for n in range(30)
    ]
    cases += [case(said(suspicion=0.1), thing(None, look_alike="yes"))] * 10 + [
        case(said(suspicion=0.0))
    ] * 10
    found = figures(cases)
    shares = {
        name: each.detection_rate_at_5pct_false_alarms for name, each in found.per_clutter_third.items()
    }
    assert shares == {"least": 1.0, "middle": 1.0, "most": 0.0}
    assert found.per_clutter_third["most"].clutter_per_cm2 == (20, 29)
    assert found.points_lost_in_most_cluttered_third == pytest.approx(66.667, abs=0.001)
    assert found.concealed_detection_at_5pct and found.concealed_detection_at_5pct.share == 0
    assert found.look_alike_false_alarms_at_5pct and found.look_alike_false_alarms_at_5pct.of == 10


def test_a_set_of_clean_parcels_alone_has_no_rates() -> None:
    found = figures([case(said(suspicion=0.1))] * 3)
    assert found.detection_rate_at_5pct_false_alarms is None
    assert found.map_25 is None
    assert found.per_clutter_third == {}


def test_odd_volumes_that_are_cleared_are_counted() -> None:
    odd = [OddCase(OddKind.NOISE, UNJUDGED)] * 3 + [OddCase(OddKind.EMPTY, said())]
    odd += [OddCase(OddKind.UPSIDE_DOWN, said())] * 9  # told, not counted
    shares = Measuring(("scripted 1",), KINDS, [case(said())]).figures(odd=odd).odd_volumes or {}
    assert {name: each.to_a_person.share for name, each in shares.items()} == {
        "all": 0.75,
        OddKind.NOISE: 1.0,
        OddKind.EMPTY: 0.0,
        OddKind.UPSIDE_DOWN: 0.0,
    }


def test_calibration_error_by_hand() -> None:
    said_so = np.repeat([0.2, 0.8], 50)
    true = np.concatenate([np.arange(50) < 15, np.arange(50) < 40])  # 30 % and 80 %
    assert calibration_error(said_so, true) == pytest.approx(0.05)
    assert [tuple(np.round((each.said, each.true, each.count), 9)) for each in binned(said_so, true)] == (
        [(0.2, 0.3, 50), (0.8, 0.8, 50)]
    )


def test_bins_have_equal_mass_and_order_says_nothing() -> None:
    said_so = np.random.default_rng(2).random(1500)
    bins = binned(said_so, said_so > 0.5)
    assert [each.count for each in bins] == [100] * 15
    backwards = calibration_error(said_so[::-1], (said_so > 0.5)[::-1])
    assert backwards == pytest.approx(calibration_error(said_so, said_so > 0.5))
