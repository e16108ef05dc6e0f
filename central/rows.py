"""Messages as rows of the database; pure but for the sealing of what goes to quarantine."""

import hashlib
from typing import Any

from central.incoming import Refused
from config.keyring import Keyring
from edge.messages import MediaRecorded, PassageClosed, PassageDecided, Reason, ScanEvidence
from models.findings import Outcome

Row = dict[str, Any]

FLAGGING = frozenset({Outcome.ALARM, Outcome.EXCEPTION})  # what an officer is to look at

_QUARANTINED_BYTES = 262_144  # of a message nobody understands; more tells no more


def decided(site: str, line: str, event: PassageDecided) -> Row:
    """A verdict's part of a passage's row."""
    outcome = image_outcome(event.evidence.scan)
    return {
        "passage_id": event.passage_id,
        "site": site,
        "line": line,
        "epoch": event.epoch,
        "tracking_id": event.tracking_id,
        "waybill_key": event.waybill_key,
        "inducted_at": event.inducted_at,
        "decided_at": event.decided_at,
        "revision": event.revision,
        "lane_decided": event.lane,
        "role_decided": event.role.value,
        "reasons": event.reasons,
        "evidence": event.evidence,
        "weight_g": event.evidence.weight_g,
        "image_outcome": outcome.value if outcome else None,
        "policy": event.policy,
        "awaiting_answer": event.awaiting_answer,
        "flagged": outcome in FLAGGING or event.awaiting_answer or Reason.OFFICER_REVIEW in event.reasons,
        "decided_sequence": event.link.sequence if event.link else None,
        "decided_hash": event.link.hash if event.link else None,
    }


def image_outcome(scan: ScanEvidence | None) -> Outcome | None:
    """What the review of a passage's image came to; None if it has none (yet).

    An image of which it is doubtful whose it is cannot be judged, whatever the review says.
    """
    if scan is None:
        return None
    if scan.doubts:
        return Outcome.EXCEPTION if scan.volumes else None
    return scan.review.outcome if scan.review else None


def recorded(site: str, line: str, event: MediaRecorded) -> Row:
    """A file that a line keeps about a passage."""
    return {
        "site": site,
        "line": line,
        "passage_id": event.passage_id,
        "sha256": event.sha256,
        "kind": event.kind.value,
        "part": event.part,
        "media_type": event.media_type,
        "size": event.size,
        "device": event.device,
        "recorded_at": event.recorded_at,
        "sequence": event.link.sequence if event.link else None,
        "hash": event.link.hash if event.link else None,
    }


def closed(site: str, line: str, event: PassageClosed) -> Row:
    """The part of a passage's row that says where the item really went."""
    return {
        "passage_id": event.passage_id,
        "site": site,
        "line": line,
        "epoch": event.epoch,
        "tracking_id": event.tracking_id,
        "waybill_key": event.waybill_key,
        "closed_waybill_key": event.waybill_key,
        "inducted_at": event.inducted_at,
        "closed_at": event.closed_at,
        "lane_actual": event.lane,
        "role_actual": event.role.value if event.role else None,
        "as_decided": event.as_decided,
        "timeline": event.timeline,
        "awaiting_answer": False,
        "closed_sequence": event.link.sequence if event.link else None,
        "closed_hash": event.link.hash if event.link else None,
    }


def quarantined(site: str, refused: Refused, keyring: Keyring) -> Row:
    """A message set aside; its content may be personal data, so it is sealed."""
    return {
        "site": site,
        "line": refused.line,
        "digest": hashlib.sha256(refused.raw).hexdigest(),
        "envelope_id": refused.envelope_id,
        "reason": refused.reason,
        "sealed_raw": keyring.seal(refused.raw[:_QUARANTINED_BYTES], "quarantine.raw"),
        "times": 1,
        "received_at": refused.received_at,
    }
