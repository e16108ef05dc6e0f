"""Many rows by one insert, handed to the driver at once, and many keys by one parameter.

SQLAlchemy's own executemany prepares every row by itself, which costs more than SQLite takes to write it.
Here the statement is compiled once, and each row only goes through what its columns do to a value.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Insert

from central.rows import Row

LISTED = "listed"  # the parameter of `listed`

_Binding = Callable[[Any], Any] | None


def listed(dialect: str) -> Select[tuple[str]]:
    """The keys in the parameter LISTED, made by `as_list`: for `column.in_(…)`, however many they are."""
    keys = bindparam(LISTED, type_=Text())
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
    if not rows:
        return 0
    text, bindings, positional = _compiled(table, statement, connection.dialect, tuple(rows[0]))
    values = [[bind(row[name]) if bind else row[name] for name, bind in bindings] for row in rows]
    if positional:
        return connection.exec_driver_sql(text, [tuple(each) for each in values]).rowcount
    names = [name for name, _ in bindings]
    named = [dict(zip(names, each, strict=True)) for each in values]
    return connection.exec_driver_sql(text, named).rowcount


@cache
def _compiled(
    table: Table, statement: Insert, dialect: Dialect, keys: tuple[str, ...]
) -> tuple[str, tuple[tuple[str, _Binding], ...], bool]:
    """The statement's text, its parameters in order, each with what is done to its value, and their style."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    names: list[str] = list(compiled.positiontup) if compiled.positional else list(keys)
    bindings = tuple(
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    )
    return str(compiled), bindings, bool(compiled.positional)
