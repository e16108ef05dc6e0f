"""Many rows by one insert, handed to the driver at once.

SQLAlchemy's own executemany prepares every row by itself, which costs more than SQLite takes to write it.
Here the statement is compiled once, and each row only goes through what its columns do to a value.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Insert

from central.rows import Row

_Binding = Callable[[Any], Any] | None


def execute_rows(connection: Connection, table: Table, statement: Insert, rows: Sequence[Row]) -> None:
    """Execute an insert into `table` whose parameters are the rows' keys, the same in every row.

    The statement has to be one that is kept: what it compiles to is remembered by its identity.
    """
    if not rows:
        return
    text, bindings, positional = _compiled(table, statement, connection.dialect, tuple(rows[0]))
    values = [[bind(row[name]) if bind else row[name] for name, bind in bindings] for row in rows]
    if positional:
        connection.exec_driver_sql(text, [tuple(each) for each in values])
    else:
        names = [name for name, _ in bindings]
        connection.exec_driver_sql(text, [dict(zip(names, each, strict=True)) for each in values])


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
