"""Brings wanted evidence to the centre over HTTP: resumable, by content hash, one file at a time.

    HEAD  …/media/SHA256   how much the centre has (Upload-Offset), and whether that is all (Upload-Complete)
    PATCH …/media/SHA256   the next part, at Upload-Offset of Upload-Length

Nothing rests on the connection: after any failure the centre is asked again how far it is.
"""

import asyncio
import http.client
import urllib.error
import urllib.request
from functools import partial
from typing import Protocol

import structlog

from edge.ending import in_thread
from edge.evidence import Evidence, Waiting
from edge.worker_thread import WorkerThread

_PART_BYTES = 2 << 20
_IDLE_S = 0.3
_RETRY_S = (1.0, 2.0, 5.0, 10.0)
_TIMEOUT_S = 20
_log = structlog.get_logger(__name__)


class UploadError(Exception):
    """The centre did not take a file, or not whole; the message says why."""


class MediaCentre(Protocol):
    """The centre's side: both raise UploadError."""

    def offset(self, sha256: str) -> tuple[int, bool]: ...  # noqa: D102  bytes it has, and whether that is all
    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int: ...  # noqa: D102  the new offset


class HttpMedia:
    """The centre over HTTP.

    Args:
        url: of the line's media at the centre, without a slash at its end.
        token: the edge's bearer token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def offset(self, sha256: str) -> tuple[int, bool]:
        """How much of a file the centre has, and whether that is all."""
        headers = self._ask("HEAD", sha256, {}, None)
        return int(headers.get("Upload-Offset") or 0), headers.get("Upload-Complete") == "?1"

    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int:
        """Send a part; returns how much the centre has then."""
        told = {
            "Upload-Offset": str(offset),
            "Upload-Length": str(length),
            "Content-Type": "application/offset+octet-stream",
        }
        return int(self._ask("PATCH", sha256, told, part).get("Upload-Offset") or 0)

    def _ask(
        self, method: str, sha256: str, headers: dict[str, str], body: bytes | None
    ) -> http.client.HTTPMessage:
        request = urllib.request.Request(  # noqa: S310  the scheme is the site file's
            f"{self._url}/{sha256}",
            data=body,
            headers={"Authorization": f"Bearer {self._token}", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                found: http.client.HTTPMessage = answer.headers
                return found
        except urllib.error.HTTPError as error:
            error.close()
            raise UploadError(f"{method}: the centre answered {error.code}") from error
        except (OSError, http.client.HTTPException) as error:
            raise UploadError(f"{method}: {error}") from error


class Uploads:
    """Uploads what is wanted, until cancelled.

    Args:
        evidence: says what is wanted, and holds it.
        worker: asks it, in its thread.
        centre: where it goes.
    """

    def __init__(self, evidence: Evidence, worker: WorkerThread, centre: MediaCentre) -> None:
        self._evidence, self._worker, self._centre = evidence, worker, centre
        self._failures = 0

    async def run(self) -> None:
        """One file after another; after a failure later again."""
        while True:
            waiting = await self._worker.ask(self._evidence.next_waiting) if self._evidence.waiting else None
            if waiting is None:
                await asyncio.sleep(_IDLE_S)
                continue
            try:
                await self._bring(waiting)
            except (UploadError, OSError, ValueError) as error:
                self._failures += 1
                if self._failures == 1:
                    _log.warning("upload_failed", sha256=waiting.sha256[:12], problem=str(error))
                await asyncio.sleep(_RETRY_S[min(self._failures, len(_RETRY_S)) - 1])
            else:
                if self._failures:
                    _log.info("uploads_recovered", after=self._failures)
                self._failures = 0

    async def _bring(self, waiting: Waiting) -> None:
        sha256 = waiting.sha256
        offset, complete = await in_thread("upload", lambda: self._centre.offset(sha256))
        while not complete:
            if offset >= waiting.size:
                raise UploadError("the centre has all of it and does not call it complete")
            at = offset
            offset = await in_thread("upload", partial(self._send, waiting, at))
            if offset <= at:
                raise UploadError("the centre took nothing")
            complete = offset == waiting.size
        await self._worker.ask(lambda: self._evidence.uploaded(sha256))

    def _send(self, waiting: Waiting, offset: int) -> int:
        path = self._evidence.store.find(waiting.sha256) or waiting.path
        with path.open("rb") as file:
            file.seek(offset)
            part = file.read(_PART_BYTES)
        return self._centre.send(waiting.sha256, offset, waiting.size, part)
