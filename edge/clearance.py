"""The clearance list as this line knows it: kept in SQLite, works offline, and knows how old it is.

Ages: up to the moment the centre confirmed the list they count by the centre's clock, from then on by the
monotonic clock or the wall clock, whichever makes them older: a message may have lain at the broker. After a
restart, until the centre speaks again, only the wall clock is left; if it went backwards the age cannot be
told, which is too old.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from edge.messages import ClearanceDelta, ClearanceEntry, ClearanceSnapshot
from edge.observations import Paper
from edge.transaction import transaction

_TABLES = (
    "entries (waybill_key TEXT PRIMARY KEY, entry BLOB)",
    "aliases (alias_key TEXT PRIMARY KEY, waybill_key TEXT)",
    "state (key TEXT PRIMARY KEY, value TEXT)",
)
_encoder = msgspec.json.Encoder()
_entries = msgspec.json.Decoder(ClearanceEntry)
_log = structlog.get_logger(__name__)


class ClearanceList:
    """One line's copy of the centre's clearance list; `path` is a file that can be rebuilt at any time."""

    def __init__(self, path: Path) -> None:
        self._path, self._next = path, path.with_name(path.name + ".next")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            _log.error("clearance_list_damaged", problem=str(error))  # the centre has it: begin with none
            _remove(path)
            self._connection = _open(path)
        self.number = int(self._state("number") or 0)
        stored = self._state("confirmed_at")
        self._confirmed_at = datetime.fromisoformat(stored) if stored else None
        self._confirmed_s: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the centre ever gave this line its list."""
        return self._confirmed_at is not None

    def replace(self, snapshot: ClearanceSnapshot, now_s: float) -> None:
        """Take over a whole list."""
        self.build(snapshot)
        self.take_over(snapshot, now_s)

    def build(self, snapshot: ClearanceSnapshot) -> None:
        """Write a whole list beside the one in force; long, and so made to run in a thread."""
        _remove(self._next)
        connection = _open(self._next)
        try:
            with transaction(connection):
                _write(connection, snapshot.entries)
                _keep(connection, "number", str(snapshot.number))
                _keep(connection, "confirmed_at", snapshot.made_at.isoformat())
        finally:
            connection.close()

    def take_over(self, snapshot: ClearanceSnapshot, now_s: float) -> None:
        """The list that was built is in force from now on."""
        self._connection.close()
        try:
            self._next.replace(self._path)
        finally:
            self._connection = _open(self._path, check=False)
        self.number = snapshot.number
        self._confirmed_at, self._confirmed_s = snapshot.made_at, now_s

    def apply(self, delta: ClearanceDelta, now_s: float) -> bool:
        """Take a delta in; False if one before it is missing and the whole list must be fetched."""
        if delta.number <= self.number:
            return True
        if delta.number != self.number + 1:
            return False
        with transaction(self._connection):
            self._forget(delta.entries)
            _write(self._connection, delta.entries)
            _keep(self._connection, "number", str(delta.number))
        self.number = delta.number
        self.confirm(delta.number, delta.made_at, now_s)
        return True

    def confirm(self, number: int, centre_at: datetime, now_s: float) -> bool:
        """The centre says that its list has this number as of then; False if ours is behind."""
        if number != self.number:
            return False
        self._confirmed_at, self._confirmed_s = centre_at, now_s
        _keep(self._connection, "confirmed_at", centre_at.isoformat())
        return True

    def find(self, code_key: str, now_s: float, wall: datetime) -> Paper | None:
        """What the list says of a waybill or an alias of one; the journal adds who released it."""
        row = self._connection.execute(
            "SELECT entry FROM entries WHERE waybill_key ="
            " coalesce((SELECT waybill_key FROM aliases WHERE alias_key = ?), ?)",
            (code_key, code_key),
        ).fetchone()
        if row is None:
            return None
        entry = _entries.decode(row[0])
        return Paper(entry, self._entry_age_s(entry, now_s, wall), self.number)

    def age_s(self, now_s: float, wall: datetime) -> float | None:
        """How long ago the centre confirmed the list; None if that cannot be told."""
        if self._confirmed_at is None:
            return None
        by_wall_s = (wall - self._confirmed_at).total_seconds()
        if self._confirmed_s is not None:
            return max(now_s - self._confirmed_s, by_wall_s)
        return by_wall_s if by_wall_s >= 0 else None

    def _entry_age_s(self, entry: ClearanceEntry, now_s: float, wall: datetime) -> float | None:
        list_age_s = self.age_s(now_s, wall)
        if list_age_s is None or self._confirmed_at is None:
            return None
        return list_age_s + max(0.0, (self._confirmed_at - entry.as_of).total_seconds())

    def _forget(self, entries: Sequence[ClearanceEntry]) -> None:
        """Take what the list held of these waybills out of it, their aliases too."""
        for entry in entries:
            key = (entry.waybill_key,)
            row = self._connection.execute("SELECT entry FROM entries WHERE waybill_key = ?", key).fetchone()
            if row is not None:
                aliases = [(alias, entry.waybill_key) for alias in _entries.decode(row[0]).aliases]
                self._connection.executemany(
                    "DELETE FROM aliases WHERE alias_key = ? AND waybill_key = ?", aliases
                )
                self._connection.execute("DELETE FROM entries WHERE waybill_key = ?", key)

    def _state(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _open(path: Path, *, check: bool = True) -> sqlite3.Connection:
    """The list's file, whole; sqlite3.DatabaseError if it is not."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # what a power cut takes is fetched again
        connection.execute("PRAGMA cache_size=-65536")
        if check and (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
        for table in _TABLES:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _write(connection: sqlite3.Connection, entries: Sequence[ClearanceEntry]) -> None:
    kept = [entry for entry in entries if not entry.removed]
    rows = ((entry.waybill_key, _encoder.encode(entry)) for entry in kept)
    aliases = ((alias, entry.waybill_key) for entry in kept for alias in entry.aliases)
    connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", rows)
    connection.executemany("INSERT OR REPLACE INTO aliases VALUES (?, ?)", aliases)


def _keep(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
