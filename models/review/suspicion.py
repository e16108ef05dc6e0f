"""How likely a review says it is that the parcel holds something prohibited."""

from models.findings import Review
from models.taxonomy import alarming


def suspicion_of(review: Review) -> float:
    """The reviewer's own suspicion, 0–1; of one that states none, the score of its surest alarming finding.

    Such a score need not be a probability. It is 0 without findings, which clears nothing: an exception may
    have none.
    """
    if review.suspicion is not None:
        return review.suspicion
    alarms = alarming()
    return max((each.score for each in review.findings if each.kind in alarms), default=0.0)
