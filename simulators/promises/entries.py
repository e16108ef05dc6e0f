"""Promises 4 and 5 in the books: each trip in one record or one gap, once, with the lane as it really was."""

from collections.abc import Iterator

from simulators.promises.database import GapRow, NewPassage
from simulators.promises.findings import Tallies, TripKey, Violation
from simulators.promises.ledger import Entry, Ledger

MOST_IN_A_GAP = 100_000  # ids; more is no gap of this run


def enter_passage(new: NewPassage, ledger: Ledger, tallies: Tallies, at_s: float) -> Iterator[Violation]:
    """A passage's first row came to the centre."""
    key, entry = new.key, ledger.entry(new.key)
    if not entry & Entry.BEGAN:
        yield _of(key, 4, "has a record but never took place", at_s)
    if entry & Entry.RECORDED:
        yield _of(key, 5, f"has a second record, {new.passage_id}", at_s)
    elif ledger.in_gap(key):
        yield _of(key, 4, "has a record and lies in a gap record as well", at_s)
    ledger.note(key, Entry.RECORDED)
    tallies.recorded += 1


def enter_gap(gap: GapRow, ledger: Ledger, tallies: Tallies, at_s: float) -> Iterator[Violation]:
    """A gap record came to the centre."""
    if gap.last < gap.first:
        ledger.open_gap(gap.epoch, gap.first)
        return
    if gap.last - gap.first >= MOST_IN_A_GAP:
        yield Violation(4, f"a gap record spans {gap.last - gap.first + 1} trips", at_s, None, gap.epoch)
        return
    for tracking_id in range(gap.first, gap.last + 1):
        key = (gap.epoch, tracking_id)
        entry = ledger.entry(key)
        if not entry & Entry.BEGAN:
            yield _of(key, 4, "lies in a gap record but never took place", at_s)
        if entry & Entry.RECORDED:
            yield _of(key, 4, "lies in a gap record and has a record as well", at_s)
        if entry & Entry.IN_GAP:
            yield _of(key, 5, "lies in two gap records", at_s)
        ledger.note(key, Entry.IN_GAP)
        tallies.in_gaps += 1


def compare_lane(
    key: TripKey, closed: bool, lane: int | None, ledger: Ledger, at_s: float
) -> Iterator[Violation]:
    """A row at the end of a run against the lane in which the trip ended."""
    ended_in = ledger.entry(key) & Entry.LANE
    if not ended_in:
        return
    if not closed:
        yield _of(key, 4, f"ended in lane {ended_in}, and its record is still open", at_s)
    elif lane not in (None, ended_in):
        yield _of(key, 4, f"lies in lane {ended_in}; its record says lane {lane}", at_s)


def _of(key: TripKey, promise: int, sentence: str, at_s: float) -> Violation:
    return Violation(promise, sentence, at_s, None, *key)
