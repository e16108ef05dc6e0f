"""Many rows by one insert, handed to the driver at once, and many keys by one parameter.

SQLAlchemy's own executemany prepares every row by itself, which costs more than SQLite takes to write it.
Here the statement is compiled once, and each row only goes through what its columns do to a value. And many
rows go to a statement: with each step of one the driver gives the interpreter to the other threads.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Insert

from central.rows import Row

LISTED = "listed"  # the parameter of `listed`, unless it is named otherwise

_ROWS = 32  # a statement: one text for all numbers of rows, and well under every limit of parameters

_Binding = Callable[[Any], Any] | None


def listed(dialect: str, parameter: str = LISTED) -> Select[str]:
    """The keys in a parameter made by `as_list`: for `column.in_(…)`, however many they are."""
    keys = bindparam(parameter, type_=Text())
    made = func.json_each(keys) if dialect == "sqlite" else func.jsonb_array_elements_text(cast(keys, JSONB))
    return select(made.table_valued(column("value", Text())).c.value)


def as_list(keys: Iterable[str]) -> str:
    """Keys as one parameter."""
    return msgspec.json.encode(list(keys)).decode()


def execute_rows(connection: Connection, table: Table, statement: Insert, rows: Sequence[Row]) -> int:
    """Execute an insert into `table` whose parameters are the rows' keys, the same in every row.

    Returns how many rows that wrote: fewer if the statement leaves some as they are.
    The statement has to be one that is kept: what it compiles to is remembered by its identity.
    """
    written = 0
    if rows:
        keys = tuple(rows[0])
        whole = len(rows) - len(rows) % _ROWS
        many = _compiled(table, statement, connection.dialect, keys, _ROWS)
        for start in range(0, whole, _ROWS):
            values = many.values(rows[start : start + _ROWS])
            written += connection.exec_driver_sql(many.text, values).rowcount
        if whole < len(rows):
            one = _compiled(table, statement, connection.dialect, keys, 1)
            values = [one.values([row]) for row in rows[whole:]]
            written += connection.exec_driver_sql(one.text, values).rowcount
    return written


class _Compiled(Struct, frozen=True):
    """A statement's text for so many rows, with what is done to the value of each of a row's columns."""

    text: str
    bindings: tuple[tuple[str, _Binding], ...]  # in the order of the text
    positional: bool

    def values(self, rows: Sequence[Row]) -> Any:
        """The statement's parameters."""
        values = [bind(row[name]) if bind else row[name] for row in rows for name, bind in self.bindings]
        if self.positional:
            return tuple(values)
        names = [f"{name}_m{place}" for place in range(len(rows)) for name, _ in self.bindings]
        return dict(zip(names, values, strict=True))


@cache
def _compiled(
    table: Table, statement: Insert, dialect: Dialect, keys: tuple[str, ...], count: int
) -> _Compiled:
    rows = statement.values([dict.fromkeys(keys) for _ in range(count)])
    compiled: Any = rows.compile(dialect=dialect)
    places: list[str] = list(compiled.positiontup if compiled.positional else compiled.params)
    names = [place.removesuffix("_m0") for place in places[: len(keys)]]
    bindings = tuple(
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    )
    return _Compiled(str(compiled), bindings, bool(compiled.positional))
