"""The clearance list over HTTP: fetched whole, checked against its SHA-256, read in a thread."""

import hashlib
import http.client
import urllib.request

import msgspec

from edge.ending import in_thread
from edge.interfaces import FetchError
from edge.messages import ClearanceSnapshot

_TIMEOUT_S = 30


class HttpClearance:
    """Satisfies `edge.interfaces.ClearanceSource`.

    Args:
        url: of the line's list at the centre.
        token: the edge's bearer token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    async def fetch(self) -> ClearanceSnapshot:
        """The centre's list as it is now."""
        return await in_thread("clearance fetch", self._fetch)

    def _fetch(self) -> ClearanceSnapshot:
        request = urllib.request.Request(  # noqa: S310  the scheme is the site file's
            self._url, headers={"Authorization": f"Bearer {self._token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                content: bytes = answer.read()
                expected = str(answer.headers.get("ETag", "")).strip('"')
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(f"{self._url}: {error}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise FetchError(f"{self._url}: SHA-256 {found[:12]}…, the ETag says {expected[:12]}…")
        try:
            return msgspec.json.decode(content, type=ClearanceSnapshot)
        except msgspec.MsgspecError as error:
            raise FetchError(f"{self._url}: not a clearance list: {error}") from error
