"""The media store in a folder of this machine.

    ab/abcd…          whole files, by hash; the first two digits keep folders small
    parts/abcd…       what has come so far of a file
    damaged/abcd…     what is no longer what it was: for a person to look at

A part is locked (flock) while it is written, also against other processes. It becomes a file by a rename,
after its hash was found right and its bytes are on the disk.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path

import structlog

from central.media_store import (
    BusyError,
    DamagedError,
    DiskShortError,
    HashDiffersError,
    NotHereError,
    Progress,
    Receiving,
    TooLargeError,
    WrongOffsetError,
)

_log = structlog.get_logger(__name__)

LARGEST = 2 << 30
LEAST_FREE = 512 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class MediaFolder:
    """Args: `largest` bytes of one file; `least_free` bytes of disk that stay free whatever comes."""

    def __init__(self, root: Path, *, largest: int = LARGEST, least_free: int = LEAST_FREE) -> None:
        self._root = root
        self._largest = largest
        self._least_free = least_free
        self._parts = root / "parts"
        for folder in (root, self._parts):
            folder.mkdir(exist_ok=True, mode=0o700)

    def has(self, sha256: str) -> bool:
        """Whether the whole file is here."""
        return self._path(sha256).exists()

    def progress(self, sha256: str) -> Progress:
        """How much is here; a part that lacks nothing but its end (the centre was killed) is finished."""
        part = self._parts / sha256
        try:
            with _lock(part) as file:
                if _digest(file) == sha256:
                    self._settle(file, part, sha256)
        except (FileNotFoundError, BusyError):
            pass
        for path, complete in ((self._path(sha256), True), (part, False)):
            if path.exists():
                return Progress(offset=path.stat().st_size, complete=complete)
        return Progress(offset=0, complete=False)

    def receive(self, sha256: str, offset: int, length: int) -> Receiving:
        """Take bytes from `offset` on; see `MediaStore`."""
        if not 0 < length <= self._largest:
            raise TooLargeError(f"a file has from 1 to {self._largest} bytes")
        file = self._path(sha256)
        if file.exists():
            raise WrongOffsetError(file.stat().st_size)
        free = shutil.disk_usage(self._root).free
        if free - (length - offset) < self._least_free:
            raise DiskShortError("the disk of the centre is nearly full")
        part = self._parts / sha256
        return _ReceivingPart(self, part, sha256, offset, length)

    def keep(self, content: bytes) -> str:
        """Store a whole file made here."""
        sha256 = hashlib.sha256(content).hexdigest()
        if self.has(sha256):
            return sha256
        (self._parts / sha256).unlink(missing_ok=True)
        receiving = self.receive(sha256, 0, len(content))
        try:
            receiving.write(content)
            receiving.finish()
        finally:
            receiving.close()
        return sha256

    @contextmanager
    def opened(self, sha256: str) -> Generator[Path]:
        """The whole file, its hash checked."""
        path = self._path(sha256)
        try:
            with path.open("rb") as file:
                intact = _digest(file) == sha256
        except FileNotFoundError as error:
            raise NotHereError("this file has not been uploaded") from error
        if not intact:
            aside = self._root / "damaged"
            aside.mkdir(exist_ok=True, mode=0o700)
            path.replace(aside / sha256)
            _log.error("media_damaged", sha256=sha256)
            raise DamagedError("this file is not what was uploaded; it was set aside")
        yield path

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256

    def _settle(self, file: FileIO, part: Path, sha256: str) -> None:
        """Make a part that is whole and right the file."""
        os.fsync(file.fileno())
        path = self._path(sha256)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        part.replace(path)
        for folder in (path.parent, self._root):
            _sync_folder(folder)

    def settle_or_drop(self, file: FileIO, part: Path, sha256: str) -> None:
        """The last byte has come: HashDiffersError if they are not the file, and nothing is left of them."""
        if _digest(file) != sha256:
            part.unlink()
            raise HashDiffersError("the bytes do not have this SHA-256; send them again from the start")
        self._settle(file, part, sha256)


class _ReceivingPart:
    """One request's bytes; holds the part's lock until closed."""

    def __init__(self, folder: MediaFolder, part: Path, sha256: str, offset: int, length: int) -> None:
        self._folder, self._part, self._sha256, self._length = folder, part, sha256, length
        part.touch(mode=0o600)
        self._file = _lock(part)
        self._offset = self._file.seek(0, os.SEEK_END)
        if self._offset != offset:
            self.close()
            raise WrongOffsetError(self._offset)

    def write(self, piece: bytes) -> None:
        """Append; TooLargeError beyond the announced length."""
        if self._offset + len(piece) > self._length:
            raise TooLargeError(f"more bytes than the {self._length} announced")
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise DiskShortError("the disk of the centre is full") from error
        self._offset += len(piece)

    def finish(self) -> Progress:
        """Complete the file if this was its end."""
        complete = self._offset == self._length
        if complete:
            self._folder.settle_or_drop(self._file, self._part, self._sha256)
        return Progress(offset=self._offset, complete=complete)

    def close(self) -> None:
        """Unlock."""
        self._file.close()


def _lock(part: Path) -> FileIO:
    """The part, unbuffered, ours alone until closed; BusyError if it is somebody else's now."""
    file = FileIO(part, "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it before may have completed, and thereby renamed, the file we opened.
        if not part.exists() or not os.path.samestat(os.fstat(file.fileno()), part.stat()):
            raise BlockingIOError
    except BlockingIOError as error:
        file.close()
        raise BusyError("this file is being sent by another request") from error
    except BaseException:
        file.close()
        raise
    return file


def _digest(file: FileIO | BufferedReader) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
