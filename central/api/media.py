"""The files about a passage: which there are, asking the line for them, stills and clips, reports."""

from enum import StrEnum
from typing import Annotated

from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from central import media, stills
from central.api import found
from central.api.guard import Asked, TheCentre, needs
from central.api.passages import RevealRequest
from central.centre import Centre
from central.image_views import MediaItem, MediaPlace
from central.roles import Permission, Principal
from config.keyring import KeyringError
from edge.messages import MediaKind

_SEALED = {MediaKind.STILL, MediaKind.CLIP}
_CONTEXT = "media"  # in which stills and clips are sealed


class FetchRequest(Struct, frozen=True):
    """Which files of a passage are wanted here."""

    sha256s: Annotated[tuple[str, ...], Meta(min_length=1, max_length=32)]


class Author(StrEnum):
    """Who made a report."""

    MACHINE = "machine"
    OFFICER = "officer"


@get("/passages/{passage_id:str}/media", opt=needs(Permission.SEE_IMAGES), sync_to_thread=True)
def list_media(passage_id: FromPath[str], centre: TheCentre, request: Asked) -> tuple[MediaItem, ...]:
    """The files about a passage and where they are."""
    return found.passage_files(centre, request.user, passage_id)[1]


@post(
    "/passages/{passage_id:str}/media/fetch",
    opt=needs(Permission.SEE_IMAGES),
    status_code=202,
    sync_to_thread=True,
)
def fetch_media(
    passage_id: FromPath[str], data: JSONBody[FetchRequest], centre: TheCentre, request: Asked
) -> tuple[MediaItem, ...]:
    """Ask the line for files that are not here; they come by its upload."""
    row, files = found.passage_files(centre, request.user, passage_id)
    if not set(data.sha256s) <= {each.sha256 for each in files}:
        raise NotFoundException("this passage has no such file")
    missing = [each for each in data.sha256s if not centre.media.has(each)]
    if missing:
        found.ask_for(centre, row["line"], missing)
    return found.passage_files(centre, request.user, passage_id)[1]


@get(
    "/passages/{passage_id:str}/media/{sha256:str}/masked",
    opt=needs(Permission.SEE_IMAGES),
    sync_to_thread=True,
    media_type="image/jpeg",
)
def show_masked(
    passage_id: FromPath[str], sha256: FromPath[str], centre: TheCentre, request: Asked
) -> Response[bytes]:
    """A still so coarse that no label can be read."""
    item = _sealed_file(centre, request.user, passage_id, sha256)
    if item.kind is not MediaKind.STILL:
        raise NotFoundException("only stills can be masked")
    try:
        picture = stills.masked(_content(centre, item))
    except stills.NotAPictureError as error:
        raise _unreadable(str(error)) from error
    return Response(picture, media_type="image/jpeg")


@post(
    "/passages/{passage_id:str}/media/{sha256:str}/reveal",
    opt=needs(Permission.REVEAL_PAPERS),
    status_code=200,
    sync_to_thread=True,
)
def reveal_media(
    passage_id: FromPath[str],
    sha256: FromPath[str],
    data: JSONBody[RevealRequest],
    centre: TheCentre,
    request: Asked,
) -> Response[bytes]:
    """A still or clip in the open; the audit entry is durable before anything is shown."""
    item = _sealed_file(centre, request.user, passage_id, sha256)
    if item.state is not MediaPlace.HERE:
        raise _not_here()
    found.note_reveal(centre, request.user, item.kind.value, passage_id, data.reason)
    return Response(_content(centre, item), media_type=item.media_type)


@get(
    "/passages/{passage_id:str}/reports/{author:str}",
    opt=needs(Permission.SEE_IMAGES),
    sync_to_thread=True,
    media_type="application/dicom",
)
def show_report(
    passage_id: FromPath[str], author: FromPath[Author], centre: TheCentre, request: Asked
) -> Response[bytes]:
    """The latest threat detection report, by the machine or by an officer, as DICOS."""
    _row, files = found.passage_files(centre, request.user, passage_id)
    item = media.report(files, officers=author is Author.OFFICER)
    if item is None:
        raise NotFoundException("there is no such report")
    headers = {"Content-Disposition": f'attachment; filename="{author.value}-report.dcs"'}
    with found.readable(), centre.media.opened(item.sha256) as path:
        return Response(path.read_bytes(), media_type="application/dicom", headers=headers)


def _sealed_file(centre: Centre, principal: Principal, passage_id: str, sha256: str) -> MediaItem:
    _row, files = found.passage_files(centre, principal, passage_id)
    item = next((each for each in files if each.sha256 == sha256), None)
    if item is None or item.kind not in _SEALED:
        raise NotFoundException("this passage has no such still or clip")
    return item


def _content(centre: Centre, item: MediaItem) -> bytes:
    with found.readable(), centre.media.opened(item.sha256) as path:
        sealed = path.read_bytes()
    try:
        return centre.keyring.unseal(sealed, _CONTEXT)
    except KeyringError as error:
        raise _unreadable("the file does not open with this site's key") from error


def _not_here() -> HTTPException:
    return HTTPException(status_code=409, detail="this file has not been uploaded", extra={"why": "not_here"})


def _unreadable(sentence: str) -> HTTPException:
    return HTTPException(status_code=409, detail=sentence, extra={"why": "unreadable"})
