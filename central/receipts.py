"""What a line is told once its messages are stored, and what is remembered of the lines' states."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Engine, select

from central import schema
from central.commands import Sender
from central.store import Stored
from edge.messages import LineState, Receipts


def receipt(link: Sender, stored: Stored) -> None:
    """Tell each line which of its messages a committed batch holds; one that does not hear it sends again."""
    for line, ids in stored.receipts.items():
        link.send(line, "receipts", Receipts(ids=ids))


def reported(stored: Stored) -> Mapping[str, LineState]:
    """The states that a batch brought, by line."""
    return {report.line: report.state for report in stored.states}


def remembered(engine: Engine, site: str) -> dict[str, LineState]:
    """The line states the database holds, by line; the broker's retained ones replace them."""
    table = schema.line_states
    with engine.connect() as connection:
        rows = connection.execute(select(table).where(table.c.site == site))
        return {row.line: msgspec.convert(row.state, LineState) for row in rows}
