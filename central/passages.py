"""Reads passages: lists, and one passage with everything known of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    or_,
    select,
    tuple_,
)

from central import schema
from central.roles import INSPECTION, TARGETING, Permission, Principal, shown_reasons
from central.views import PassageList, PassageRow
from config.settings import LaneRole
from edge.messages import Reason
from models.findings import Outcome

_p, _w = schema.passages, schema.waybills

ROW = (
    _p.c.passage_id,
    _p.c.line,
    _p.c.inducted_at,
    _p.c.decided_at,
    _p.c.closed_at,
    _p.c.role_decided,
    _p.c.lane_decided,
    _p.c.role_actual,
    _p.c.lane_actual,
    _p.c.reasons,
    _p.c.weight_g,
    _p.c.awaiting_answer,
    _p.c.image_outcome,
    _w.c.last4,
    _w.c.courier,
    _w.c.organisation,
)

_MORE = (
    _p.c.waybill_key,
    _p.c.epoch,
    _p.c.tracking_id,
    _p.c.revision,
    _p.c.policy,
    _p.c.as_decided,
    _p.c.evidence,
    _p.c.timeline,
    _p.c.decided_sequence,
    _p.c.decided_hash,
    _p.c.closed_sequence,
    _p.c.closed_hash,
)


def listed(
    connection: Connection,
    site: str,
    principal: Principal,
    *,
    line: str = "",
    role: LaneRole | None = None,
    reason: str = "",
    waybill_key: str = "",
    is_open: bool | None = None,
    before: str = "",
    limit: int = 50,
) -> PassageList:
    """Newest first. `role` is the lane's the item went to, or before that the verdict's."""
    query = visible(site, principal, *ROW)
    if line:
        query = query.where(_p.c.line == line)
    if role is not None:
        query = query.where(func.coalesce(_p.c.role_actual, _p.c.role_decided) == role.value)
    if reason:
        query = query.where(_has_reason(reason, principal))
    if waybill_key:
        query = query.where(_p.c.waybill_key == waybill_key)
    if is_open is not None:
        query = query.where(_p.c.closed_at.is_(None) if is_open else _p.c.closed_at.is_not(None))
    if before:
        last = select(_p.c.inducted_at, _p.c.passage_id).where(_p.c.site == site, _p.c.passage_id == before)
        query = query.where(tuple_(_p.c.inducted_at, _p.c.passage_id) < last.limit(1).scalar_subquery())
    query = query.order_by(_p.c.inducted_at.desc(), _p.c.passage_id.desc()).limit(limit + 1)
    rows = connection.execute(query).mappings().all()
    items = tuple(row_view(row, principal) for row in rows[:limit])
    return PassageList(items=items, next=items[-1].passage_id if len(rows) > limit else None)


def changed(connection: Connection, site: str, ids: Sequence[str]) -> list[RowMapping]:
    """The rows of these passages as `row_view` takes them, for the live stream."""
    query = select(*ROW).select_from(_with_waybill()).where(_p.c.site == site, _p.c.passage_id.in_(ids))
    return list(connection.execute(query).mappings())


def one(
    connection: Connection, site: str, principal: Principal, passage_id: str
) -> tuple[RowMapping, RowMapping | None] | None:
    """A passage's row and its waybill's; None if there is none that this person may see."""
    passage = (
        connection.execute(visible(site, principal, *ROW, *_MORE).where(_p.c.passage_id == passage_id))
        .mappings()
        .first()
    )
    if passage is None:
        return None
    waybill = None
    if passage["waybill_key"]:
        query = select(_w).where(_w.c.site == site, _w.c.waybill_key == passage["waybill_key"])
        waybill = connection.execute(query).mappings().first()
    return passage, waybill


def row_view(row: RowMapping, principal: Principal) -> PassageRow:
    """A row as this person may see it: waiting for an officer is itself customs' business."""
    return PassageRow(
        passage_id=row["passage_id"],
        line=row["line"],
        inducted_at=row["inducted_at"],
        decided_at=row["decided_at"],
        closed_at=row["closed_at"],
        last4=row["last4"],
        courier=row["courier"],
        role_decided=LaneRole(row["role_decided"]) if row["role_decided"] else None,
        lane_decided=row["lane_decided"],
        role_actual=LaneRole(row["role_actual"]) if row["role_actual"] else None,
        lane_actual=row["lane_actual"],
        reasons=shown_reasons(row["reasons"] or (), principal),
        weight_g=row["weight_g"],
        awaiting_answer=row["awaiting_answer"] and principal.may(Permission.SEE_TARGETING),
        image_outcome=Outcome(row["image_outcome"])
        if row["image_outcome"] and principal.may(Permission.SEE_IMAGES)
        else None,
    )


def visible(site: str, principal: Principal, *columns: Any) -> Select[*tuple[Any, ...]]:
    """These columns of the passages that a person may see, with their waybills'."""
    query = select(*columns).select_from(_with_waybill()).where(_p.c.site == site)
    if principal.own_parcels_of is not None:
        query = query.where(_w.c.organisation == principal.own_parcels_of)
    return query


def _with_waybill() -> Any:
    return _p.outerjoin(_w, and_(_w.c.waybill_key == _p.c.waybill_key, _w.c.site == _p.c.site))


def _has_reason(reason: str, principal: Principal) -> ColumnElement[bool]:
    """Filtering must not tell what the list itself would hide; an unknown reason matches nothing."""
    if reason != INSPECTION and reason not in set(Reason):
        return false()
    if principal.may(Permission.SEE_TARGETING):
        return _any_reason([reason])
    if reason == INSPECTION:
        return _any_reason([each.value for each in TARGETING])
    return false() if reason in TARGETING else _any_reason([reason])


def _any_reason(reasons: Iterable[str]) -> ColumnElement[bool]:
    stored = cast(_p.c.reasons, String)
    return or_(*(stored.contains(f'"{reason}"') for reason in reasons))
