"""The clearance list as this line knows it: kept in SQLite, works offline, and knows how old it is.

Ages: up to the moment the centre confirmed the list they count by the centre's clock, from then on by the
monotonic clock or the wall clock, whichever makes them older: a message may have lain at the broker. After a
restart, until the centre speaks again, only the wall clock is left; if it went backwards the age cannot be
told, which is too old.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec
from sqlite_utils import Database

from edge.messages import ClearanceDelta, ClearanceEntry, ClearanceSnapshot
from edge.observations import Paper

_encoder = msgspec.json.Encoder()
_entries = msgspec.json.Decoder(ClearanceEntry)


class ClearanceList:
    """One line's copy of the centre's clearance list; `path` is a file that can be rebuilt at any time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._connection.execute("PRAGMA journal_mode=WAL")
        database = Database(self._connection)
        database.table("entries").create(
            {"waybill_key": str, "entry": bytes}, pk="waybill_key", if_not_exists=True
        )
        database.table("aliases").create(
            {"alias_key": str, "waybill_key": str}, pk="alias_key", if_not_exists=True
        )
        database.table("aliases").create_index(["waybill_key"], if_not_exists=True)
        database.table("state").create({"key": str, "value": str}, pk="key", if_not_exists=True)
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
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("DELETE FROM entries")
        self._connection.execute("DELETE FROM aliases")
        self._write(snapshot.entries)
        self._set_number(snapshot.number)
        self._connection.execute("COMMIT")
        self.confirm(snapshot.number, snapshot.made_at, now_s)

    def apply(self, delta: ClearanceDelta, now_s: float) -> bool:
        """Take a delta in; False if one before it is missing and the whole list must be fetched."""
        if delta.number <= self.number:
            return True
        if delta.number != self.number + 1:
            return False
        self._connection.execute("BEGIN IMMEDIATE")
        self._write(delta.entries)
        self._set_number(delta.number)
        self._connection.execute("COMMIT")
        self.confirm(delta.number, delta.made_at, now_s)
        return True

    def confirm(self, number: int, centre_at: datetime, now_s: float) -> bool:
        """The centre says that its list has this number as of then; False if ours is behind."""
        if number != self.number:
            return False
        self._confirmed_at, self._confirmed_s = centre_at, now_s
        self._connection.execute(
            "INSERT OR REPLACE INTO state VALUES ('confirmed_at', ?)", (centre_at.isoformat(),)
        )
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

    def _write(self, entries: Iterable[ClearanceEntry]) -> None:
        kept = [entry for entry in entries]
        keys = [(entry.waybill_key,) for entry in kept]
        self._connection.executemany("DELETE FROM aliases WHERE waybill_key = ?", keys)
        self._connection.executemany(
            "DELETE FROM entries WHERE waybill_key = ?", [(e.waybill_key,) for e in kept if e.removed]
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO entries VALUES (?, ?)",
            [(entry.waybill_key, _encoder.encode(entry)) for entry in kept if not entry.removed],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO aliases VALUES (?, ?)",
            [(alias, entry.waybill_key) for entry in kept if not entry.removed for alias in entry.aliases],
        )

    def _set_number(self, number: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO state VALUES ('number', ?)", (str(number),))
        self.number = number

    def _state(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
