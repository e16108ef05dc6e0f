"""Files from the edges: how far one has come, and its next bytes; by content hash, so all may be repeated."""

import asyncio
from typing import Annotated

import structlog
from litestar import Request, Response, head, patch
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, HeaderParameter, PathParameter

from central.api.guard import TheCentre, needs
from central.centre import Centre
from central.media_store import (
    BusyError,
    DiskShortError,
    HashDiffersError,
    MediaError,
    Progress,
    Receiving,
    TooLargeError,
    WrongOffsetError,
)
from central.roles import Permission, Principal

_log = structlog.get_logger(__name__)

LARGEST_PIECE = 4 << 20  # bytes of one request
_WRITTEN_AT = 256 << 10  # bytes handed to the disk at once

Sha256 = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$")]

_STATUS: dict[type[MediaError], int] = {
    WrongOffsetError: 409,
    BusyError: 409,
    HashDiffersError: 422,
    TooLargeError: 413,
    DiskShortError: 507,
}


@head("/lines/{line:str}/media/{sha256:str}", opt=needs(Permission.UPLOAD_MEDIA), sync_to_thread=True)
def show_progress(line: FromPath[str], sha256: Sha256, centre: TheCentre) -> Response[None]:
    """How much of a file is here."""
    _check_line(centre, line)
    return Response(None, headers=_headers(centre.media.progress(sha256)))


@patch(
    "/lines/{line:str}/media/{sha256:str}",
    opt=needs(Permission.UPLOAD_MEDIA),
    status_code=204,
    request_max_body_size=LARGEST_PIECE,
)
async def receive_piece(
    line: FromPath[str],
    sha256: Sha256,
    centre: TheCentre,
    request: Request[Principal, None, State],
    offset: Annotated[int, HeaderParameter(name="Upload-Offset", ge=0)],
    length: Annotated[int, HeaderParameter(name="Upload-Length", ge=0)],
) -> Response[None]:
    """The next bytes of a file. What came before a connection broke is kept; a whole file is durable."""
    _check_line(centre, line)
    try:
        receiving = await asyncio.to_thread(centre.media.receive, sha256, offset, length)
        progress = await _received(request, receiving)
    except MediaError as error:
        present = await asyncio.to_thread(centre.media.progress, sha256)
        status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
        _log.info("upload_refused", line=line, kind=type(error).__name__, offset=offset)
        raise HTTPException(status_code=status, detail=str(error), headers=_headers(present)) from error
    if progress.complete:
        _log.info("upload_completed", line=line, sha256=sha256, size=length)
        centre.hub.uploaded(sha256)
        await asyncio.to_thread(centre.officer_reports.uploaded, sha256)
    return Response(None, headers=_headers(progress))


async def _received(request: Request[Principal, None, State], receiving: Receiving) -> Progress:
    """Write the body as it comes, also what came before it broke off."""
    waiting = bytearray()
    try:
        try:
            async for piece in request.stream():
                waiting += piece
                if len(waiting) >= _WRITTEN_AT:
                    await asyncio.to_thread(receiving.write, bytes(waiting))
                    waiting.clear()
        finally:
            if waiting:
                await asyncio.to_thread(receiving.write, bytes(waiting))
        return await asyncio.to_thread(receiving.finish)
    finally:
        await asyncio.to_thread(receiving.close)


def _check_line(centre: Centre, line: str) -> None:
    if line not in {each.id for each in centre.site.lines}:
        raise NotFoundException("this site has no such line")


def _headers(progress: Progress) -> dict[str, str]:
    return {
        "Upload-Offset": str(progress.offset),
        "Upload-Complete": "?1" if progress.complete else "?0",
    }
