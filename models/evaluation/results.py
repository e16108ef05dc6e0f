"""What reviewers said of each parcel, kept line by line, so that a broken-off run is gone on with."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from models.findings import Review


class Key(NamedTuple):
    """What is asked once."""

    set: str  # generator and seed
    reviewer: str  # name, version and model
    parcel: int
    odd: str  # how the parcel's volume was made odd; empty: as it is


class Looked(Struct, frozen=True):
    """One reviewer's look at one volume."""

    set: str
    reviewer: str
    parcel: int
    odd: str
    review: Review
    took_ms: float  # in review() alone, the volume in memory
    loading_ms: float
    peak_mb: float  # memory of the process so far
    clutter_per_cm2: float = 0.0

    @property
    def key(self) -> Key:
        """What it answers."""
        return Key(self.set, self.reviewer, self.parcel, self.odd)


class Results:
    """A file of looks, JSON lines; the first of a key counts. A last line that broke off is cut off.

    Args:
        path: need not be there yet.

    Raises:
        msgspec.DecodeError: a line in the middle is no look.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looks: dict[Key, Looked] = {}
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            path.write_bytes(whole)
        for line in whole.splitlines():
            self._take(msgspec.json.decode(line, type=Looked))

    def keep(self, looks: Iterable[Looked]) -> None:
        """Write looks down."""
        with self._path.open("ab") as file:
            for look in looks:
                file.write(msgspec.json.encode(look) + b"\n")
                self._take(look)

    def __contains__(self, key: Key) -> bool:
        return key in self._looks

    def __getitem__(self, key: Key) -> Looked:
        return self._looks[key]

    def _take(self, look: Looked) -> None:
        self._looks.setdefault(look.key, look)
