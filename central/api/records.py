"""Figures, alarms and the audit trail."""

from typing import Annotated

from litestar import get
from litestar.params import FromQuery, Parameter
from sqlalchemy import and_, func, select

from central import figures, schema
from central.api.guard import Asked, TheCentre, needs
from central.roles import Permission
from central.views import AlarmView, AuditEntry, Figures

Limit = Annotated[int, Parameter(ge=1, le=500)]


@get("/figures/today", opt=needs(Permission.SEE_FIGURES), sync_to_thread=True)
def show_figures(centre: TheCentre, request: Asked) -> Figures:
    """Today by the site's clock."""
    with centre.engine.connect() as connection:
        site = centre.site
        return figures.today(
            connection, site.id, site.timezone, centre.clock(), request.user, dict(centre.states)
        )


@get("/alarms", opt=needs(Permission.SEE_ALARMS), sync_to_thread=True)
def list_alarms(centre: TheCentre, limit: Limit = 50) -> list[AlarmView]:
    """The latest alarms, newest first."""
    alarms = schema.alarms
    with centre.engine.connect() as connection:
        rows = connection.execute(
            select(alarms)
            .where(alarms.c.site == centre.site.id)
            .order_by(alarms.c.raised_at.desc())
            .limit(limit)
        )
        return [
            AlarmView(line=row.line, code=row.code, detail=row.detail, raised_at=row.raised_at)
            for row in rows
        ]


@get("/audit", opt=needs(Permission.SEE_AUDIT), sync_to_thread=True)
def list_audit(
    centre: TheCentre, limit: Limit = 100, before: FromQuery[int | None] = None
) -> list[AuditEntry]:
    """The audit trail, newest first; `before` is the id of an entry."""
    audit, users = schema.audit, schema.users
    query = (
        select(audit, func.coalesce(users.c.username, audit.c.actor).label("name"))
        .outerjoin(users, and_(users.c.id == audit.c.actor))
        .where(audit.c.site == centre.site.id)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    with centre.engine.connect() as connection:
        return [
            AuditEntry(id=row.id, at=row.at, actor=row.name, action=row.action, subject=row.subject)
            for row in connection.execute(query)
        ]
