"""The trail of who did what, written in the same transaction as the deed."""

from datetime import datetime

from sqlalchemy import Connection, insert

from central import schema


def note(
    connection: Connection,
    site: str,
    at: datetime,
    *,
    actor: str,
    action: str,
    subject: str = "",
    sealed_reason: bytes | None = None,
) -> None:
    """Append one entry; `actor` is a user id ("" the command line), `subject` an id, never personal data."""
    connection.execute(
        insert(schema.audit).values(
            site=site, at=at, actor=actor, action=action, subject=subject, sealed_reason=sealed_reason
        )
    )
