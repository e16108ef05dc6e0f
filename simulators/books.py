"""Whether the centre's books add up: each trip in one record or one gap, and the lane as it really was."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.fates import Run, TripKey
from simulators.records import Records


@dataclass(frozen=True)
class Books:
    """The trips whose entries are wrong, by what is wrong with them."""

    recorded: int
    lost: Sequence[TripKey]
    duplicated: Sequence[TripKey]
    phantoms: Sequence[TripKey]  # recorded, never took place
    open: Sequence[TripKey]  # ended in a lane, the record still open
    misrecorded: Sequence[TripKey]  # the record names another lane

    def failures(self) -> tuple[str, ...]:
        """A sentence for each kind of wrong entry."""
        complaints = (
            (self.lost, "have neither a record nor a gap"),
            (self.duplicated, "have more than one record"),
            (self.phantoms, "have a record but never took place"),
            (self.open, "ended in a lane but their records are still open"),
            (self.misrecorded, "lie in another lane than their records say"),
        )
        return tuple(
            f"{len(keys)} trips {complaint}, the first epoch {keys[0][0]} id {keys[0][1]}"
            for keys, complaint in complaints
            if keys
        )


def audit(run: Run, records: Records) -> Books:
    """Compare a run's trips with the centre's entries."""
    entries = {key: records.passages[key] + records.gap_count(key) for key in run.trips}
    epochs = {epoch for epoch, _ in run.trips}
    ended = {key: trip.end for key, trip in run.trips.items() if trip.end and records.passages[key]}
    return Books(
        recorded=sum(1 for key in run.trips if records.passages[key]),
        lost=[key for key, count in entries.items() if count == 0],
        duplicated=[key for key, count in entries.items() if count > 1],
        phantoms=[key for key in records.passages if key[0] in epochs and key not in run.trips],
        open=[key for key in ended if key not in records.closed],
        misrecorded=[
            key for key, end in ended.items() if key in records.closed and records.lanes[key] != end.lane
        ],
    )
