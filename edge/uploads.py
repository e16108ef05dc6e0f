"""Brings wanted evidence to the centre over HTTP: resumable, by content hash, one file at a time.

    HEAD  …/media/SHA256   how much the centre has (Upload-Offset), and whether that is all (Upload-Complete)
    PATCH …/media/SHA256   the next part, at Upload-Offset of Upload-Length

Nothing rests on the connection: after any failure the centre is asked again how far it is. A file that is
refused is set aside for a while, longer each time, and stops no other.
"""

import asyncio
import http.client
import urllib.error
import urllib.request
from functools import partial
from http import HTTPStatus

import structlog

from edge.evidence import Evidence, Waiting
from edge.interfaces import Aside, MediaCentre, Worker

_PART_BYTES = 2 << 20
_IDLE_S = 0.3
_RETRY_S = (1.0, 2.0, 5.0, 10.0)
_ASIDE_S = (30.0, 300.0, 3600.0)
_NOT_THE_FILES = frozenset({401, 403, 408, 429})  # statuses below 500 that say nothing of the file
_TIMEOUT_S = 20
_log = structlog.get_logger(__name__)


class UploadError(Exception):
    """The centre did not take a file; the message says why. `refused`: others may fare better."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


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
            refused = error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code not in _NOT_THE_FILES
            raise UploadError(f"{method}: the centre answered {error.code}", refused=refused) from error
        except (OSError, http.client.HTTPException) as error:
            raise UploadError(f"{method}: {error}") from error


class Uploads:
    """Uploads what is wanted, until cancelled.

    Args:
        evidence: says what is wanted, and holds it.
        worker: asks it, in its thread.
        centre: where it goes.
        aside: makes the calls to it.
    """

    def __init__(self, evidence: Evidence, worker: Worker, centre: MediaCentre, aside: Aside) -> None:
        self._evidence, self._worker, self._centre, self._apart = evidence, worker, centre, aside
        self._failures = 0
        self._aside: dict[str, tuple[int, float]] = {}  # by SHA-256: how often refused, and until when

    async def run(self) -> None:
        """One file after another; after a failure later again."""
        while True:
            waiting = await self._next() if self._evidence.waiting else None
            if waiting is None:
                await asyncio.sleep(_IDLE_S)
                continue
            try:
                await self._bring(waiting)
            except UploadError as error:
                if error.refused:
                    self._set_aside(waiting.sha256, error)
                else:
                    await self._pause(waiting.sha256, error)
            except (OSError, ValueError) as error:  # it cannot be read
                self._set_aside(waiting.sha256, error)
            else:
                self._aside.pop(waiting.sha256, None)
                if self._failures:
                    _log.info("uploads_recovered", after=self._failures)
                self._failures = 0

    async def _next(self) -> Waiting | None:
        now_s = asyncio.get_running_loop().time()
        aside = {sha256 for sha256, (_, until_s) in self._aside.items() if until_s > now_s}
        return await self._worker.ask(lambda: self._evidence.next_waiting(aside))

    def _set_aside(self, sha256: str, error: Exception) -> None:
        times, _ = self._aside.get(sha256, (0, 0.0))
        pause_s = _ASIDE_S[min(times, len(_ASIDE_S) - 1)]
        self._aside[sha256] = (times + 1, asyncio.get_running_loop().time() + pause_s)
        _log.warning("upload_refused", sha256=sha256[:12], problem=str(error), again_in_s=pause_s)

    async def _pause(self, sha256: str, error: Exception) -> None:
        self._failures += 1
        if self._failures == 1:
            _log.warning("upload_failed", sha256=sha256[:12], problem=str(error))
        await asyncio.sleep(_RETRY_S[min(self._failures, len(_RETRY_S)) - 1])

    async def _bring(self, waiting: Waiting) -> None:
        sha256 = waiting.sha256
        offset, complete = await self._apart("upload", lambda: self._centre.offset(sha256))
        while not complete:
            if offset >= waiting.size:
                raise UploadError("the centre has all of it and does not call it complete", refused=True)
            at = offset
            offset = await self._apart("upload", partial(self._send, waiting, at))
            if offset <= at:
                raise UploadError("the centre took nothing", refused=True)
            complete = offset == waiting.size
        await self._worker.ask(lambda: self._evidence.uploaded(sha256))

    def _send(self, waiting: Waiting, offset: int) -> int:
        path = self._evidence.store.find(waiting.sha256) or waiting.path
        with path.open("rb") as file:
            file.seek(offset)
            part = file.read(_PART_BYTES)
        return self._centre.send(waiting.sha256, offset, waiting.size, part)
