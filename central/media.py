"""Which files are kept about a passage, and where each of them is now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, and_, select

from central import schema
from central.database import insert
from central.fetching import Fetching
from central.image_views import MediaItem, MediaPlace
from central.media_store import MediaStore
from edge.messages import MediaKind

OFFICERS = "officer"  # the part of a report made here


class Places(Struct, frozen=True):
    """Where files are: here, at the edge, or asked for."""

    store: MediaStore
    fetching: Fetching

    def of(self, sha256: str) -> MediaPlace:
        """Where one file is."""
        if self.store.has(sha256):
            return MediaPlace.HERE
        return MediaPlace.FETCHING if self.fetching.asked(sha256) else MediaPlace.AT_EDGE


def of_passage(
    connection: Connection, site: str, line: str, passage_id: str, places: Places
) -> tuple[MediaItem, ...]:
    """The files of a passage, in the order they were recorded."""
    return tuple(_item(row, places) for row in connection.execute(_of_passage(site, line, passage_id)))


def one(
    connection: Connection, site: str, line: str, passage_id: str, sha256: str, places: Places
) -> MediaItem | None:
    """One file of a passage; None if it is not one of its files."""
    query = _of_passage(site, line, passage_id).where(schema.media.c.sha256 == sha256)
    row = connection.execute(query).first()
    return None if row is None else _item(row, places)


def report(items: Iterable[MediaItem], *, officers: bool) -> MediaItem | None:
    """The latest report: an officer's, or the machine's."""
    reports = [each for each in items if each.kind is MediaKind.REPORT]
    return next((each for each in reversed(reports) if (each.part == OFFICERS) == officers), None)


def add_report(
    connection: Connection, site: str, line: str, passage_id: str, sha256: str, size: int, at: datetime
) -> None:
    """Record an officer's report made here; once, however often it is made."""
    connection.execute(
        insert(connection.dialect.name, schema.media)
        .values(
            site=site,
            line=line,
            passage_id=passage_id,
            sha256=sha256,
            kind=MediaKind.REPORT.value,
            part=OFFICERS,
            media_type="application/dicom",
            size=size,
            device="centre",
            recorded_at=at,
        )
        .on_conflict_do_nothing()
    )


def passages_of(connection: Connection, site: str, sha256s: Iterable[str]) -> set[str]:
    """The passages that these files are about."""
    media = schema.media
    query = select(media.c.passage_id).where(media.c.site == site, media.c.sha256.in_(set(sha256s)))
    return set(connection.execute(query).scalars())


def _of_passage(site: str, line: str, passage_id: str) -> Select[*tuple[Any, ...]]:
    media = schema.media
    its = and_(media.c.site == site, media.c.line == line, media.c.passage_id == passage_id)
    return select(media).where(its).order_by(media.c.recorded_at, media.c.sha256)


def _item(row: Row[*tuple[Any, ...]], places: Places) -> MediaItem:
    return MediaItem(
        sha256=row.sha256,
        kind=MediaKind(row.kind),
        part=row.part,
        media_type=row.media_type,
        size=row.size,
        device=row.device,
        recorded_at=row.recorded_at,
        state=places.of(row.sha256),
    )
