"""What an officer's answer may not do on the screen; pure.

The edge holds the same rules and has the last word. An image that cannot be judged is for the bench.
Findings of a category the site does not leave to one officer are an override: two officers, and never on the
moving belt.
"""

from collections.abc import Collection
from enum import StrEnum

from config.settings import Site
from edge.messages import Reason, ScanEvidence
from models.findings import Outcome

NEEDS_TWO = frozenset({Reason.CONTROL_INSTRUCTION, Reason.CUSTOMS_HOLD, Reason.OFFICER_STOPPED})


class Barred(StrEnum):
    """Why no answer can release a parcel."""

    EXCEPTION = "exception"  # its image cannot be judged, or it is doubtful whose it is
    PROHIBITED = "prohibited"  # something was found that nobody may clear on the screen


SENTENCES = {
    Barred.EXCEPTION: "the image of this parcel cannot be judged: it goes to the bench",
    Barred.PROHIBITED: "what was found may not be cleared on the screen: the parcel goes to the bench",
}


def barred(scan: ScanEvidence | None, may_clear: Collection[str]) -> Barred | None:
    """What in the image forbids a release by answer; None: nothing. `may_clear`: the site's categories."""
    if scan is None:
        return None
    if scan.doubts:
        return Barred.EXCEPTION
    if scan.review is None:
        return None
    if scan.review.outcome is Outcome.EXCEPTION:
        return Barred.EXCEPTION
    if any(finding.category.value not in may_clear for finding in scan.review.findings):
        return Barred.PROHIBITED
    return None


def may_clear(site: Site, line: str) -> tuple[str, ...]:
    """The categories that officers may clear on the screen at a line; none at one the site no longer has."""
    return next((each.policy.officer_may_clear for each in site.lines if each.id == line), ())
