"""The numbered log of clearance changes: appended in the writer's transaction, read as snapshot and deltas.

One committed change set gets one number, without gaps, in the order of commits: the site's row is the lock.
"""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection, Engine, RowMapping, and_, bindparam, func, select, update

from central import clearance, schema
from config.settings import LaneRole, Mode
from edge.messages import ClearanceDelta, ClearanceEntry

_PARAMETERS = 500  # per IN (…): well under SQLite's limit


def refresh(connection: Connection, site: str, waybill_keys: Iterable[str], now: datetime) -> int:
    """Recompute these waybills' entries and append those that changed; how many did.

    The caller's transaction holds what made them change, so that the papers and the log never disagree.
    """
    changed: list[ClearanceEntry] = []
    keys = sorted(set(waybill_keys))
    if not keys:
        return 0
    sites, log = schema.sites, schema.clearance
    connection.execute(select(sites.c.id).where(sites.c.id == site).with_for_update())
    for start in range(0, len(keys), _PARAMETERS):
        changed += _changed(connection, site, keys[start : start + _PARAMETERS])
    if not changed:
        return 0
    number = connection.execute(
        update(sites)
        .where(sites.c.id == site)
        .values(clearance_number=sites.c.clearance_number + 1)
        .returning(sites.c.clearance_number)
    ).scalar_one()
    connection.execute(
        log.insert(),
        [
            {
                "site": site,
                "number": number,
                "waybill_key": entry.waybill_key,
                "entry": entry,
                "made_at": now,
            }
            for entry in changed
        ],
    )
    connection.execute(
        update(schema.waybills)
        .where(schema.waybills.c.waybill_key == bindparam("changed_key"))
        .values(clearance_number=number),
        [{"changed_key": entry.waybill_key} for entry in changed],
    )
    return len(changed)


def number(connection: Connection, site: str) -> int:
    """Of the last committed change set; 0 before the first."""
    sites = schema.sites
    found = connection.execute(select(sites.c.clearance_number).where(sites.c.id == site)).scalar()
    return int(found or 0)


def deltas(connection: Connection, site: str, after: int, limit: int = 200) -> list[ClearanceDelta]:
    """The change sets after number `after`, oldest first."""
    log = schema.clearance
    rows = connection.execute(
        select(log.c.number, log.c.made_at, log.c.entry)
        .where(log.c.site == site, log.c.number > after, log.c.number <= after + limit)
        .order_by(log.c.number)
    )
    grouped: dict[int, list[ClearanceEntry]] = defaultdict(list)
    made_at: dict[int, datetime] = {}
    for row in rows:
        grouped[row.number].append(msgspec.convert(row.entry, ClearanceEntry))
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


def _changed(connection: Connection, site: str, keys: list[str]) -> list[ClearanceEntry]:
    """The entries of these waybills that differ from the log's latest."""
    waybills, log, declarations = schema.waybills, schema.clearance, schema.declarations
    known = connection.execute(
        select(waybills, log.c.entry)
        .outerjoin(
            log,
            and_(
                log.c.site == waybills.c.site,
                log.c.number == waybills.c.clearance_number,
                log.c.waybill_key == waybills.c.waybill_key,
            ),
        )
        .where(waybills.c.site == site, waybills.c.waybill_key.in_(keys))
    ).mappings()
    facts: dict[str, list[clearance.DeclarationFacts]] = defaultdict(list)
    for row in connection.execute(select(declarations).where(declarations.c.waybill_key.in_(keys))):
        facts[row.waybill_key].append(
            clearance.DeclarationFacts(
                customs_status=row.customs_status,
                status_at=row.status_at,
                control_instruction=row.control_instruction,
                review=row.review,
            )
        )
    released = _released(connection, site, keys)
    changed: list[ClearanceEntry] = []
    for row in known:
        before = msgspec.convert(row["entry"], ClearanceEntry) if row["entry"] is not None else None
        version = before.version if before else 0
        entry = clearance.entry(
            _facts(row),
            facts[row["waybill_key"]],
            released_at=released.get(row["waybill_key"]),
            version=version,
        )
        if entry != before:
            changed.append(structs.replace(entry, version=version + 1))
    return changed


def _released(connection: Connection, site: str, keys: list[str]) -> dict[str, datetime]:
    passages = schema.passages
    rows = connection.execute(
        select(passages.c.waybill_key, func.min(passages.c.closed_at).label("released_at"))
        .where(
            passages.c.site == site,
            passages.c.waybill_key.in_(keys),
            passages.c.role_actual == LaneRole.RELEASE.value,
        )
        .group_by(passages.c.waybill_key)
    )
    return {row.waybill_key: row.released_at for row in rows}


def _facts(row: RowMapping) -> clearance.WaybillFacts:
    return clearance.WaybillFacts(
        waybill_key=row["waybill_key"],
        mode=Mode(row["mode"]),
        known_since=row["imported_at"],
        aliases=tuple(row["aliases"]),
        declared_weight_g=row["declared_weight_g"],
        courier=row["courier"],
        destination=row["destination"],
    )
