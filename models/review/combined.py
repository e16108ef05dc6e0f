"""Several reviewers as one: the gravest outcome counts, findings are put together."""

from collections.abc import Sequence

from models.findings import Outcome, Review
from models.interfaces import Reviewer
from models.review.merging import merged
from models.review.suspicion import suspicion_of
from models.volume import Volume

_GRAVITY = {Outcome.CLEAR: 0, Outcome.ALARM: 1, Outcome.EXCEPTION: 2}


class CombinedReviewer:
    """Asks all of its reviewers about each volume; ValueError without any."""

    def __init__(self, reviewers: Sequence[Reviewer]) -> None:
        if not reviewers:
            raise ValueError("expected at least one reviewer")
        self._reviewers = tuple(reviewers)

    @property
    def name(self) -> str:
        """All their names."""
        return " + ".join(reviewer.name for reviewer in self._reviewers)

    def review(self, volume: Volume) -> Review:
        """What all of them say."""
        return combine([reviewer.review(volume) for reviewer in self._reviewers])


def combine(reviews: Sequence[Review]) -> Review:
    """One review of several: exception over alarm over clear; measures are the first that there are.

    Its suspicion is the greatest of all, if any of them states one.
    """
    gravest = max(reviews, key=lambda review: _GRAVITY[review.outcome])
    return Review(
        outcome=gravest.outcome,
        reviewer=" + ".join(review.reviewer for review in reviews),
        exception=gravest.exception,
        findings=tuple(merged(finding for review in reviews for finding in review.findings)),
        length_mm=next((each.length_mm for each in reviews if each.length_mm is not None), None),
        mass_g=next((each.mass_g for each in reviews if each.mass_g is not None), None),
        model_sha256=next((each.model_sha256 for each in reviews if each.model_sha256), ""),
        took_ms=sum(review.took_ms for review in reviews),
        detail="; ".join(dict.fromkeys(review.detail for review in reviews if review.detail)),
        suspicion=max(map(suspicion_of, reviews))
        if any(each.suspicion is not None for each in reviews)
        else None,
    )
