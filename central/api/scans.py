"""The scan of a passage for a route: what its verdict rested on, its objects, its volume once it is here."""

from collections.abc import Iterable, Sequence

import msgspec
from litestar.exceptions import HTTPException
from sqlalchemy import RowMapping

from central.api import found
from central.centre import Centre
from central.image_views import MediaItem, MediaPlace
from central.images import Loaded, VolumeFile
from central.roles import Principal
from edge.messages import Evidence, MediaKind, ScanEvidence


def volumes_of(
    centre: Centre, principal: Principal, passage_id: str
) -> tuple[RowMapping, tuple[MediaItem, ...]]:
    """A passage's row and the objects of the scan its verdict rested on; without a verdict, all it has."""
    row, files = found.passage_files(centre, principal, passage_id)
    volumes = tuple(each for each in files if each.kind is MediaKind.VOLUME)
    named = set(evidence_of(row).volumes)
    return row, tuple(each for each in volumes if each.sha256 in named) if named else volumes


def evidence_of(row: RowMapping) -> ScanEvidence:
    """What the verdict says of the scan; empty without one."""
    evidence = msgspec.convert(row["evidence"], Evidence) if row["evidence"] else Evidence()
    return evidence.scan or ScanEvidence()


def key_of(volumes: Iterable[MediaItem]) -> tuple[VolumeFile, ...]:
    """The objects as the loader names them."""
    return tuple(VolumeFile(sha256=each.sha256, energy=each.part) for each in volumes)


def complete(row: RowMapping, volumes: Sequence[MediaItem]) -> bool:
    """Whether every object of the scan is here: half of one would show other materials."""
    known = len(volumes) >= max(1, len(evidence_of(row).volumes))
    return known and all(each.state is MediaPlace.HERE for each in volumes)


def loaded(centre: Centre, row: RowMapping, volumes: Sequence[MediaItem]) -> Loaded:
    """The volume; 409 while it is not here, or if it cannot be read."""
    if not complete(row, volumes):
        extra = {"why": "not_here"}
        raise HTTPException(status_code=409, detail="the image has not been uploaded", extra=extra)
    with found.readable():
        return centre.images.load(key_of(volumes))
