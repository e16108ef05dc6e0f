"""A passage and its files for a route, as who asks may see them; what is missing is a 404 or 409."""

from collections.abc import Generator
from contextlib import contextmanager

from litestar.exceptions import HTTPException, NotFoundException
from sqlalchemy import Connection, RowMapping

from central import media, passages
from central.audit import note
from central.centre import Centre
from central.commands import LineAwayError
from central.database import writing
from central.image_views import MediaItem
from central.media_store import DamagedError, NotHereError
from central.roles import Permission, Principal
from models.formats.errors import FormatError


def passage(
    connection: Connection, centre: Centre, principal: Principal, passage_id: str
) -> tuple[RowMapping, RowMapping | None]:
    """A passage's row and its waybill's; 404 if there is none that this person may see."""
    found = passages.one(connection, centre.site.id, principal, passage_id)
    if found is None:
        raise NotFoundException("no such passage")
    return found


def files(
    connection: Connection, centre: Centre, principal: Principal, row: RowMapping
) -> tuple[MediaItem, ...]:
    """A passage's files; none for those who may not see images."""
    if not principal.may(Permission.SEE_IMAGES):
        return ()
    return media.of_passage(connection, centre.site.id, row["line"], row["passage_id"], centre.places)


def passage_files(
    centre: Centre, principal: Principal, passage_id: str
) -> tuple[RowMapping, tuple[MediaItem, ...]]:
    """A passage's row and its files."""
    with centre.engine.connect() as connection:
        row, _waybill = passage(connection, centre, principal, passage_id)
        return row, files(connection, centre, principal, row)


def note_reveal(centre: Centre, principal: Principal, what: str, passage_id: str, reason: str) -> None:
    """Write down, durably, who is about to see personal data in the open, and why; before it is shown."""
    with writing(centre.engine) as connection:
        note(
            connection,
            centre.site.id,
            centre.clock(),
            actor=principal.user_id,
            action=f"{what}_revealed",
            subject=passage_id,
            sealed_reason=centre.keyring.seal(reason.encode(), "audit.reason"),
        )


def ask_for(centre: Centre, line: str, sha256s: list[str]) -> None:
    """Ask a line for files that are not here; 503 when it cannot be reached."""
    try:
        centre.fetching.ask(line, sha256s)
    except LineAwayError as error:
        extra = {"why": "line_away"}
        raise HTTPException(status_code=503, detail=str(error), extra=extra) from error


@contextmanager
def readable() -> Generator[None]:
    """What reads a file in here fails with a 409 that says why."""
    try:
        yield
    except (NotHereError, DamagedError) as error:
        raise HTTPException(status_code=409, detail=str(error), extra={"why": "not_here"}) from error
    except FormatError as error:
        raise HTTPException(status_code=409, detail=str(error), extra={"why": "unreadable"}) from error
