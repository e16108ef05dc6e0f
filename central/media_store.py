"""What a store of uploaded files is: each under the SHA-256 of its bytes, whole or in part."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec import Struct


class Progress(Struct, frozen=True):
    """How much of a file is here."""

    offset: int  # bytes
    complete: bool


# MediaError
# ├─ WrongOffsetError   the next bytes are wanted from another place
# ├─ BusyError          somebody else is sending the same file now
# ├─ HashDiffersError   all bytes came, and they are not the file: they were dropped
# ├─ TooLargeError      longer than a file may be, or than it said it would be
# ├─ DiskShortError     no room is left
# ├─ NotHereError       not, or not wholly, here
# └─ DamagedError       what lies here is no longer what was sent: it was set aside
class MediaError(Exception):
    """A file cannot be taken or given."""


class WrongOffsetError(MediaError):
    """`offset` is where the next byte belongs."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"expected the bytes from {offset} on")
        self.offset = offset


class BusyError(MediaError):
    """Somebody else is sending the same file."""


class HashDiffersError(MediaError):
    """The whole file does not have its hash."""


class TooLargeError(MediaError):
    """Longer than allowed or announced."""


class DiskShortError(MediaError):
    """There is no room for it."""


class NotHereError(MediaError):
    """The file is not here."""


class DamagedError(MediaError):
    """The file has changed since it was stored."""


class Receiving(Protocol):
    """The bytes of one request on their way into a part; blocking, for a worker thread."""

    def write(self, piece: bytes) -> None: ...  # noqa: D102
    def finish(self) -> Progress:
        """All bytes of this request are written; if it was the last, the file is durable now."""
        ...

    def close(self) -> None:
        """Let go of the part, keeping what came; may be called twice."""
        ...


class MediaStore(Protocol):
    """Keeps files; a folder here, an object store when scaled."""

    def has(self, sha256: str) -> bool:
        """Whether the whole file is here; quick."""
        ...

    def progress(self, sha256: str) -> Progress:
        """How much is here, for whoever sends the rest."""
        ...

    def receive(self, sha256: str, offset: int, length: int) -> Receiving:
        """Take bytes from `offset` on of a file of `length`; nobody else can until it is closed."""
        ...

    def keep(self, content: bytes) -> str:
        """Store a whole file, durably; its SHA-256."""
        ...

    def opened(self, sha256: str) -> AbstractContextManager[Path]:
        """A local path to the whole file, its hash checked just now."""
        ...
