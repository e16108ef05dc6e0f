"""What must be known of every trip and parcel of a run to its end, in a byte of memory or less each."""

from collections.abc import Iterator
from enum import IntEnum

from simulators.promises.findings import TripKey


class Entry(IntEnum):
    """The bits of what is known of a trip; the low five hold the lane in which it ended, 0 for none."""

    NONE = 0
    LANE = 0x1F
    BEGAN = 0x20  # the controller gave that id out
    RECORDED = 0x40  # the centre has a record of it
    IN_GAP = 0x80  # it lies in a gap record


class Ledger:
    """One byte for each tracking id the controller gave out; ids count from 1 in each epoch."""

    def __init__(self) -> None:
        self._epochs: dict[int, bytearray] = {}
        self._open_gaps: dict[int, int] = {}  # epoch → first id of a gap whose end is not known

    def entry(self, key: TripKey) -> int:
        """What is known of a trip."""
        entries = self._epochs.get(key[0])
        return entries[key[1]] if entries is not None and 0 <= key[1] < len(entries) else 0

    def note(self, key: TripKey, flag: int) -> None:
        """Add a flag, or the lane it ended in."""
        entries = self._epochs.get(key[0])
        if entries is None:
            entries = self._epochs[key[0]] = bytearray(64)
        if key[1] >= len(entries):
            entries.extend(bytes(max(key[1] + 1 - len(entries), len(entries) // 8)))
        entries[key[1]] |= flag

    def open_gap(self, epoch: int, first: int) -> None:
        """From that id on nothing is known of what the epoch inducted."""
        self._open_gaps[epoch] = min(first, self._open_gaps.get(epoch, first))

    def in_gap(self, key: TripKey) -> bool:
        """Whether a gap accounts for it."""
        first = self._open_gaps.get(key[0])
        return bool(self.entry(key) & Entry.IN_GAP) or (first is not None and key[1] >= first)

    def unaccounted(self) -> Iterator[TripKey]:
        """Trips that ended in a lane and are neither recorded nor in a gap."""
        for epoch, entries in self._epochs.items():
            for tracking_id, entry in enumerate(entries):
                if (
                    entry & Entry.LANE
                    and not entry & Entry.RECORDED
                    and not self.in_gap((epoch, tracking_id))
                ):
                    yield epoch, tracking_id


class Marks:
    """A set of small numbers, a bit each."""

    def __init__(self) -> None:
        self._bits = bytearray(64)

    def __contains__(self, number: int) -> bool:
        """Whether it was added."""
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)

    def add(self, number: int) -> None:
        """Keep a number, 0 or greater."""
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits) // 8)))
        self._bits[place] |= 1 << (number & 7)
