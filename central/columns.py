"""How the centre's tables say their columns: texts, times, JSON, and the site in every table."""

from typing import Any

from sqlalchemy import JSON, Column, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB

from central.times import Utc

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}
)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def text_column(
    name: str, *, key: bool = False, null: bool = False, default: str | None = None
) -> Column[Any]:
    """A text, not null unless said."""
    return Column(name, String(), primary_key=key, nullable=null and not key, server_default=default)


def time_column(name: str, *, null: bool = False) -> Column[Any]:
    """A time in UTC, not null unless said."""
    return Column(name, Utc(), nullable=null)


def site_column() -> Column[Any]:
    """The site a row belongs to."""
    return text_column("site")
