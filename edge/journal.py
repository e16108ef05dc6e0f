"""The line's journal: every observation and record, in order, chained by hash, durable before its effects.

One SQLite file, one writer, WAL, synchronous FULL on the live connection: what `append` returned is on disk
even if the power goes. `hash = SHA-256(previous hash ‖ sequence ‖ kind ‖ commitment)`, `commitment =
SHA-256(salt ‖ payload)`: content and salt of an entry can be erased without breaking the chain.

    entries        all that happened, in order
    outbox         records the centre has not receipted yet
    releases       which passage holds a waybill's one release
    state          the journal's identity, and the core's state after some entry, where a replay begins
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from config.settings import LaneRole
from edge.messages import Event, PassageClosed, PassageDecided
from edge.observations import Observation
from edge.transaction import transaction

_FORMAT = 1
_ZERO = bytes(32)
_NO_END = (1 << 63) - 1
_observations: msgspec.json.Decoder[Observation] = msgspec.json.Decoder(Observation)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


class JournalError(Exception):
    """The journal cannot be written or read; nothing that was to follow may be done."""


class _Broken(Exception):  # noqa: N818
    """An entry does not fit the chain."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"entry {sequence} does not fit the chain")
        self.sequence = sequence


class Entry(Struct, frozen=True):
    """Something to write down: an observation, or a record for the centre."""

    at: datetime
    content: Observation | Event
    passage_id: str | None = None

    @property
    def for_centre(self) -> bool:
        """Whether it goes through the outbox."""
        return isinstance(self.content, Event)


class Sending(Struct, frozen=True):
    """An outbox row: a record and its place in the chain; `message` is None if it cannot be read."""

    sequence: int
    at: datetime
    message: Event | None
    hash: str


class Row(NamedTuple):
    """An entry as it stands on disk; `payload` is its JSON, None if it was erased."""

    sequence: int
    at: datetime
    passage_id: str | None
    kind: str
    payload: bytes | None


