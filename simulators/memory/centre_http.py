"""What a line asks of the centre over HTTP, in memory: the whole clearance list, and where its files go."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec

from central.clearance_log import Snapshot
from edge.interfaces import FetchError
from edge.messages import ClearanceSnapshot
from edge.uploads import UploadError
from simulators.memory.fault_board import Fault, FaultBoard

_ANSWERS_S = (0.005, 0.05)
_TIMES_OUT_S = 10.0


class MemoryClearance:
    """Satisfies `edge.interfaces.ClearanceSource`.

    Args:
        snapshot: the centre's list; None while it is dead.
    """

    def __init__(self, snapshot: Callable[[], Snapshot | None], faults: FaultBoard, random: Random) -> None:
        self._snapshot, self._faults, self._random = snapshot, faults, random

    async def fetch(self) -> ClearanceSnapshot:
        """The centre's list as it is now; FetchError."""
        await asyncio.sleep(self._random.uniform(*_ANSWERS_S))
        if self._faults.lasts(Fault.LIST_NOT_FETCHED):
            await asyncio.sleep(_TIMES_OUT_S)
            raise FetchError("timed out")
        found = self._snapshot()
        if found is None:
            raise FetchError("connection refused")
        return msgspec.json.decode(found.body, type=ClearanceSnapshot)


class MemoryMedia:
    """Satisfies `edge.interfaces.MediaCentre`: offsets as of `central.media_folder`, the bytes only hashed.

    What came of a file outlives the centre, as files do; whole ones are noted in a database of their own.

    Args:
        alive: whether the centre answers.
    """

    def __init__(self, path: Path, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._parts: dict[str, bytes] = {}
        self._whole = sqlite3.connect(path, isolation_level=None)
        self._whole.execute("PRAGMA journal_mode=WAL").close()
        self._whole.execute("PRAGMA synchronous=OFF").close()
        self._whole.execute(
            "CREATE TABLE IF NOT EXISTS whole (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID"
        ).close()

    def close(self) -> None:
        """Close the file of whole ones."""
        self._whole.close()

    def has(self, sha256: str) -> bool:
        """Whether the whole file came."""
        return self._size(sha256) is not None

    def offset(self, sha256: str) -> tuple[int, bool]:
        """How much of a file came, and whether that is all; UploadError."""
        self._check_alive()
        size = self._size(sha256)
        return (len(self._parts.get(sha256, b"")), False) if size is None else (size, True)

    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int:
        """Take a part; how much came by then. UploadError: refused if it does not belong there."""
        self._check_alive()
        came = self._parts.get(sha256, b"")
        if self.has(sha256) or offset != len(came):
            raise UploadError("PATCH: the centre answered 409", refused=True)
        whole = came + part
        if len(whole) > length:
            raise UploadError("PATCH: the centre answered 413", refused=True)
        self._parts[sha256] = whole
        if len(whole) == length:
            del self._parts[sha256]
            if hashlib.sha256(whole).hexdigest() != sha256:
                raise UploadError("PATCH: the centre answered 422", refused=True)
            self._whole.execute("INSERT INTO whole VALUES (?, ?)", (sha256, length)).close()
        return len(whole)

    def _size(self, sha256: str) -> int | None:
        row = self._whole.execute("SELECT size FROM whole WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else int(row[0])

    def _check_alive(self) -> None:
        if not self._alive():
            raise UploadError("connection refused")
