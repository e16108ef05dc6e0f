"""What a trial's processes note down, one JSON line each, all on the machine's one monotonic clock."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec
from msgspec import Struct

_T = TypeVar("_T")


class What(StrEnum):
    """What happened at the controller."""

    LISTENING = "listening"  # its Modbus server takes connections
    OPENED = "opened"  # induction opened: the agent's heartbeat is there
    CLOSED = "closed"  # induction closed: it stays away
    INDUCTED = "inducted"
    DUE = "due"  # the event of the deciding eye stands in the ring
    COMMANDED = "commanded"  # a lane command for the item was written; lane
    ACCEPTED = "accepted"  # the controller took it; lane
    REFUSED = "refused"  # it did not; detail: the outcome
    LATCHED = "latched"  # the release cut-off passed; lane
    SCANNED = "scanned"  # the last byte of an object of the item's image left; detail: 1 if it was taken
    DIVERTED = "diverted"  # the event of the item's lane stands in the ring; lane
    EMPTY = "empty"  # feeding has ended and the belt is empty; detail: milliseconds of belt time lost


class Mark(Struct, frozen=True, omit_defaults=True):
    """One thing at the controller."""

    what: What
    at_s: float
    tracking_id: int = 0
    lane: int = 0
    detail: int = 0


class Heard(Struct, frozen=True, omit_defaults=True):
    """One record at the broker. `first` to `last`: tracking ids it accounts for, none for other records.

    `judged`: the item a verdict is about; `reasons`: why it is not released, none if it is; `outcome`: of its
    scan, a doubt or what the review came to; `reviewed`, `took_ms`: whether there is a review, and its time.
    `filed`: the item a file is about; `file`: its kind and part.
    """

    at_s: float
    envelope_id: str
    type: str
    first: int = 0
    last: int = 0
    judged: int = 0
    reasons: tuple[str, ...] = ()
    outcome: str = ""
    reviewed: bool = False
    took_ms: int = 0
    filed: int = 0
    file: str = ""


class Stored(Struct, frozen=True):
    """The scanner handed one image to the receiver: from asking for the association to the last success."""

    at_s: float
    took_ms: float
    taken: bool  # all its objects


class Writer:
    """Appends to a file, flushed when told."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._encoder = msgspec.json.Encoder()

    def write(self, noted: Mark | Heard | Stored) -> None:
        """Append one line."""
        self._file.write(self._encoder.encode(noted) + b"\n")

    def flush(self) -> None:
        """Let readers see what was written."""
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class Reader(Generic[_T]):
    """Reads a growing file; `all` holds everything read so far."""

    def __init__(self, path: Path, kind: type[_T]) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(kind)
        self._offset = 0
        self.all: list[_T] = []

    def read(self) -> list[_T]:
        """Read what has come, and return everything."""
        self.all.extend(self._new())
        return self.all

    def _new(self) -> Iterator[_T]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if line.endswith(b"\n"):
                    self._offset += len(line)
                    yield self._decoder.decode(line)
