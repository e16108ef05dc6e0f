"""Whether the images of a run came in time, cleared nothing but their own parcels, and are on record."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.settings import Line
from simulators.fates import Fate, Run, Trip
from simulators.records import Records

MOST_PAST_CUTOFF = 0.01  # of the images sent in time may be reviewed too late
EVIDENCE_SHARE = 0.99  # of the passages no fault touched have all their files at the centre

_LATE_REASON = "image_pending"  # the last verdict's: no review had come
_LATE_DOUBTS = frozenset({"late", "missing"})


@dataclass(frozen=True)
class Imaging:
    """What became of a run's images."""

    to_lane_ms: Sequence[int]  # last byte of an image to the lane command accepted after it, sorted
    share_past_cutoff: float
    exceptions: dict[str, int]
    evidence_complete: float
    evidence_complete_untouched: float
    wrong_volume_cleared: Sequence[Fate]

    def failures(self) -> Iterator[str]:
        """A sentence for each broken promise."""
        if self.wrong_volume_cleared:
            numbers = ", ".join(str(fate.parcel.number) for fate in self.wrong_volume_cleared[:5])
            yield (
                f"{len(self.wrong_volume_cleared)} parcels were released without a sound image of their own, "
                f"the first {numbers}"
            )
        if self.share_past_cutoff > MOST_PAST_CUTOFF:
            yield (
                f"{self.share_past_cutoff:.1%} of the images sent in time were reviewed past the cut-off, "
                f"{MOST_PAST_CUTOFF:.0%} are allowed"
            )
        if self.evidence_complete_untouched < EVIDENCE_SHARE:
            yield (
                f"volume, still and clip of {self.evidence_complete_untouched:.1%} of the passages "
                f"are recorded, {EVIDENCE_SHARE:.0%} are required"
            )


def examine(run: Run, records: Records, line: Line) -> Imaging:
    """Compare what scanner and cameras saw in a run with what the centre recorded of it."""
    energies = run.started.energies
    images = {trip.key: trip.image_ms(energies) for trip in run.trips.values()} if line.ct else {}
    in_time = [key for key, sent_ms in images.items() if sent_ms is not None and records.passages[key]]
    past = [key for key in in_time if _came_too_late(records, key)]
    ended = [trip for trip in run.trips.values() if trip.end]
    return Imaging(
        to_lane_ms=sorted(_to_lane_ms(run, images)),
        share_past_cutoff=len(past) / len(in_time) if in_time else 0.0,
        exceptions=_exceptions(run, records),
        evidence_complete=_complete(ended, records, line),
        evidence_complete_untouched=_complete([trip for trip in ended if not trip.touched], records, line),
        wrong_volume_cleared=[
            fate
            for fate in run.fates.values()
            if line.ct and fate.released and images[fate.trips[-1].key] is None
        ],
    )


def _came_too_late(records: Records, key: tuple[int, int]) -> bool:
    pending = _LATE_REASON in records.reasons.get(key, ())
    return pending or not _LATE_DOUBTS.isdisjoint(records.scan_doubts.get(key, ()))


def _to_lane_ms(run: Run, images: dict[tuple[int, int], int | None]) -> Iterator[int]:
    for key, sent_ms in images.items():
        if sent_ms is None:
            continue
        after_ms = (accepted_ms for accepted_ms in run.trips[key].accepted_ms if accepted_ms >= sent_ms)
        if (first_ms := next(after_ms, None)) is not None:
            yield first_ms - sent_ms


def _exceptions(run: Run, records: Records) -> dict[str, int]:
    """By kind: what reviews and correlation said of the passages of this run."""
    counts = Counter(kind for key, kind in records.image_exceptions.items() if key in run.trips)
    counts.update(doubt for key in run.trips for doubt in records.scan_doubts.get(key, ()))
    return dict(counts)


def _complete(trips: Sequence[Trip], records: Records, line: Line) -> float:
    """The share of those trips of which there is something to keep and all of it is recorded."""
    filmed = {"still", "clip"} if line.cameras else set[str]()
    complete = total = 0
    for trip in trips:
        scanned = any(sent.delivered and sent.own_id and sent.whole for sent in trip.scanned)
        expected = filmed | ({"volume"} if scanned else set[str]())
        total += bool(expected)
        complete += bool(expected) and expected <= records.media.get(trip.key, set())
    return complete / total if total else 1.0
