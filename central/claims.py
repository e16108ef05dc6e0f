"""Who works on which image: a claim for a minute, renewed while the officer looks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, delete, or_, select

from central import schema
from central.audit import note
from central.database import insert
from central.roles import Principal

LASTS = timedelta(seconds=60)  # by the centre's clock


class Claim(Struct, frozen=True):
    """An officer's claim on a passage."""

    passage_id: str
    officer: str  # user id
    name: str
    until: datetime


class ClaimedError(Exception):
    """Somebody else works on it; `claim` says who."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim.name} is looking at this parcel")
        self.claim = claim


def take(connection: Connection, site: str, passage_id: str, officer: Principal, now: datetime) -> Claim:
    """Claim a passage, or renew one's claim; ClaimedError if it is somebody else's. Needs `writing`."""
    table = schema.claims
    before = of(connection, site, [passage_id], now).get(passage_id)
    statement = insert(connection.dialect.name, table).values(
        site=site, passage_id=passage_id, officer=officer.user_id, claimed_at=now, until=now + LASTS
    )
    changing = {"officer": officer.user_id, "until": now + LASTS}
    if before is None:
        changing["claimed_at"] = now
    taken = connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_=changing,
            where=or_(table.c.officer == officer.user_id, table.c.until <= now),
        ).returning(table.c.officer)
    ).first()
    if taken is None:
        raise ClaimedError(of(connection, site, [passage_id], now)[passage_id])
    if before is None:
        note(connection, site, now, actor=officer.user_id, action="image_claimed", subject=passage_id)
    return Claim(passage_id, officer.user_id, officer.display_name, now + LASTS)


def release(connection: Connection, site: str, passage_id: str, officer: Principal, now: datetime) -> bool:
    """Give up one's claim; False if there was none."""
    table = schema.claims
    gone = connection.execute(
        delete(table).where(
            table.c.site == site, table.c.passage_id == passage_id, table.c.officer == officer.user_id
        )
    )
    if gone.rowcount:
        note(connection, site, now, actor=officer.user_id, action="image_released", subject=passage_id)
    return gone.rowcount > 0


def check(connection: Connection, site: str, passage_id: str, officers: Iterable[str], now: datetime) -> None:
    """ClaimedError if somebody else than these officers works on the passage."""
    claim = of(connection, site, [passage_id], now).get(passage_id)
    if claim is not None and claim.officer not in set(officers):
        raise ClaimedError(claim)


def end(connection: Connection, site: str, passage_id: str) -> None:
    """The passage is answered: nobody needs to claim it."""
    table = schema.claims
    connection.execute(delete(table).where(table.c.site == site, table.c.passage_id == passage_id))


def of(connection: Connection, site: str, passage_ids: Iterable[str], now: datetime) -> dict[str, Claim]:
    """The claims on these passages that hold now."""
    table, users = schema.claims, schema.users
    query = (
        select(table, users.c.display_name)
        .outerjoin(users, and_(users.c.id == table.c.officer))
        .where(table.c.site == site, table.c.passage_id.in_(list(passage_ids)), table.c.until > now)
    )
    return {row.passage_id: _claim(row) for row in connection.execute(query)}


def _claim(row: Row[*tuple[object, ...]]) -> Claim:
    return Claim(row.passage_id, row.officer, row.display_name or row.officer, row.until)
