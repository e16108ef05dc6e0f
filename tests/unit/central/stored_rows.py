"""Batches written by a store, and the rows they came to."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, Table, select

from central.database import writing
from central.incoming import Accepted, Incoming, Refused, StateReported, parse
from central.store import Store, Stored
from tests.unit.central.journeys import KEYRING, SITE, START

LATER = START + timedelta(seconds=30)


def write(engine: Engine, *batch: Incoming) -> Stored:
    parsed = [parse(SITE, message) for message in batch]
    with writing(engine) as connection:
        return Store(SITE, KEYRING).write(
            connection,
            LATER,
            [each for each in parsed if isinstance(each, Accepted)],
            [each for each in parsed if isinstance(each, StateReported)],
            [each for each in parsed if isinstance(each, Refused)],
        )


def rows(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        ordered = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def only(engine: Engine, table: Table) -> dict[str, Any]:
    (row,) = rows(engine, table)
    return row
