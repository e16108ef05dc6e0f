"""The passages of the ingest benchmark: number → line, records, envelopes; the same for the same number.

Passage `number` runs on line `number % lines` as item `number // lines`, counted from 0. Each line sends
verdicts and ends interleaved, as items overlap on a belt: an item's end comes OVERLAP verdicts after its own.
"""

from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b

from msgspec import Struct

from config.settings import LaneRole, Mode
from edge import messages
from edge.messages import (
    ChainLink,
    ClearanceEvidence,
    ClearanceState,
    CodeEvidence,
    Evidence,
    Moment,
    PassageClosed,
    PassageDecided,
    Reason,
)

SITE = "bench"
OVERLAP = 8  # items between the deciding eye and the lanes
DECLARED_G = 1500.0

_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_PITCH_S = 0.55
_EPOCH = 0x6950
_POLICY = blake2b(b"policy", digest_size=32).hexdigest()
_SEALED = "c2VhbGVkIGJ5dGVzIG9mIG9uZSBsYWJlbCwgbm9uY2UgYW5kIHRhZyBpbmNsdWRlZA=="
_RELEASED_OF = 8  # all but one in so many are released


class Kind(Enum):
    """A passage's two records."""

    DECIDED = "redpeak.passage.decided.v1"
    CLOSED = "redpeak.passage.closed.v1"


class Place(Struct, frozen=True):
    """A passage's line, and its number among the line's items, from 0."""

    line: str
    item: int


def place(number: int, lines: int) -> Place:
    """Where passage `number` runs."""
    return Place(f"L{number % lines + 1}", number // lines)


def number(at: Place, lines: int) -> int:
    """The passage at a place."""
    return at.item * lines + int(at.line[1:]) - 1


def nth(n: int) -> tuple[int, Kind]:
    """The `n`-th record of a line that begins to send: which of its items from then on, and which record."""
    if n < OVERLAP:
        return n, Kind.DECIDED
    pair, second = divmod(n - OVERLAP, 2)
    return (pair + OVERLAP, Kind.DECIDED) if second else (pair, Kind.CLOSED)


def envelope_id(line: str, sequence: int) -> str:
    """The id a line's journal gives its record of that sequence."""
    return f"{blake2b(line.encode(), digest_size=16).hexdigest()}:{sequence}"


def passage_id(at: Place) -> str:
    """As the edge makes it."""
    return f"{at.line}-{_EPOCH:08X}-{at.item + 1:08X}"


def waybill_key(passage: int) -> str:
    """32 hex digits without order, as keyed hashes are."""
    return blake2b(passage.to_bytes(8, "big"), digest_size=16).hexdigest()


def is_released(passage: int) -> bool:
    """Whether it goes to a release lane."""
    return passage % _RELEASED_OF != 0


def at(item: int, after_s: float = 0.0) -> datetime:
    """When a line's item is inducted, or so much later."""
    return _BEGUN + timedelta(seconds=item * _PITCH_S + after_s)


def span_s(items: int) -> float:
    """How long so many items of a line take."""
    return items * _PITCH_S


def decided(passage: int, lines: int, sequence: int) -> PassageDecided:
    """Its verdict, with the evidence a parcel with two scanners and a scale brings."""
    where = place(passage, lines)
    key = waybill_key(passage)
    released = is_released(passage)
    return PassageDecided(
        passage_id=passage_id(where),
        epoch=_EPOCH,
        tracking_id=where.item + 1,
        revision=1,
        inducted_at=at(where.item),
        decided_at=at(where.item, 2.1),
        waybill_key=key,
        role=LaneRole.RELEASE if released else LaneRole.INSPECT,
        lane=1 if released else 5,
        reasons=(Reason.CLEARED if released else Reason.WEIGHT_MISMATCH,),
        evidence=Evidence(
            codes=(
                CodeEvidence("top", 880, (key,), _SEALED),
                CodeEvidence("side", 1180, (key,), _SEALED),
            ),
            weight_g=DECLARED_G + passage % 40,
            declared_weight_g=DECLARED_G,
            length_mm=300 + passage % 200,
            clearance=ClearanceEvidence(ClearanceState.RELEASE, 1, 4000, 3600.25, Mode.DIRECT_PURCHASE),
        ),
        policy=_POLICY,
        link=_link(sequence),
    )


def closed(passage: int, lines: int, sequence: int) -> PassageClosed:
    """Its end, with the timeline of an undisturbed trip."""
    where = place(passage, lines)
    released = is_released(passage)
    belt_mm = where.item * 1100
    lane = "1" if released else "5"
    moments = (
        (0.0, "inducted", 0, "", ""),
        (0.44, "codes_read", 880, "top", "1"),
        (0.59, "codes_read", 1180, "side", "1"),
        (0.75, "eye", 1500, "", "1"),
        (1.48, "weighed", 2960, "scale", "1512 g"),
        (2.1, "eye", 4200, "", "2"),
        (2.1, "decided", None, "", "release cleared" if released else "inspect weight_mismatch"),
        (2.12, "lane_accepted", None, "", lane),
        (4.5, "lane_latched", 9000, "", lane),
        (5.6, "diverted", 11180, "", lane),
    )
    return PassageClosed(
        passage_id=passage_id(where),
        epoch=_EPOCH,
        tracking_id=where.item + 1,
        inducted_at=at(where.item),
        closed_at=at(where.item, 5.6),
        lane=1 if released else 5,
        role=LaneRole.RELEASE if released else LaneRole.INSPECT,
        as_decided=True,
        waybill_key=waybill_key(passage),
        timeline=tuple(
            Moment(at(where.item, after_s), what, None if mm is None else belt_mm + mm, device, detail)
            for after_s, what, mm, device, detail in moments
        ),
        link=_link(sequence),
    )


def envelope(passage: int, kind: Kind, lines: int, sequence: int) -> bytes:
    """One record as its line publishes it."""
    where = place(passage, lines)
    made = (decided if kind is Kind.DECIDED else closed)(passage, lines, sequence)
    return messages.wrap(
        made,
        id=envelope_id(where.line, sequence),
        source=f"/{SITE}/{where.line}",
        time=at(where.item, 2.1 if kind is Kind.DECIDED else 5.6),
        sequence=sequence,
    )


def _link(sequence: int) -> ChainLink:
    return ChainLink(sequence, blake2b(sequence.to_bytes(8, "big"), digest_size=32).hexdigest())
