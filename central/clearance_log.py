"""The numbered log of clearance changes: appended in the writer's transaction, read as snapshot and deltas.

One committed change set gets one number, without gaps, in the order of commits: the site's row is the lock.
"""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection, Engine, Select, Text, and_, bindparam, cast, func, select, update

from central import clearance, schema
from central.bulk import LISTED, as_list, execute_rows, listed
from config.settings import LaneRole, Mode
from edge.messages import ClearanceDelta, ClearanceEntry

_appended = schema.clearance.insert()
_entries = msgspec.json.Decoder(ClearanceEntry)


def refresh(connection: Connection, site: str, waybill_keys: Iterable[str], now: datetime) -> int:
    """Recompute these waybills' entries and append those that changed; how many did.

    The caller's transaction holds what made them change, so that the papers and the log never disagree.
    """
    keys = sorted(set(waybill_keys))
    if not keys:
        return 0
    dialect = connection.dialect.name
    if dialect != "sqlite":  # there the transaction has the whole file to itself
        connection.execute(_lock_statement(), {"of_site": site})
    changed = _changed(connection, site, keys)
    if not changed:
        return 0
    number = connection.execute(_next_statement(), {"of_site": site}).scalar_one()
    execute_rows(
        connection,
        schema.clearance,
        _appended,
        [
            {"site": site, "number": number, "waybill_key": key, "entry": entry, "made_at": now}
            for key, entry in changed.items()
        ],
    )
    connection.execute(_numbered_statement(dialect), {"new_number": number, LISTED: as_list(changed)})
    return len(changed)


def number(connection: Connection, site: str) -> int:
    """Of the last committed change set; 0 before the first."""
    return int(connection.execute(_number_statement(), {"of_site": site}).scalar() or 0)


def deltas(connection: Connection, site: str, after: int, limit: int = 200) -> list[ClearanceDelta]:
    """The change sets after number `after`, oldest first."""
    rows = connection.execute(
        _deltas_statement(), {"of_site": site, "after": after, "last": after + limit}
    ).all()
    grouped: dict[int, list[ClearanceEntry]] = defaultdict(list)
    made_at: dict[int, datetime] = {}
    for row in rows:
        grouped[row.number].append(_entries.decode(row.entry))
        made_at[row.number] = row.made_at
    return [
        ClearanceDelta(number=each, made_at=made_at[each], entries=tuple(entries))
        for each, entries in grouped.items()
    ]


class Snapshot(Struct, frozen=True):
    """The whole list as served: its bytes, the same compressed, and their SHA-256."""

    number: int
    body: bytes
    gzipped: bytes
    sha256: str


class Snapshots:
    """Makes the snapshot once per number, whoever asks how often."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine = engine
        self._site = site
        self._lock = Lock()
        self._latest: Snapshot | None = None

    def current(self, now: datetime) -> Snapshot:
        """The list as of the last committed change set."""
        with self._lock, self._engine.connect() as connection:
            newest = number(connection, self._site)
            if self._latest is None or self._latest.number != newest:
                self._latest = self._made(connection, newest, now)
            return self._latest

    def _made(self, connection: Connection, newest: int, now: datetime) -> Snapshot:
        log, waybills = schema.clearance, schema.waybills
        entries = connection.execute(
            select(log.c.entry)
            .join(
                waybills,
                and_(
                    waybills.c.waybill_key == log.c.waybill_key,
                    waybills.c.clearance_number == log.c.number,
                ),
            )
            .where(log.c.site == self._site)
            .order_by(log.c.waybill_key)
        ).scalars()
        body = msgspec.json.encode({"number": newest, "made_at": now, "entries": list(entries)})
        return Snapshot(
            number=newest,
            body=body,
            gzipped=gzip.compress(body, compresslevel=1, mtime=0),
            sha256=hashlib.sha256(body).hexdigest(),
        )


def _changed(connection: Connection, site: str, keys: Sequence[str]) -> dict[str, ClearanceEntry]:
    """The entries of these waybills that differ from the log's latest, by waybill."""
    dialect = connection.dialect.name
    released = _released(connection, site, keys)
    facts = _declared(connection, [key for key in keys if key not in released])
    known = connection.execute(_known_statement(dialect), {"of_site": site, LISTED: as_list(keys)}).all()
    changed: dict[str, ClearanceEntry] = {}
    for key, mode, imported_at, aliases, declared_weight_g, courier, destination, latest in known:
        before = _entries.decode(latest) if latest is not None else None
        version = before.version if before else 0
        entry = clearance.entry(
            clearance.WaybillFacts(
                waybill_key=key,
                mode=Mode(mode),
                known_since=imported_at,
                aliases=tuple(aliases),
                declared_weight_g=declared_weight_g,
                courier=courier,
                destination=destination,
            ),
            facts.get(key, ()),
            released_at=released.get(key),
            version=version,
        )
        if entry != before:
            changed[key] = structs.replace(entry, version=version + 1)
    return changed


