"""The statements by which a batch is stored, each made once for a kind of database."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, case, false, func, or_, select

from central import schema
from central.bulk import listed
from central.database import insert
from config.settings import LaneRole


@cache
def known(dialect: str) -> Select[str, str]:
    """Line and id of those of the listed envelopes that were stored before; `of_site`: the site, `of_lines`:
    the lines listed, without which it would look through all envelopes that ever came."""
    events = schema.events
    return select(events.c.line, events.c.envelope_id).where(
        events.c.site == bindparam("of_site"),
        events.c.line.in_(listed(dialect, "of_lines")),
        events.c.envelope_id.in_(listed(dialect)),
    )


@cache
def released(dialect: str) -> Select[str]:
    """The waybills of those of the listed passages that ended in a release lane; `of_site`: the site."""
    passages = schema.passages
    return select(passages.c.waybill_key).where(
        passages.c.site == bindparam("of_site"),
        passages.c.passage_id.in_(listed(dialect)),
        passages.c.role_actual == LaneRole.RELEASE.value,
        passages.c.waybill_key.is_not(None),
    )


@cache
def decided(dialect: str) -> Any:
    """Upsert a verdict unless a newer one is there; what closing the passage settled stays."""
    passages = schema.passages
    statement = insert(dialect, passages)
    new = statement.excluded
    open_yet = passages.c.closed_at.is_(None)
    changing: dict[str, Any] = {
        name: new[name]
        for name in (
            "decided_at",
            "revision",
            "lane_decided",
            "role_decided",
            "reasons",
            "evidence",
            "weight_g",
            "image_outcome",
            "flagged",
            "policy",
            "decided_sequence",
            "decided_hash",
        )
    }
    changing["waybill_key"] = func.coalesce(passages.c.closed_waybill_key, new.waybill_key)
    changing["awaiting_answer"] = case((open_yet, new.awaiting_answer), else_=false())
    newer = or_(passages.c.revision.is_(None), new.revision > passages.c.revision)
    return statement.on_conflict_do_update(
        index_elements=list(passages.primary_key.columns), set_=changing, where=newer
    )


@cache
def closed(dialect: str) -> Any:
    """Upsert where the item really went; a waybill it names is the edge's last word on that."""
    passages = schema.passages
    statement = insert(dialect, passages)
    new = statement.excluded
    changing: dict[str, Any] = {
        name: new[name]
        for name in (
            "closed_waybill_key",
            "closed_at",
            "lane_actual",
            "role_actual",
            "as_decided",
            "timeline",
            "closed_sequence",
            "closed_hash",
        )
    }
    changing["waybill_key"] = func.coalesce(new.waybill_key, passages.c.waybill_key)
    changing["awaiting_answer"] = false()
    later = or_(passages.c.closed_at.is_(None), new.closed_at > passages.c.closed_at)
    return statement.on_conflict_do_update(
        index_elements=list(passages.primary_key.columns), set_=changing, where=later
    )
