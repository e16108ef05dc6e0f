"""Messages as rows of the database; pure but for the sealing of what goes to quarantine."""

import hashlib
from typing import Any

from central.incoming import Refused
from config.keyring import Keyring
from edge.messages import PassageClosed, PassageDecided

Row = dict[str, Any]

_QUARANTINED_BYTES = 262_144  # of a message nobody understands; more tells no more


def decided(site: str, line: str, event: PassageDecided) -> Row:
    """A verdict's part of a passage's row."""
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
        "policy": event.policy,
        "awaiting_answer": event.awaiting_answer,
        "decided_sequence": event.link.sequence if event.link else None,
        "decided_hash": event.link.hash if event.link else None,
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
