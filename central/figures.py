"""How much went through today, by the site's clock: one scan of today's passages."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, String, cast, func, select

from central import schema
from central.roles import Principal, shown_reasons
from central.views import Figures, HourCount
from edge.messages import LineState


def today(
    connection: Connection,
    site: str,
    timezone: str,
    now: datetime,
    principal: Principal,
    states: dict[str, LineState],
) -> Figures:
    """Today's figures; a role is where the item went, or before that its verdict's."""
    zone = ZoneInfo(timezone)
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    passages = schema.passages
    hour = func.substr(cast(passages.c.inducted_at, String), 1, 13)  # "2026-11-23 07", UTC on both databases
    role = func.coalesce(passages.c.role_actual, passages.c.role_decided)
    reasons = cast(passages.c.reasons, String)
    rows = connection.execute(
        select(hour, role, reasons, func.count())
        .where(passages.c.site == site, passages.c.inducted_at >= start)
        .group_by(hour, role, reasons)
    ).all()
    by_role: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    per_hour: Counter[int] = Counter()
    for hour_utc, its_role, its_reasons, count in rows:
        local = datetime.strptime(hour_utc, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(zone)
        per_hour[local.hour] += count
        if its_role:
            by_role[its_role] += count
        for reason in shown_reasons(msgspec.json.decode(its_reasons or "[]"), principal):
            by_reason[reason] += count
    recorded = per_hour.total()
    lost = _lost_in_gaps(connection, site, start)
    return Figures(
        inducted=recorded + lost + _unrecorded(connection, site, states),
        recorded=recorded,
        by_role=dict(by_role),
        by_reason=dict(by_reason.most_common()),
        per_hour=tuple(
            HourCount(hour=each, count=per_hour[each]) for each in range(now.astimezone(zone).hour + 1)
        ),
        gaps=lost,
        quarantined=connection.execute(
            select(func.count())
            .select_from(schema.quarantine)
            .where(schema.quarantine.c.site == site, schema.quarantine.c.received_at >= start)
        ).scalar_one(),
    )


def _lost_in_gaps(connection: Connection, site: str, start: datetime) -> int:
    gaps = schema.gaps
    count = func.sum(gaps.c.last_tracking_id - gaps.c.first_tracking_id + 1)
    found = connection.execute(select(count).where(gaps.c.site == site, gaps.c.recorded_at >= start)).scalar()
    return int(found or 0)


def _unrecorded(connection: Connection, site: str, states: dict[str, LineState]) -> int:
    """Items on the belt of which no message has come yet."""
    moving = {item.passage_id for state in states.values() for item in state.items}
    if not moving:
        return 0
    passages = schema.passages
    known = connection.execute(
        select(func.count())
        .select_from(passages)
        .where(passages.c.site == site, passages.c.passage_id.in_(moving))
    ).scalar_one()
    return max(0, len(moving) - known)
