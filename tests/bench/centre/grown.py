"""A centre's database as it is after a million passages, prepared in bulk once for each schema and kept.

Beside the passages and their events it holds the papers of the parcels to come, so that what a release does
to the clearance list is part of what is measured.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine, Table

from central import database, rows, schema
from central.first_start import lay_ground
from config.settings import Mode, Site
from edge.messages import ClearanceEntry, ClearanceState
from tests.bench.centre import stream

_FORMAT = 2  # of what this file makes
_ITEMS = 500  # of each line in the block that is multiplied
_CHANGE_SET = 500  # waybills under one number of the clearance log
_SEALED = bytes(range(64))


class Size(Struct, frozen=True):
    """How large the database is made."""

    lines: int
    passages: int = 1_000_000
    papers: int = 300_000  # of the passages that come after them


def grown(cache: Path, site: Site, size: Size, say: Callable[[str], None]) -> Path:
    """The prepared database file, from the cache if it is there; `say` is told what takes long."""
    cache.mkdir(parents=True, exist_ok=True)
    fresh = cache / "making.db"
    _remove(fresh)
    engine = database.connect(f"sqlite:///{fresh.name}", cache)
    try:
        database.migrate(engine)
        kept = cache / f"central-{_hash(fresh, size)}.db"
        if kept.exists():
            return kept
        for other in cache.glob("central-*.db"):  # gigabytes that no longer fit the schema or the size
            _remove(other)
        say(f"preparing a database of {size.passages:,} passages (once)")
        lay_ground(engine, site)
        engine.dispose()
        _fill(fresh, engine, size)
        fresh.rename(kept)
    finally:
        engine.dispose()
        _remove(fresh)
    return kept


def copy(prepared: Path, to: Path) -> None:
    """A copy that is on disk before it is used: writing it back would disturb the measurement."""
    _remove(to)
    shutil.copyfile(prepared, to)
    with to.open("rb+") as file:
        os.fsync(file.fileno())


class RowWriter:
    """Turns the centre's own rows into SQLite's values, exactly as the centre's engine would."""

    def __init__(self, engine: Engine, table: Table) -> None:
        dialect = engine.dialect
        self._columns: list[tuple[str, Callable[[Any], Any] | None]] = [
            (column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.c
        ]

    def values(self, row: rows.Row) -> tuple[Any, ...]:
        """The row's values in the order of the table's columns; absent ones are NULL."""
        return tuple(
            process(row.get(name)) if process is not None else row.get(name)
            for name, process in self._columns
        )


def _fill(path: Path, engine: Engine, size: Size) -> None:
    """Bulk inserts without any durability: a file that is not finished is thrown away."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("waybill_key", 1, stream.waybill_key, deterministic=True)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("BEGIN")
    _Multiplied(connection, engine, schema.passages, _passages(size)).insert(
        size.passages // _block(size),
        passage_id="substr(passage_id, 1, length(passage_id) - 8)"
        f" || printf('%08X', tracking_id + n * {_ITEMS})",
        tracking_id=f"tracking_id + n * {_ITEMS}",
        waybill_key=f"waybill_key(place + n * {_block(size)})",
        inducted_at="strftime('%Y-%m-%d %H:%M:%f000', inducted_at,"
        f" (n * {stream.span_s(_ITEMS)}) || ' seconds')",
    )
    _Multiplied(connection, engine, schema.events, _events(size)).insert(
        size.passages // _block(size),
        envelope_id=f"substr(envelope_id, 1, instr(envelope_id, ':')) || (sequence + n * {2 * _ITEMS})",
        sequence=f"sequence + n * {2 * _ITEMS}",
    )
    own = f"waybill_key({size.passages} + n)"
    in_log = f"n / {_CHANGE_SET} + 1"
    others = f"waybill_key({size.passages + size.papers} + n)"  # no other parcel bears this alias
    _Multiplied(connection, engine, schema.waybills, [_WAYBILL]).insert(
        size.papers,
        waybill_key=own,
        aliases=f"replace(aliases, 'ALIAS', {others})",
        digest=own,
        clearance_number=in_log,
    )
    _Multiplied(connection, engine, schema.declarations, [_DECLARATION]).insert(
        size.papers, declaration_key=own, waybill_key=own, digest=own
    )
    _Multiplied(connection, engine, schema.clearance, [_CLEARANCE]).insert(
        size.papers,
        number=in_log,
        waybill_key=own,
        entry=f"replace(replace(entry, 'KEY', {own}), 'ALIAS', {others})",
    )
    connection.execute("UPDATE sites SET clearance_number = ?", (size.papers // _CHANGE_SET + 1,))
    connection.execute("COMMIT")
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


class _Multiplied:
    """Rows of a table, inserted many times with some of their columns computed from the copy's number `n`."""

    def __init__(
        self, connection: sqlite3.Connection, engine: Engine, table: Table, block: Iterable[rows.Row]
    ) -> None:
        self._connection = connection
        self._table = table.name
        self._names = list(table.c.keys())
        writer = RowWriter(engine, table)
        columns = ", ".join(self._names)
        connection.execute("DROP TABLE IF EXISTS temp.block")
        connection.execute(f"CREATE TEMP TABLE block (place INTEGER PRIMARY KEY, {columns})")
        values = ", ".join("?" for _ in self._names)
        connection.executemany(
            f"INSERT INTO temp.block VALUES (?, {values})",
            ((place, *writer.values(row)) for place, row in enumerate(block)),
        )

    def insert(self, times: int, **computed: str) -> None:
        """Insert the block so many times; `computed`: SQL expressions by column."""
        chosen = ", ".join(computed.get(name, name) for name in self._names)
        self._connection.execute(
            "WITH RECURSIVE copies(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copies WHERE n + 1 < ?)"
            f" INSERT INTO {self._table} ({', '.join(self._names)})"
            f" SELECT {chosen} FROM copies CROSS JOIN temp.block",
            (times,),
        )


def _block(size: Size) -> int:
    """Passages of one block: _ITEMS of each line."""
    return _ITEMS * size.lines


def _passages(size: Size) -> Iterator[rows.Row]:
    for each in range(_block(size)):
        line = stream.place(each, size.lines).line
        yield rows.decided(stream.SITE, line, stream.decided(each, size.lines, each)) | rows.closed(
            stream.SITE, line, stream.closed(each, size.lines, each)
        )


def _events(size: Size) -> Iterator[rows.Row]:
    for each in range(_block(size)):
        where = stream.place(each, size.lines)
        for half, kind in enumerate(stream.Kind):
            sequence = 2 * where.item + half + 1
            yield {
                "site": stream.SITE,
                "line": where.line,
                "envelope_id": stream.envelope_id(where.line, sequence),
                "type": kind.value,
                "sequence": sequence,
                "received_at": stream.at(where.item, 5.7),
            }


_WAYBILL: rows.Row = {
    "site": stream.SITE,
    "last4": "4711",
    "sealed_number": _SEALED[:44],
    "sealed_master_bill": _SEALED[:42],
    "sealed_consignee": _SEALED * 4,
    "mode": Mode.DIRECT_PURCHASE.value,
    "courier": "SF",
    "destination": "150402",
    "aliases": ["ALIAS"],
    "declared_weight_g": stream.DECLARED_G,
    "goods": [{"name": "cotton shirts", "quantity": 2, "unit": "piece", "value": 120.0}],
    "imported_at": stream.at(0),
}

_DECLARATION: rows.Row = {
    "site": stream.SITE,
    "last4": "4711",
    "sealed_number": _SEALED[:46],
    "mode": Mode.DIRECT_PURCHASE.value,
    "customs_status": 800,
    "status_at": stream.at(0),
    "control_instruction": "",
    "review": False,
    "imported_at": stream.at(0),
}

_CLEARANCE: rows.Row = {
    "site": stream.SITE,
    "entry": ClearanceEntry(
        waybill_key="KEY",
        state=ClearanceState.RELEASE,
        version=1,
        mode=Mode.DIRECT_PURCHASE,
        as_of=stream.at(0),
        aliases=("ALIAS",),
        declared_weight_g=stream.DECLARED_G,
        courier="SF",
        destination="150402",
    ),
    "made_at": stream.at(0),
}


def _hash(path: Path, size: Size) -> str:
    connection = sqlite3.connect(path)
    made = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return hashlib.sha256(f"{_FORMAT} {size} {made}".encode()).hexdigest()[:16]


def _remove(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        each.unlink(missing_ok=True)
