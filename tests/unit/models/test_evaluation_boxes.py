"""Boxes: overlap, hits, and average precision against a slow computation written apart."""

import numpy as np
import pytest

from models.evaluation.box_detection import Boxed, average_precision, froc, froc_curve, ranked
from models.evaluation.boxes import Hit, hits, iou
from models.evaluation.intervals import Floats
from models.findings import Box

UNIT: Box = (0, 0, 0, 10, 10, 10)
FAR: Box = (100, 0, 0, 110, 10, 10)


def moved(box: Box, mm: float) -> Box:
    return (box[0] + mm, box[1], box[2], box[3] + mm, box[4], box[5])


def once(parcels: int) -> Floats:
    return np.ones((1, parcels))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (UNIT, 1),
        (moved(UNIT, 5), 1 / 3),
        (moved(UNIT, 10), 0),
        (FAR, 0),
        ((0, 0, 0, 10, 10, 5), 1 / 2),
        ((2, 2, 2, 4, 4, 4), 8 / 1000),
        ((0, 0, 0, 0, 0, 0), 0),
    ],
)
def test_overlap(other: Box, expected: float) -> None:
    assert iou(UNIT, other) == iou(other, UNIT) == pytest.approx(expected)


def test_overlap_agrees_with_counting_voxels() -> None:
    random = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(*[np.arange(12) + 0.5] * 3, indexing="ij"), axis=-1)
    for _ in range(20):
        boxes: list[Box] = []
        masks: list[np.ndarray] = []
        for _ in range(2):
            first = random.integers(0, 8, 3)
            last = first + random.integers(1, 5, 3)
            boxes.append((*first.tolist(), *last.tolist()))
            masks.append(np.all((grid >= first) & (grid < last), axis=-1))
        expected = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
        assert iou(boxes[0], boxes[1]) == pytest.approx(expected)


def test_an_object_is_hit_once_and_a_finding_takes_the_free_one() -> None:
    near = moved(UNIT, 2)
    assert hits([UNIT, UNIT, FAR], [UNIT], 0.25) == [Hit.TRUE, Hit.AGAIN, Hit.FALSE]
    assert hits([UNIT, UNIT], [UNIT, near], 0.25) == [Hit.TRUE, Hit.TRUE]
    assert hits([moved(UNIT, 5)], [UNIT], 0.5) == [Hit.FALSE]
    assert hits([UNIT], [], 0.25) == [Hit.FALSE]


def test_average_precision_by_hand() -> None:
    parcels = [
        Boxed([(0.9, UNIT), (0.8, FAR)], [UNIT]),
        Boxed([(0.7, UNIT)], [UNIT]),
        Boxed([], [UNIT]),
    ]
    # hit, miss, hit of three: precision 1 up to a third, 2/3 up to two thirds, then never.
    assert average_precision(ranked(parcels, 0.25), once(3))[0] == pytest.approx(1 / 3 + 2 / 9)


@pytest.mark.parametrize(
    ("parcels", "expected"),
    [
        ([Boxed([(0.5, UNIT)], [UNIT])] * 4, 1.0),
        ([Boxed([(0.5, FAR)], [UNIT])] * 4, 0.0),
        ([Boxed([], [UNIT])], 0.0),
        ([Boxed([(0.5, UNIT), (0.4, UNIT)], [UNIT])] * 2, 1.0),  # what comes after the last hit costs nothing
        ([Boxed([(0.5, UNIT), (0.5, FAR)], [UNIT])] * 2, 0.5),  # of one score all or nothing
    ],
)
def test_average_precision_at_its_ends(parcels: list[Boxed], expected: float) -> None:
    assert average_precision(ranked(parcels, 0.5), once(len(parcels)))[0] == pytest.approx(expected)


def test_nothing_to_find_has_no_precision() -> None:
    assert np.isnan(average_precision(ranked([Boxed([(0.5, UNIT)], [])], 0.5), once(1))[0])
    assert np.isnan(average_precision(ranked([Boxed([], [])], 0.5), once(1))[0])


def slow_precision(parcels: list[Boxed], least: float) -> float:
    """Threshold by threshold: the best precision at each recall or more, over the steps of recall."""
    scores = sorted({score for each in parcels for score, _ in each.found}, reverse=True)
    points: list[tuple[float, float]] = []
    for limit in scores:
        right = shown = 0
        for each in parcels:
            left = list(each.true)
            for score, box in sorted(each.found, key=lambda found: -found[0]):
                if score < limit:
                    continue
                shown += 1
                fitting = [(iou(box, one), one) for one in left if iou(box, one) >= least]
                if fitting:
                    right += 1
                    left.remove(max(fitting)[1])
        points.append((right / sum(len(each.true) for each in parcels), right / shown))
    area, before = 0.0, 0.0
    for recall, _ in points:
        area += (recall - before) * max(precision for other, precision in points if other >= recall)
        before = recall
    return area


@pytest.mark.parametrize("seed", range(8))
def test_average_precision_agrees_with_a_slow_computation(seed: int) -> None:
    random = np.random.default_rng(seed)
    parcels: list[Boxed] = []
    for _ in range(25):
        true = [moved(UNIT, float(40 * n + random.uniform(0, 5))) for n in range(random.integers(0, 3))]
        found = [(round(float(random.random()), 1), moved(box, float(random.uniform(0, 9)))) for box in true]
        found += [(round(float(random.random()), 1), FAR) for _ in range(random.integers(0, 3))]
        parcels.append(Boxed(found, true))
    for least in (0.25, 0.5):
        slow = slow_precision(parcels, least)
        assert 0 < slow < 1
        assert average_precision(ranked(parcels, least), once(25))[0] == pytest.approx(slow)


def test_a_sample_counts_parcels_as_often_as_they_are_drawn() -> None:
    good, bad = Boxed([(0.9, UNIT)], [UNIT]), Boxed([(0.95, FAR)], [UNIT])
    weights = np.array([[1.0, 1.0], [2.0, 0.0], [1.0, 3.0]])
    drawn = [[good, bad], [good, good], [good, bad, bad, bad]]
    found = average_precision(ranked([good, bad], 0.25), weights)
    for value, parcels in zip(found, drawn, strict=True):
        assert value == pytest.approx(average_precision(ranked(parcels, 0.25), once(len(parcels)))[0])


def test_froc_counts_a_second_box_on_an_object_as_neither() -> None:
    parcels = [
        Boxed([(0.9, UNIT), (0.8, UNIT), (0.7, FAR), (0.6, moved(FAR, 30))], [UNIT, moved(FAR, 30)]),
        Boxed([], [UNIT]),
    ]
    found = ranked(parcels, 0.25)
    points = {each.false_boxes_per_parcel: each.sensitivity for each in froc(found, once(2))}
    assert points[0.25] == pytest.approx(1 / 3, abs=1e-5)  # no false box may be shown
    assert points[0.5] == pytest.approx(2 / 3, abs=1e-5)
    assert froc_curve(found)[-1] == pytest.approx((0.5, 2 / 3), abs=1e-5)
