"""The plant's own record of what really happened, apart from anything the site under test says: JSON lines.

Times are seconds of the plant's clock (`at_s`) and milliseconds of the controller's (`time_ms`). No label,
number or name is in it: a parcel is its place in the stream.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from config.settings import LaneRole
from simulators.categories import Category
from simulators.truth_of_items import (
    CutoffPassed,
    DecisionDue,
    Disturbed,
    ImageReviewed,
    LabelSent,
    LaneAccepted,
    OfStray,
    OfTrip,
    ScanSent,
    StrayEnded,
    StrayLaid,
    TripBegan,
    TripBroken,
    TripEnded,
    Unscanned,
    WeightSent,
)
from simulators.truth_of_site import (
    FaultTook,
    LineCleared,
    OfficerAnswered,
    OfSite,
    PaperChanged,
    PaperHeard,
    ProcessBegan,
    ProcessDied,
)

__all__ = [
    "CutoffPassed",
    "DecisionDue",
    "Disturbed",
    "FaultTook",
    "ImageReviewed",
    "LabelSent",
    "LaneAccepted",
    "LineCleared",
    "OfSite",
    "OfStray",
    "OfTrip",
    "OfficerAnswered",
    "PaperChanged",
    "PaperHeard",
    "ParcelMade",
    "ProcessBegan",
    "ProcessDied",
    "RunStarted",
    "ScanSent",
    "StrayEnded",
    "StrayLaid",
    "TripBegan",
    "TripBroken",
    "TripEnded",
    "Truth",
    "TruthLog",
    "Unscanned",
    "WeightSent",
    "read",
]


class RunStarted(Struct, frozen=True, tag="run"):
    """A plant began; `started_at` is ISO 8601, UTC."""

    site: str
    line: str
    seed: int
    parcels: int | None
    started_at: str
    energies: tuple[str, ...] = ()  # of one scan of the CT scanner; empty: there is none


class ParcelMade(Struct, frozen=True, tag="parcel"):
    """A parcel stood at the infeed: what it is and where it belongs."""

    number: int
    category: Category
    right: LaneRole
    courier: str
    destination: str
    weight_g: int
    length_mm: int
    copy_of: int | None


Truth = RunStarted | ParcelMade | TripBegan | OfTrip | OfStray | OfSite

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Truth)


class TruthLog:
    """Appends truth to a file; every batch is flushed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def write(self, records: Iterable[Truth]) -> None:
        """Append records, one line each."""
        lines = b"".join(_encoder.encode(record) + b"\n" for record in records)
        if lines:
            self._file.write(lines)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read(path: Path) -> Iterator[Truth]:
    """The records of a truth log; a last line cut off by a kill is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _decoder.decode(line)
