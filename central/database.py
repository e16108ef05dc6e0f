"""Opens the centre's database, SQLite or PostgreSQL, and brings its tables up to date."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

_BUSY_MS = 5_000
_PAGES_CACHED_KIB = 64_000
_MIGRATION_LOCK = 0x5EDBEA6  # any number, as long as all centres use it


class DatabaseUnusableError(Exception):
    """The database of the site file cannot be used; says why."""


def connect(url: str, data: Path) -> Engine:
    """An engine for `url`; a relative SQLite path lies in the data folder.

    SQLite runs in WAL mode with synchronous FULL: what was committed survives a power cut, and a receipt says
    no less than that.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnusableError("expected a URL such as sqlite:///central.db") from error
    if parsed.get_backend_name() == "sqlite":
        path = parsed.database or "central.db"
        parsed = parsed.set(database=str(data / path))
    elif parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(
            parsed,
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,  # errors must not quote personal data
        )
    except ModuleNotFoundError as error:
        raise DatabaseUnusableError(f"this kind of database needs the package {error.name}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Create or update the tables; a fresh database goes the same way as an old one."""
    config = Config()
    config.set_main_option("script_location", "central:migrations")
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """A transaction that writes: on SQLite it takes the write lock at once, and never fails late."""
    with engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            yield connection


def insert(dialect: str, table: Table) -> Any:
    """INSERT that knows ON CONFLICT; both databases say it alike."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None  # the begin listener says BEGIN itself
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_MS}",
        f"cache_size=-{_PAGES_CACHED_KIB}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