class Journal:
    """One line's journal.

    Args:
        path: the database file; made if missing, its folder too.
        identity: makes the journal's own id, once, when the file is new.
        salt: 16 fresh random bytes a call.
    """

    def __init__(
        self, path: Path, identity: Callable[[], str], salt: Callable[[], bytes] = lambda: os.urandom(16)
    ) -> None:
        self._path = path
        self._salt = salt
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=5)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            _create(Database(self._connection))
            self.identity = self._state("identity", identity())
            found = int(self._state("format", str(_FORMAT)))
            last = self._connection.execute(
                "SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"
            )
            self._last: tuple[int, bytes] = last.fetchone() or (0, _ZERO)
            self._outbox: int = self._connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{path}: cannot be opened: {error}") from error
        if found != _FORMAT:
            raise JournalError(f"{path}: journal format {found}, this version reads format {_FORMAT}")

    def append(self, entries: Sequence[Entry], checkpoint: bytes | None = None) -> None:
        """Write everything in one transaction; JournalError means that nothing of it was written.

        `checkpoint` is the core's state after these entries: a replay then begins behind them.
        """
        sequence, previous = self._last
        rows: list[tuple[int, str, str, str | None, bytes, bytes, bytes, bytes]] = []
        for_centre: list[tuple[int]] = []
        for entry in entries:
            sequence += 1
            kind = _kind(entry.content)
            payload, salt = _encoder.encode(entry.content), self._salt()
            commitment = hashlib.sha256(salt + payload).digest()
            previous = _link(previous, sequence, kind, commitment)
            rows.append(
                (sequence, entry.at.isoformat(), kind, entry.passage_id, payload, salt, commitment, previous)
            )
            if entry.for_centre:
                for_centre.append((sequence,))
        try:
            with transaction(self._connection) as write:
                write.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", rows)
                write.executemany("INSERT INTO outbox VALUES (?)", for_centre)
                for entry in entries:
                    _note_release(write, entry.content)
                if checkpoint is not None:
                    kept = (("checkpoint", checkpoint.decode()), ("checkpoint_at", str(sequence)))
                    write.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", kept)
        except sqlite3.Error as error:
            raise JournalError(f"{self._path}: {error}") from error
        self._last = (sequence, previous)
        self._outbox += len(for_centre)

    def checkpoint(self) -> tuple[int, bytes] | None:
        """The last entry with a checkpoint, and the core's state after it."""
        found = dict(self._connection.execute("SELECT key, value FROM state WHERE key LIKE 'checkpoint%'"))
        return (int(found["checkpoint_at"]), found["checkpoint"].encode()) if found else None

    def replay(self, after: int = 0) -> Iterator[tuple[datetime, Observation]]:
        """The observations beyond that entry, oldest first; JournalError where the chain does not hold."""
        try:
            for _, at, kind, payload in self._walk(after):
                if not kind.startswith("redpeak.") and payload is not None:
                    yield datetime.fromisoformat(at), _observations.decode(payload)
        except (_Broken, sqlite3.Error, msgspec.MsgspecError) as error:
            raise JournalError(f"{self._path}: cannot be replayed: {error}") from error

    @property
    def last_sequence(self) -> int:
        """The last entry's sequence; 0 if there is none."""
        return self._last[0]

    def waiting(self, after: int, limit: int, up_to: int | None = None) -> list[Sending]:
        """Outbox rows beyond `after`, oldest first."""
        rows = self._connection.execute(
            "SELECT sequence, at, payload, hash FROM outbox JOIN entries USING (sequence)"
            " WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?",
            (after, _NO_END if up_to is None else up_to, limit),
        )
        return [
            Sending(sequence, datetime.fromisoformat(at), _event(payload), link.hex())
            for sequence, at, payload, link in rows
        ]

    def receipted(self, sequences: Iterable[int]) -> None:
        """The centre has committed these records: they leave the outbox."""
        try:
            with transaction(self._connection) as write:
                closed = write.executemany(
                    "DELETE FROM outbox WHERE sequence = ?", [(number,) for number in sequences]
                ).rowcount
        except sqlite3.Error as error:
            raise JournalError(f"{self._path}: {error}") from error
        self._outbox -= closed

    def outbox_size(self) -> int:
        """How many records wait for a receipt."""
        return self._outbox

    def released_by(self, waybill_key: str) -> str | None:
        """The passage that released this waybill, or may have."""
        row = self._connection.execute(
            "SELECT passage_id FROM releases WHERE waybill_key = ?", (waybill_key,)
        )
        found = row.fetchone()
        return found[0] if found else None

    def passage(self, passage_id: str) -> list[Row]:
        """Everything written about one passage, oldest first."""
        return self._rows("WHERE passage_id = ? ORDER BY sequence", passage_id)

    def newest(self, count: int) -> list[Row]:
        """The last entries, oldest first."""
        return self._rows("ORDER BY sequence DESC LIMIT ?", count)[::-1]

    def _rows(self, which: str, value: str | int) -> list[Row]:
        select = "SELECT sequence, at, passage_id, kind, payload FROM entries "
        return [
            Row(number, datetime.fromisoformat(at), about, kind, payload)
            for number, at, about, kind, payload in self._connection.execute(select + which, (value,))
        ]

    def first_broken(self) -> int | None:
        """The first entry that does not fit the chain, None if all do; erased content is no break."""
        try:
            for _ in self._walk(0):
                pass
        except _Broken as broken:
            return broken.sequence
        return None

    def synchronous(self) -> int:
        """SQLite's setting on the live connection; 2 is FULL."""
        return self._connection.execute("PRAGMA synchronous").fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _walk(self, after: int) -> Iterator[tuple[int, str, str, bytes | None]]:
        """Sequence, time, kind and payload of each entry beyond one; _Broken where the chain breaks."""
        previous = _ZERO
        if after:
            found = self._connection.execute("SELECT hash FROM entries WHERE sequence = ?", (after,))
            (previous,) = found.fetchone() or (b"",)
        rows = self._connection.execute(
            "SELECT sequence, at, kind, payload, salt, commitment, hash FROM entries"
            " WHERE sequence > ? ORDER BY sequence",
            (after,),
        )
        for expected, (sequence, at, kind, payload, salt, commitment, link) in enumerate(rows, after + 1):
            if sequence != expected or _link(previous, sequence, kind, commitment) != link:
                raise _Broken(expected)
            if payload is not None and hashlib.sha256(salt + payload).digest() != commitment:
                raise _Broken(expected)
            previous = link
            yield sequence, at, kind, payload

    def _state(self, key: str, default: str) -> str:
        self._connection.execute("INSERT OR IGNORE INTO state VALUES (?, ?)", (key, default))
        return self._connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()[0]


def _note_release(write: sqlite3.Connection, content: Observation | Event) -> None:
    """Keep in step which passage holds a waybill's one release."""
    if not isinstance(content, PassageDecided | PassageClosed):
        return
    if content.role is LaneRole.RELEASE:
        write.execute(
            "INSERT OR REPLACE INTO releases SELECT ?, ? WHERE ?1 IS NOT NULL",
            (content.waybill_key, content.passage_id),
        )
    elif isinstance(content, PassageClosed) and content.lane is not None:
        write.execute("DELETE FROM releases WHERE passage_id = ?", (content.passage_id,))


def _kind(content: Observation | Event) -> str:
    tag = content.__struct_config__.tag
    return tag if isinstance(tag, str) else type(content).__name__


def _event(payload: bytes | None) -> Event | None:
    try:
        return _events.decode(payload) if payload is not None else None
    except msgspec.MsgspecError:
        return None


def _link(previous: bytes, sequence: int, kind: str, commitment: bytes) -> bytes:
    return hashlib.sha256(previous + sequence.to_bytes(8, "big") + kind.encode() + commitment).digest()


def _create(database: Database) -> None:
    tables = {
        "entries": {
            "sequence": int,
            "at": str,
            "kind": str,
            "passage_id": str,
            "payload": bytes,
            "salt": bytes,
            "commitment": bytes,
            "hash": bytes,
        },
        "outbox": {"sequence": int},
        "releases": {"waybill_key": str, "passage_id": str},
        "state": {"key": str, "value": str},
    }
    for name, columns in tables.items():
        database.table(name).create(columns, pk=next(iter(columns)), if_not_exists=True)
    database.table("entries").create_index(["passage_id"], if_not_exists=True)
    database.table("releases").create_index(["passage_id"], if_not_exists=True)
