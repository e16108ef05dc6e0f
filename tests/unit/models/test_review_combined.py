"""Several reviewers as one: the gravest outcome counts, one thing is one finding."""

import pytest

from models.findings import Box, Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.review.combined import CombinedReviewer, combine
from models.review.merging import merged, shared

HERE: Box = (0, 0, 0, 100, 50, 40)
NEAR: Box = (10, 0, 0, 110, 50, 40)
FAR: Box = (200, 0, 0, 300, 50, 40)


def finding(kind: FindingKind, box_mm: Box, score: float) -> Finding:
    return Finding(kind, Category.ANOMALY, score, box_mm, Material.ORGANIC, 100.0)


CLEAR = Review(Outcome.CLEAR, "a", length_mm=300, mass_g=900, took_ms=20)
ALARM = Review(Outcome.ALARM, "b", findings=(finding(FindingKind.LIQUID, HERE, 0.8),), model_sha256="f" * 64)
EXCEPTION = Review(Outcome.EXCEPTION, "c", ImageException.CUT_OFF, detail="cut", took_ms=5)


@pytest.mark.parametrize(
    ("reviews", "outcome", "exception"),
    [
        ([CLEAR, CLEAR], Outcome.CLEAR, None),
        ([CLEAR, ALARM], Outcome.ALARM, None),
        ([ALARM, CLEAR], Outcome.ALARM, None),
        ([ALARM, EXCEPTION], Outcome.EXCEPTION, ImageException.CUT_OFF),
        ([EXCEPTION, CLEAR], Outcome.EXCEPTION, ImageException.CUT_OFF),
    ],
)
def test_the_gravest_counts(
    reviews: list[Review], outcome: Outcome, exception: ImageException | None
) -> None:
    found = combine(reviews)
    assert (found.outcome, found.exception) == (outcome, exception)
    assert found.reviewer == " + ".join(each.reviewer for each in reviews)


def test_measures_hash_and_details_are_kept() -> None:
    found = combine([EXCEPTION, CLEAR, ALARM])
    assert (found.length_mm, found.mass_g, found.took_ms) == (300, 900, 25)
    assert (found.model_sha256, found.detail) == ("f" * 64, "cut")
    assert found.findings == ALARM.findings


def test_the_greatest_suspicion_counts_if_any_states_one() -> None:
    assert combine([CLEAR, ALARM]).suspicion is None
    unsure = Review(Outcome.CLEAR, "d", suspicion=0.3)
    assert combine([CLEAR, unsure]).suspicion == 0.3
    assert combine([unsure, ALARM]).suspicion == 0.8  # of one that states none its surest finding's score
    telephone = Review(Outcome.ALARM, "e", findings=(finding(FindingKind.PHONE, HERE, 0.9),))
    assert combine([unsure, telephone]).suspicion == 0.3


def test_one_thing_is_one_finding() -> None:
    weaker = finding(FindingKind.LIQUID, NEAR, 0.6)
    stronger = finding(FindingKind.LIQUID, HERE, 0.9)
    other_place = finding(FindingKind.LIQUID, FAR, 0.7)
    other_kind = finding(FindingKind.POWDER, HERE, 0.5)
    assert merged([weaker, stronger, other_place, other_kind]) == [stronger, other_place, other_kind]


def test_boxes_share_what_the_smaller_one_has() -> None:
    assert shared(HERE, NEAR) == pytest.approx(0.9)
    assert shared(HERE, FAR) == 0
    assert shared(HERE, (0, 0, 0, 0, 0, 0)) == 0
    assert shared(HERE, (20, 10, 10, 30, 20, 20)) == 1


def test_nobody_is_no_reviewer() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CombinedReviewer([])
