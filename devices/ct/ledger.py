"""What has arrived: a small SQLite file that one receiver owns.

It tells a repeated object from a clash of two that bear one name, and keeps what the agent has not yet
acknowledged, so that nothing stored is forgotten when either process is killed.
"""

import sqlite3
import threading
from pathlib import Path

import msgspec
import structlog
from msgspec.structs import replace

from devices.ct.arrivals import Arrived

REMEMBERED = 20_000  # objects; a repetition comes within minutes
_PRUNE_EVERY = 500

_log: structlog.stdlib.BoundLogger = structlog.get_logger()
_decode = msgspec.json.Decoder(Arrived).decode
_SCHEMA = """
CREATE TABLE IF NOT EXISTS arrivals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sop_uid TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    announcement BLOB NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_sop_uid ON arrivals (sop_uid);
CREATE INDEX IF NOT EXISTS pending ON arrivals (number) WHERE acknowledged = 0;
"""


class Ledger:
    """May be called from any thread. A file that is no database any more is set aside and begun anew."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        try:
            self._database = _open(path)
        except sqlite3.OperationalError:  # locked or no room: nothing is wrong with what it holds
            raise
        except sqlite3.DatabaseError:
            _log.exception("ledger_set_aside", file=path.name)
            path.replace(path.with_suffix(".broken"))
            for leftover in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                leftover.unlink(missing_ok=True)
            self._database = _open(path)

    def sha256_of(self, sop_uid: str) -> str | None:
        """The hash under which an object of that name came first; None if it did not."""
        with self._guard:
            row = self._database.execute(
                "SELECT sha256 FROM arrivals WHERE sop_uid = ? ORDER BY number LIMIT 1", (sop_uid,)
            ).fetchone()
        return row[0] if row else None

    def enter(self, arrived: Arrived) -> Arrived:
        """Write it down, durably, and return it with its number."""
        with self._guard, self._database:
            number = self._database.execute(
                "INSERT INTO arrivals (sop_uid, sha256, announcement) VALUES (?, ?, ?)",
                (arrived.sop_uid, arrived.sha256, msgspec.json.encode(arrived)),
            ).lastrowid
            assert number is not None  # noqa: S101  SQLite gives every inserted row one
            if number % _PRUNE_EVERY == 0:
                self._database.execute(
                    "DELETE FROM arrivals WHERE acknowledged = 1 AND number <= ?", (number - REMEMBERED,)
                )
        return replace(arrived, number=number)

    def pending(self) -> tuple[Arrived, ...]:
        """What was not acknowledged yet, in the order it came."""
        with self._guard:
            rows = self._database.execute(
                "SELECT number, announcement FROM arrivals WHERE acknowledged = 0 ORDER BY number"
            ).fetchall()
        return tuple(replace(_decode(announcement), number=number) for number, announcement in rows)

    def acknowledge(self, numbers: tuple[int, ...]) -> None:
        """These need not be announced again."""
        with self._guard, self._database:
            self._database.executemany(
                "UPDATE arrivals SET acknowledged = 1 WHERE number = ?", ((number,) for number in numbers)
            )

    def close(self) -> None:
        """End it."""
        with self._guard:
            self._database.close()


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        database.execute("SELECT count(*) FROM arrivals").fetchone()
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
