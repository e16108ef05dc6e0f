"""The queue of flagged passages: on the belt, or of the last hour, that nobody has answered."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, and_, exists, or_

from central import claims, passages, schema
from central.answer_rules import barred, may_clear
from central.claims import Claim
from central.roles import Principal
from central.views import Review
from config.settings import Site
from edge.messages import Evidence, LineState, Ruling, ScanEvidence

AFTERWARDS = timedelta(hours=1)  # how long a passage stays in the queue once its item has left the belt
LONGEST = 300

_p, _a = schema.passages, schema.answers


def queue(
    connection: Connection, site: Site, principal: Principal, states: Mapping[str, LineState], now: datetime
) -> list[Review]:
    """Those with the least belt left first, then the newest."""
    answered = exists().where(
        _a.c.passage_id == _p.c.passage_id,
        _a.c.site == _p.c.site,
        _a.c.line == _p.c.line,
        _a.c.ruling.not_in([Ruling.REFUSED.value, Ruling.NOT_OPEN.value]),
    )
    recent = or_(_p.c.closed_at.is_(None), _p.c.closed_at > now - AFTERWARDS)
    query = (
        passages.visible(site.id, principal, *passages.ROW, _p.c.evidence)
        .where(_p.c.flagged, and_(recent, ~answered))
        .order_by(_p.c.closed_at.is_not(None), _p.c.inducted_at.desc())
        .limit(LONGEST)
    )
    rows = connection.execute(query).mappings().all()
    claimed = claims.of(connection, site.id, [row["passage_id"] for row in rows], now)
    found = [_review(row, site, principal, states, claimed.get(row["passage_id"])) for row in rows]
    return sorted(found, key=_urgency)


def _review(
    row: RowMapping, site: Site, principal: Principal, states: Mapping[str, LineState], claim: Claim | None
) -> Review:
    shown = passages.row_view(row, principal)
    evidence = msgspec.convert(row["evidence"], Evidence) if row["evidence"] else Evidence()
    scan = evidence.scan or ScanEvidence()
    bar = barred(evidence.scan, may_clear(site, row["line"]))
    awaited = row["awaiting_answer"] and row["closed_at"] is None
    state = states.get(row["line"])
    item = (
        next((each for each in state.items if each.passage_id == row["passage_id"]), None) if state else None
    )
    return Review(
        **{name: getattr(shown, name) for name in shown.__struct_fields__},
        remaining_mm=item.deadline_mm if item else None,
        speed_mm_s=state.speed_mm_s if state else None,
        outcome=shown.image_outcome,
        exception=scan.review.exception if scan.review else None,
        findings=scan.review.findings if scan.review else (),
        scan_doubts=scan.doubts,
        has_image=bool(scan.volumes),
        release_barred=bar.value if bar else "" if awaited else "not_awaited",
        claimed_by=claim.name if claim else None,
        claimed_by_me=claim is not None and claim.officer == principal.user_id,
        claimed_until=claim.until if claim else None,
    )


def _urgency(each: Review) -> tuple[bool, int, float]:
    return each.remaining_mm is None, each.remaining_mm or 0, -each.inducted_at.timestamp()
