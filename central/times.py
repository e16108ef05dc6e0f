"""Times as columns: aware and in UTC, whichever database keeps them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine


class _SqliteTime(sqlite.DATETIME):
    """SQLite's text for a time, made by the quicker of two ways."""

    def bind_processor(self, dialect: Dialect) -> Any:
        """To `2026-01-31 12:30:00.000000`."""
        return _text


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.replace(tzinfo=None).isoformat(" ", "microseconds")


class Utc(TypeDecorator[datetime]):
    """An aware datetime: stored as UTC, returned as UTC, refused when naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The database's own type."""
        return dialect.type_descriptor(_SqliteTime() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so its text is UTC by agreement."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC, whatever zone the database session speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
