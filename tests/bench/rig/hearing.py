"""What a line's record at the broker says of an item, for a benchmark; pure."""

from config.settings import LaneRole
from edge.messages import (
    Envelope,
    Event,
    GapRecorded,
    MediaRecorded,
    PassageClosed,
    PassageDecided,
    ScanEvidence,
)
from models.findings import ImageException
from tests.bench.rig.marks import Heard


def heard(event: Event, envelope: Envelope, at_s: float) -> Heard:
    """The note of an event that came in at `at_s` of the monotonic clock."""
    match event:
        case PassageDecided():
            released = event.role is LaneRole.RELEASE
            scan = event.evidence.scan
            review = scan.review if scan else None
            return Heard(
                at_s,
                envelope.id,
                envelope.type,
                judged=event.tracking_id,
                reasons=() if released else tuple(reason.value for reason in event.reasons),
                outcome=_outcome(scan),
                reviewed=review is not None and review.exception is not ImageException.NOT_REVIEWED,
                took_ms=review.took_ms if review else 0,
            )
        case PassageClosed(tracking_id=number):
            return Heard(at_s, envelope.id, envelope.type, number, number)
        case GapRecorded():
            return Heard(at_s, envelope.id, envelope.type, event.first_tracking_id, event.last_tracking_id)
        case MediaRecorded():
            number = int(event.passage_id.rpartition("-")[2], 16)
            file = f"{event.kind}-{event.part}" if event.part else event.kind.value
            return Heard(at_s, envelope.id, envelope.type, filed=number, file=file)
        case _:
            return Heard(at_s, envelope.id, envelope.type)


def _outcome(scan: ScanEvidence | None) -> str:
    """What the review came to, an exception by its kind; of a scan in doubt, what the doubt is."""
    if scan is None:
        return ""
    if scan.doubts:
        return scan.doubts[0].value
    return (scan.review.exception or scan.review.outcome).value if scan.review else ""
