"""Reads the centre's database as it grows: what is fresh since the last look, and what is asked for by id.

SQLite only: a table's rowid says what is new, and an upsert keeps it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Table,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
)

from central.schema import answers, gaps, media, passages
from edge.messages import Decision, MediaKind, Ruling
from simulators.promises.findings import TripKey
from simulators.promises.row import COLUMNS, PassageRow, passage_row


class NewPassage(Struct, frozen=True):
    """A row that was not there at the last look."""

    passage_id: str
    key: TripKey


class GapRow(Struct, frozen=True):
    """A gap record; one whose last id lies before its first is open: nobody knows where it ends."""

    epoch: int
    first: int
    last: int


class AnswerRow(Struct, frozen=True):
    """An officer's answer."""

    answer_id: str
    passage_id: str
    release: bool
    accepted: bool
    settled: bool


@dataclass
class Reading:
    """One line's tables, read piece by piece."""

    line: str
    _seen: dict[str, int] = field(default_factory=dict[str, int])  # table → its highest rowid read

    def new_passages(self, connection: Connection) -> Iterator[NewPassage]:
        """Passages that were not there before, in the order they came."""
        for row in self._new(connection, passages):
            yield NewPassage(row.passage_id, (row.epoch, row.tracking_id))

    def new_gaps(self, connection: Connection) -> Iterator[GapRow]:
        """Gap records that were not there before."""
        for row in self._new(connection, gaps):
            yield GapRow(row.epoch, row.first_tracking_id, row.last_tracking_id)

    def new_answers(self, connection: Connection) -> Iterator[str]:
        """The ids of answers that were not there before."""
        for row in self._new(connection, answers):
            yield row.answer_id

    def closed(self, connection: Connection, ids: Collection[str]) -> Iterator[PassageRow]:
        """Those of these passages that are closed."""
        if ids:
            for row in connection.execute(_closed(), {"listed": _listed(ids), "line": self.line}):
                yield passage_row(row)

    def volumes(self, connection: Connection, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The hashes of image files recorded, by passage."""
        found: dict[str, set[str]] = {}
        if ids:
            rows = connection.execute(_volumes(), {"listed": _listed(ids), "line": self.line})
            for row in rows:
                found.setdefault(row.passage_id, set()).add(row.sha256)
        return {passage: frozenset(hashes) for passage, hashes in found.items()}

    def answers(self, connection: Connection, ids: Collection[str]) -> Iterator[AnswerRow]:
        """These answers as they stand."""
        if ids:
            for row in connection.execute(_answers(), {"listed": _listed(ids)}):
                release, ruling = row.decision == Decision.RELEASE, row.ruling
                yield AnswerRow(
                    row.answer_id, row.passage_id, release, ruling == Ruling.ACCEPTED, ruling != Ruling.SENT
                )

    def lanes(self, connection: Connection) -> Iterator[tuple[TripKey, bool, int | None]]:
        """Of every passage: its trip, whether it is closed, the lane it names."""
        rows = connection.execute(_lanes(), {"line": self.line})
        for row in rows.yield_per(5_000):
            yield (row.epoch, row.tracking_id), bool(row.closed), row.lane_actual

    def _new(self, connection: Connection, table: Table) -> Sequence[Any]:
        after = self._seen.get(table.name, 0)
        rows = connection.execute(_fresh(table), {"after": after, "line": self.line}).all()
        if rows:
            self._seen[table.name] = rows[-1].place
        return rows


_WANTED = {
    "passages": ("passage_id", "epoch", "tracking_id"),
    "gaps": ("epoch", "first_tracking_id", "last_tracking_id"),
    "answers": ("answer_id",),
}


def _listed(keys: Collection[str]) -> str:
    return msgspec.json.encode(list(keys)).decode()


def _keys() -> Select[Any]:
    listed = func.json_each(bindparam("listed", type_=Text()))
    return select(listed.table_valued(column("value", Text())).c.value)


@cache
def _fresh(table: Table) -> Any:
    place = literal_column(f"{table.name}.rowid", BigInteger()).label("place")
    wanted = (table.c[name] for name in _WANTED[table.name])
    return (
        select(place, *wanted)
        .where(place > bindparam("after"), table.c.line == bindparam("line"))
        .order_by(place)
    )


@cache
def _closed() -> Any:
    return select(*COLUMNS).where(
        passages.c.passage_id.in_(_keys()),
        passages.c.line == bindparam("line"),
        passages.c.closed_at.is_not(None),
    )


@cache
def _volumes() -> Any:
    # The site leads the table's key: named first, it lets the key be searched.
    here = select(media.c.site).limit(1).scalar_subquery()
    return select(media.c.passage_id, media.c.sha256).where(
        media.c.site == here,
        media.c.line == bindparam("line"),
        media.c.passage_id.in_(_keys()),
        media.c.kind == MediaKind.VOLUME.value,
    )


@cache
def _answers() -> Any:
    return select(answers.c.answer_id, answers.c.passage_id, answers.c.decision, answers.c.ruling).where(
        answers.c.answer_id.in_(_keys())
    )


@cache
def _lanes() -> Any:
    return select(
        passages.c.epoch,
        passages.c.tracking_id,
        passages.c.closed_at.is_not(None).label("closed"),
        passages.c.lane_actual,
    ).where(passages.c.line == bindparam("line"))
