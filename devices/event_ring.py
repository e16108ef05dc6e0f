"""Reads the controller's event ring without missing an event, or says which ones were overwritten unread.

    capacity 8, newest 19:   slot   0    1    2    3    4    5    6    7
                             event  17   18   19   12   13   14   15   16
                                               ^    ^
                                          newest    the controller may be writing 20 over 12 at this moment

An event is returned only if its slot held its number and, by the newest number read afterwards, could not
have been overwritten meanwhile. A slot with another number that was not overwritten is half written or half
read: reading stops before it and goes on at the next poll.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from devices.interfaces import Cursor, ItemEvent, ItemEventKind
from devices.profile import SorterProfile

MOST_EVENTS = 300  # in one look
_TRIES = 3
_KINDS = frozenset(ItemEventKind)


class Registers(Protocol):
    """Reads `count` holding registers from an address; raises DeviceError."""

    async def read(self, address: int, count: int) -> Sequence[int]:
        """The registers."""
        ...


class RingRead(Struct, frozen=True):
    """What one look at the ring brought."""

    events: tuple[ItemEvent, ...] = ()
    missed: tuple[int, int] | None = None  # first and last number overwritten unread; the events follow them
    unknown: tuple[int, ...] = ()  # kinds the contract does not have: their events are passed over


class EventRing:
    """The ring behind a link; keeps nothing but how far events of unknown kind were passed over."""

    def __init__(self, registers: Registers, profile: SorterProfile) -> None:
        self._registers = registers
        self._status = profile.status
        self._ring = profile.ring
        self._slots_per_read = profile.maximum_read // profile.ring.slot_length
        self._passed = (Cursor(), 0)  # a cursor, and the number up to which nothing known follows it

    async def read(self, after: Cursor, epoch: int, newest: int) -> RingRead:
        """Events of `epoch` after the cursor; all the ring holds if the cursor is of another epoch."""
        cursor = Cursor(epoch, after.sequence if after.epoch == epoch else 0)
        first = wanted = 1 + (self._passed[1] if self._passed[0] == cursor else cursor.sequence)
        for _ in range(_TRIES):
            first = max(first, self._oldest(newest))
            last = min(newest, first + MOST_EVENTS - 1)
            if first > last:
                break
            slots = await self._read_slots(first, last)
            epoch_now, newest_now = await self._read_newest()
            if epoch_now != epoch or newest_now < newest:  # rebooted, or a 32-bit number read in two halves
                break
            newest = newest_now
            overwritten, first = max(0, self._oldest(newest) - first), max(first, self._oldest(newest))
            if overwritten < len(slots):
                whole = list(self._whole(slots[overwritten:], first))
                return self._result(cursor, wanted, first, whole) if whole else RingRead()
        return RingRead()

    def _oldest(self, newest: int) -> int:
        """The oldest event that cannot be overwritten while `newest` is the newest."""
        return max(1, newest + 2 - self._ring.capacity)

    async def _read_newest(self) -> tuple[int, int]:
        block = await self._registers.read(self._status.base, self._status.length)
        fields = self._status.fields
        return fields.epoch.read(block), fields.newest_sequence.read(block)

    async def _read_slots(self, first: int, last: int) -> list[Sequence[int]]:
        """The slots of events `first`…`last`, in requests no longer than the profile allows."""
        length = self._ring.slot_length
        slots: list[Sequence[int]] = []
        while len(slots) <= last - first:
            slot = (first + len(slots) - 1) % self._ring.capacity
            count = min(last - first + 1 - len(slots), self._slots_per_read, self._ring.capacity - slot)
            block = await self._registers.read(self._ring.base + slot * length, count * length)
            slots.extend(block[start : start + length] for start in range(0, count * length, length))
        return slots

    def _whole(self, slots: Sequence[Sequence[int]], first: int) -> Iterator[Sequence[int]]:
        """Slots up to the first that does not hold the event it should."""
        for sequence, slot in enumerate(slots, first):
            if self._ring.fields.sequence.read(slot) != sequence:
                return
            yield slot

    def _result(self, cursor: Cursor, wanted: int, first: int, slots: Sequence[Sequence[int]]) -> RingRead:
        kind = self._ring.fields.kind
        events = tuple(self._event(slot) for slot in slots if kind.read(slot) in _KINDS)
        unknown = tuple(kind.read(slot) for slot in slots if kind.read(slot) not in _KINDS)
        last_known = Cursor(cursor.epoch, events[-1].sequence) if events else cursor
        self._passed = (last_known, first + len(slots) - 1)
        return RingRead(events, (wanted, first - 1) if first > wanted else None, unknown)

    def _event(self, slot: Sequence[int]) -> ItemEvent:
        fields = self._ring.fields
        return ItemEvent(
            sequence=fields.sequence.read(slot),
            kind=ItemEventKind(fields.kind.read(slot)),
            tracking_id=fields.tracking_id.read(slot),
            point=fields.point.read(slot),
            encoder_mm=fields.encoder_mm.read(slot),
            time_ms=fields.time_ms.read(slot),
            detail=fields.detail.read(slot),
        )
