"""A passage's row as the checker reads it: what the centre says of one trip."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Text, type_coerce

from central.schema import passages
from edge.messages import Evidence


class Moment(Struct, frozen=True):
    """Of a timeline's entry, what the checker asks."""

    what: str
    position_mm: int | None = None
    detail: str = ""


class PassageRow(Struct, frozen=True):
    """One closed passage."""

    passage_id: str
    revision: int | None  # None: no verdict has come
    lane_decided: int | None
    role_decided: str | None
    reasons: tuple[str, ...]
    evidence: Evidence | None
    image_outcome: str | None
    policy: str | None
    waybill_key: str | None
    lane_actual: int | None
    as_decided: bool
    timeline: tuple[Moment, ...]
    linked: bool  # both parts say where they stand in the line's chain
    role_actual: str | None = None  # RELEASE without a lane: it may have left

    @property
    def verdicts(self) -> list[str]:
        """The roles it was given one after the other, by its timeline."""
        return [each.detail.split(" ", 1)[0] for each in self.timeline if each.what == "decided"]

    @property
    def is_complete(self) -> bool:
        """Whether the last verdict its timeline tells of has come."""
        return self.revision is not None and self.revision >= len(self.verdicts)


_p = passages.c
_reasons = msgspec.json.Decoder(tuple[str, ...])
_evidence = msgspec.json.Decoder(Evidence)
_timeline = msgspec.json.Decoder(tuple[Moment, ...])

COLUMNS: tuple[Any, ...] = (
    _p.passage_id,
    _p.revision,
    _p.lane_decided,
    _p.role_decided,
    type_coerce(_p.reasons, Text()),
    type_coerce(_p.evidence, Text()),
    _p.image_outcome,
    _p.policy,
    _p.waybill_key,
    _p.lane_actual,
    _p.as_decided,
    type_coerce(_p.timeline, Text()),
    _p.decided_sequence,
    _p.decided_hash,
    _p.closed_sequence,
    _p.closed_hash,
    _p.role_actual,
)


def passage_row(values: Any) -> PassageRow:
    """From a row of `COLUMNS`; msgspec's errors for a record that cannot be read."""
    key, revision, lane, role, reasons, evidence, outcome, policy, waybill, actual, as_decided = values[:11]
    timeline, *links, role_actual = values[11:]
    return PassageRow(
        key,
        revision,
        lane,
        role,
        _reasons.decode(reasons) if reasons else (),
        _evidence.decode(evidence) if evidence else None,
        outcome,
        policy,
        waybill,
        actual,
        bool(as_decided),
        _timeline.decode(timeline) if timeline else (),
        all(links),
        role_actual,
    )