@cache
def _known_statement(dialect: str) -> Select[*tuple[Any, ...]]:
    """What an entry is made of, and the latest one as text: released waybills need no more."""
    waybills, log = schema.waybills, schema.clearance
    latest = and_(
        log.c.site == waybills.c.site,
        log.c.number == waybills.c.clearance_number,
        log.c.waybill_key == waybills.c.waybill_key,
    )
    return (
        select(
            waybills.c.waybill_key,
            waybills.c.mode,
            waybills.c.imported_at,
            waybills.c.aliases,
            waybills.c.declared_weight_g,
            waybills.c.courier,
            waybills.c.destination,
            cast(log.c.entry, Text),
        )
        .select_from(waybills.outerjoin(log, latest))
        .where(waybills.c.site == bindparam("of_site"), waybills.c.waybill_key.in_(listed(dialect)))
    )


def _declared(
    connection: Connection, keys: Sequence[str]
) -> Mapping[str, Sequence[clearance.DeclarationFacts]]:
    """What customs says of these waybills; it does not matter of those that were released."""
    found: dict[str, list[clearance.DeclarationFacts]] = defaultdict(list)
    if not keys:
        return found
    rows = connection.execute(_declared_statement(connection.dialect.name), {LISTED: as_list(keys)}).all()
    for key, customs_status, status_at, control_instruction, review in rows:
        found[key].append(
            clearance.DeclarationFacts(
                customs_status=customs_status,
                status_at=status_at,
                control_instruction=control_instruction,
                review=review,
            )
        )
    return found


def _released(connection: Connection, site: str, keys: Sequence[str]) -> dict[str, datetime]:
    """When each of these waybills that left by a release lane did so first."""
    rows = connection.execute(
        _released_statement(connection.dialect.name), {"of_site": site, LISTED: as_list(keys)}
    )
    return {key: at for key, at in rows.all()}


@cache
def _declared_statement(dialect: str) -> Select[*tuple[Any, ...]]:
    declarations = schema.declarations
    return select(
        declarations.c.waybill_key,
        declarations.c.customs_status,
        declarations.c.status_at,
        declarations.c.control_instruction,
        declarations.c.review,
    ).where(declarations.c.waybill_key.in_(listed(dialect)))


@cache
def _lock_statement() -> Select[str]:
    sites = schema.sites
    return select(sites.c.id).where(sites.c.id == bindparam("of_site")).with_for_update()


@cache
def _number_statement() -> Select[int]:
    sites = schema.sites
    return select(sites.c.clearance_number).where(sites.c.id == bindparam("of_site"))


@cache
def _next_statement() -> Any:
    sites = schema.sites
    return (
        update(sites)
        .where(sites.c.id == bindparam("of_site"))
        .values(clearance_number=sites.c.clearance_number + 1)
        .returning(sites.c.clearance_number)
    )


@cache
def _numbered_statement(dialect: str) -> Any:
    """Note in the waybills which change set holds their latest entry."""
    waybills = schema.waybills
    return (
        update(waybills)
        .where(waybills.c.waybill_key.in_(listed(dialect)))
        .values(clearance_number=bindparam("new_number"))
    )


@cache
def _deltas_statement() -> Select[*tuple[Any, ...]]:
    log = schema.clearance
    return (
        select(log.c.number, log.c.made_at, cast(log.c.entry, Text).label("entry"))
        .where(
            log.c.site == bindparam("of_site"),
            log.c.number > bindparam("after"),
            log.c.number <= bindparam("last"),
        )
        .order_by(log.c.number)
    )


@cache
def _released_statement(dialect: str) -> Select[str, datetime]:
    passages = schema.passages
    return (
        select(passages.c.waybill_key, func.min(passages.c.closed_at))
        .where(
            passages.c.site == bindparam("of_site"),
            passages.c.waybill_key.in_(listed(dialect)),
            passages.c.role_actual == LaneRole.RELEASE.value,
        )
        .group_by(passages.c.waybill_key)
    )
