"""Evidence on disk, found by what it is: files named by their SHA-256, in folders named by why they are kept.

    ROOT/clear/SHA256             nothing found: the oldest go when room is needed
    ROOT/flagged/SHA256           to be looked at: stays until the centre has it
    ROOT/flagged/uploaded/SHA256  the centre has it: goes when room is needed and no clear one is left
    ROOT/case/SHA256              belongs to a case: never removed
    ROOT/partial/                 being written; what a killed process left there is swept

Several processes use one root at a time. There is no index: a file's folder says its class, and every change
is one rename. A file is durable (itself and its folder synced) before its hash is returned.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

_YOUNG_S = 120.0  # a clear file may still be under review: it is not rolled
_ABANDONED_S = 3600.0  # nothing takes so long to write
_ROLL_TO = 0.95  # of the budget, so that not every new file has to look for room
_LOOK_AGAIN = 0.02  # of the budget: after so much of our own, count what the others have added
_TRIES = 3  # another process may have renamed it meanwhile
_BLOCK = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class EvidenceClass(StrEnum):
    """Why a file is kept."""

    CLEAR = "clear"
    FLAGGED = "flagged"
    CASE = "case"


_UPLOADED = "flagged/uploaded"
_ROLLED = (EvidenceClass.CLEAR, _UPLOADED)  # in this order
_KEPT = (EvidenceClass.FLAGGED, EvidenceClass.CASE)
_FOLDERS = (EvidenceClass.CLEAR, EvidenceClass.FLAGGED, _UPLOADED, EvidenceClass.CASE)  # as files move


class Usage(Struct, frozen=True):
    """Bytes on disk: of files that may be rolled, of those that may not, and what the disk has left."""

    rollable: int
    kept: int
    free: int


class _File(Struct, frozen=True):
    name: str
    path: str
    size: int
    stored_s: float


class EvidenceStore:
    """The evidence of one line.

    Args:
        root: its folder; made if need be.
        budget_bytes: for all its files together.
        least_free_bytes: of the disk, to be left alone.
        wall: wall-clock seconds; a file's age is read from the disk, where monotonic time means nothing.
    """

    def __init__(
        self, root: Path, budget_bytes: int, least_free_bytes: int, wall: Callable[[], float]
    ) -> None:
        self._root = root
        self._budget = budget_bytes
        self._least_free = least_free_bytes
        self._wall = wall
        self._counted: int | None = None  # bytes of all files when last counted, and ours since
        self._since = 0
        self._places = tuple(f"{root / folder}{os.sep}" for folder in _FOLDERS)
        for folder in (*_FOLDERS, "partial"):
            (root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, content: bytes | Path, kind: EvidenceClass, sha256: str = "") -> str:
        """Store bytes, or a file, which is moved; returns the SHA-256, computed unless given.

        Content that is there already stays in its class. OSError if the disk does not take it.
        """
        sha256 = sha256 or (
            sha256_of(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()
        )
        if self._found(sha256) is None:
            size = self._write(content, self._root / kind / sha256)
            if self._counted is not None:
                self._counted += size
            self._since += size
        elif isinstance(content, Path):
            content.unlink(missing_ok=True)
        return sha256

    def find(self, sha256: str) -> Path | None:
        """Where the file of that hash lies now; another process may rename it at any time."""
        found = self._found(sha256)
        return None if found is None else Path(found)

    def classify(self, sha256: str, kind: EvidenceClass) -> Path | None:
        """Keep it as `kind` from now on, durably; returns where it lies now, None if it is not here."""
        return self._move(sha256, kind)

    def mark_uploaded(self, sha256: str) -> None:
        """The centre has it: if it is flagged it may be rolled from now on."""
        if (self._root / EvidenceClass.FLAGGED / sha256).is_file():
            self._move(sha256, _UPLOADED)

    def accepts(self, size: int, spare: Collection[str] = ()) -> bool:
        """Whether `size` more bytes fit into budget and disk, if need be after rolling what may go.

        Hashes in `spare` are not rolled.
        """
        if self._counted is None or self._since > _LOOK_AGAIN * self._budget:
            self.usage()
        if self._fits(size):
            return True
        self.roll(self._wall(), size, spare)
        return self._fits(size)

    def roll(self, now_s: float, size: int = 0, spare: Collection[str] = ()) -> int:
        """Remove the oldest files that may go until `size` more bytes fit; returns the bytes removed.

        Clear ones go first, then flagged ones that were uploaded; never a clear one of the last two minutes,
        nor one whose hash is in `spare`. `now_s` is wall-clock time.
        """
        self._sweep(now_s)
        usage = self.usage()
        excess = usage.rollable + usage.kept + size - self._budget
        wanted = max(
            excess + int((1 - _ROLL_TO) * self._budget) if excess > 0 else 0,
            self._least_free + size - usage.free,
        )
        removed = 0
        for folder in _ROLLED if wanted > 0 else ():
            for file in sorted(self._files(folder), key=lambda file: file.stored_s):
                if removed >= wanted:
                    break
                young = folder == EvidenceClass.CLEAR and 0 <= now_s - file.stored_s < _YOUNG_S
                if not young and file.name not in spare:
                    Path(file.path).unlink(missing_ok=True)
                    removed += file.size
        self._counted = usage.rollable + usage.kept - removed
        return removed

    def usage(self) -> Usage:
        """What lies here, counted afresh."""
        rollable, kept = (
            sum(file.size for folder in folders for file in self._files(folder))
            for folders in (_ROLLED, _KEPT)
        )
        self._counted, self._since = rollable + kept, 0
        return Usage(rollable, kept, self._free())

    def _found(self, sha256: str) -> str | None:
        """Its path; as text, since this is asked about every file and most are new."""
        for _ in range(_TRIES):
            for place in self._places:
                if os.access(path := place + sha256, os.F_OK):
                    return path
        return None

    def _fits(self, size: int) -> bool:
        return (self._counted or 0) + size <= self._budget and self._free() - size >= self._least_free

    def _free(self) -> int:
        return shutil.disk_usage(self._root).free

    def _write(self, content: bytes | Path, target: Path) -> int:
        """How many bytes; the file has its name only when it is whole and on the disk."""
        stored_s = self._wall()
        if isinstance(content, Path) and content.stat().st_dev == self._root.stat().st_dev:
            os.utime(content, (stored_s, stored_s))
            sync(content)
            content.rename(target)
            size = target.stat().st_size
        else:
            size = self._write_anew(content, target, stored_s)
            if isinstance(content, Path):
                content.unlink(missing_ok=True)
        sync(target.parent)
        return size

    def _write_anew(self, content: bytes | Path, target: Path, stored_s: float) -> int:
        partial = f"{self._root}/partial/{os.urandom(8).hex()}"
        try:
            with open(os.open(partial, _NEW, 0o600), "wb") as written:  # noqa: PTH123  by its descriptor
                if isinstance(content, Path):
                    with content.open("rb") as read:
                        shutil.copyfileobj(read, written, _BLOCK)
                else:
                    written.write(content)
                size = written.tell()
                written.flush()
                os.fsync(written.fileno())
                os.utime(written.fileno(), (stored_s, stored_s))
            os.rename(partial, target)  # noqa: PTH104
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return size

    def _move(self, sha256: str, folder: str) -> Path | None:
        target = self._root / folder / sha256
        for _ in range(_TRIES):
            path = self.find(sha256)
            if path is None or path == target:
                return path
            try:
                path.rename(target)
            except FileNotFoundError:  # another process was quicker
                continue
            sync(target.parent)
            sync(path.parent)
            return target
        return None

    def _files(self, folder: str) -> Iterator[_File]:
        with os.scandir(self._root / folder) as entries:
            for entry in entries:
                try:
                    if entry.is_file(follow_symlinks=False):
                        found = entry.stat(follow_symlinks=False)
                        yield _File(entry.name, entry.path, found.st_size, found.st_mtime)
                except FileNotFoundError:  # renamed or rolled meanwhile
                    continue

    def _sweep(self, now_s: float) -> None:
        for file in self._files("partial"):
            if now_s - file.stored_s > _ABANDONED_S:
                Path(file.path).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
