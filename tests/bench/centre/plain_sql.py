"""The rows of a run written once more by plain SQL: what the database alone takes for them.

On a fresh copy of the same database, through a connection with the centre's own settings, in commits of the
same size: one `executemany` a table with its values ready, nothing parsed, checked or looked up.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from central import database, schema
from tests.bench.centre import stream

_ENDS = (
    "closed_at",
    "lane_actual",
    "role_actual",
    "as_decided",
    "timeline",
    "closed_sequence",
    "closed_hash",
)
_CHUNK = 20_000  # events read ahead
_KEY = ("passage_id", "site", "line")


class Written(Struct, frozen=True):
    """What plain SQL did: seconds of writing alone."""

    records: int
    seconds: float
    commits: int

    @property
    def per_second(self) -> float:
        """Records a second."""
        return self.records / self.seconds


class _Batch(Struct):
    """The values of one commit, by statement."""

    events: list[Sequence[Any]]
    verdicts: list[Sequence[Any]]
    ends: list[Sequence[Any]]
    clearance: list[Sequence[Any]]


class Rewriting:
    """Writes the events after `first_sequence` of each line.

    Args:
        ran: the database file of the run.
        fresh: the copy to write to.
        lines: how many the run had.
    """

    def __init__(self, ran: Path, fresh: Path, *, lines: int, first_item: int, first_sequence: int) -> None:
        self._source = sqlite3.connect(ran)
        self._engine = database.connect(f"sqlite:///{fresh.name}", fresh.parent)
        self._lines, self._first_item, self._first_sequence = lines, first_item, first_sequence
        self._passages = list(schema.passages.c.keys())
        self._decided = [name for name in self._passages if name not in _ENDS]
        self._clearance = list(schema.clearance.c.keys())
        self._released = self._source.execute("SELECT clearance_number FROM sites").fetchone()[0]

    def run(self, batch: int, most: int) -> Written:
        """Write at most so many records, `batch` a commit."""
        pooled = self._engine.raw_connection()
        connection = cast("sqlite3.Connection", pooled.driver_connection)
        records = commits = 0
        seconds = 0.0
        for rows in self._batches(batch, most):
            begun_s = time.perf_counter()
            self._write(connection, rows)
            seconds += time.perf_counter() - begun_s
            records += len(rows.events)
            commits += 1
        pooled.close()
        self._engine.dispose()
        self._source.close()
        return Written(records, seconds, commits)

    def _write(self, connection: sqlite3.Connection, rows: _Batch) -> None:
        """One commit as the centre's: events, verdicts, ends, and what releases do to the clearance list."""
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO events VALUES (?,?,?,?,?,?)", rows.events)
        connection.executemany(
            f"INSERT INTO passages ({', '.join(self._decided)}) VALUES ({_marks(self._decided)})",
            rows.verdicts,
        )
        changes = ", ".join(f"{name} = ?" for name in _ENDS)
        key = " AND ".join(f"{name} = ?" for name in _KEY)
        connection.executemany(f"UPDATE passages SET {changes} WHERE {key}", rows.ends)
        if rows.clearance:
            connection.execute("UPDATE sites SET clearance_number = clearance_number + 1")
            connection.executemany(
                f"INSERT INTO clearance VALUES ({_marks(self._clearance)})", rows.clearance
            )
            connection.executemany(
                "UPDATE waybills SET clearance_number = ? WHERE waybill_key = ?",
                [(row[1], row[2]) for row in rows.clearance],
            )
        connection.execute("COMMIT")

    def _batches(self, batch: int, most: int) -> Iterator[_Batch]:
        """The run's rows in the order in which the centre stored them."""
        events = self._source.execute(
            "SELECT * FROM events WHERE sequence >= ? AND rowid > ? ORDER BY rowid LIMIT ?",
            (self._first_sequence, self._prepared(), most),
        )
        while chunk := events.fetchmany(_CHUNK):
            for start in range(0, len(chunk), batch):
                yield self._batch(chunk[start : start + batch])

    def _batch(self, events: list[Sequence[Any]]) -> _Batch:
        made = _Batch(list(events), [], [], [])
        for _, line, _, kind, sequence, _ in events:
            item, expected = stream.nth(sequence - self._first_sequence)
            if expected.value != kind:
                raise ValueError(f"record {sequence} of {line}: expected {expected.value}, found {kind}")
            at = stream.Place(line, self._first_item + item)
            row = self._passage(at)
            if expected is stream.Kind.DECIDED:
                made.verdicts.append([row[name] for name in self._decided])
            else:
                made.ends.append([row[name] for name in (*_ENDS, *_KEY)])
                made.clearance += self._releases(stream.number(at, self._lines))
        return made

    def _passage(self, at: stream.Place) -> dict[str, Any]:
        names = ", ".join(self._passages)  # the file's columns may come in another order
        found = self._source.execute(
            f"SELECT {names} FROM passages WHERE passage_id = ? AND site = ? AND line = ?",
            (stream.passage_id(at), stream.SITE, at.line),
        ).fetchone()
        return dict(zip(self._passages, found, strict=True))

    def _releases(self, passage: int) -> list[Sequence[Any]]:
        """What the passage's end added to the clearance log."""
        if not stream.is_released(passage):
            return []
        key = stream.waybill_key(passage)
        number = self._source.execute(
            "SELECT clearance_number FROM waybills WHERE waybill_key = ?", (key,)
        ).fetchone()
        if number is None:
            return []
        return self._source.execute(
            "SELECT * FROM clearance WHERE site = ? AND number = ? AND waybill_key = ?",
            (stream.SITE, number[0], key),
        ).fetchall()

    def _prepared(self) -> int:
        """The last event that was there before the run; rowids go on from it."""
        return self._source.execute(
            "SELECT coalesce(max(rowid), 0) FROM events WHERE line = 'L1' AND sequence = ?",
            (self._first_sequence - 1,),
        ).fetchone()[0]


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" for _ in names)
