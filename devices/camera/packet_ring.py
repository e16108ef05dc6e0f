"""The last seconds of a camera's stream in memory, and where to cut recordings out of it.

A picture can be decoded only from the key frame before it on, so the ring begins with a key frame and
recordings do. Pure: packets in, packets out.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from devices.camera.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Layout:
    """What must stay the same within one recording: size in pixels, and the parameter sets (Annex B)."""

    width: int
    height: int
    sets: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture as it came; `lead_s` is how much later it is shown than decoded (B-frames)."""

    content: bytes
    key: bool
    layout: Layout
    timeline: Timeline
    stamp_s: float
    lead_s: float = 0.0

    @property
    def at_s(self) -> float:
        """When it came, on our clock, less what the network delayed it."""
        return self.timeline.offset_s + self.stamp_s

    @property
    def shown_s(self) -> float:
        """When it is to be shown."""
        return self.at_s + self.lead_s


class PacketRing:
    """Keeps at least `keep_s` seconds, from a key frame on, and never more than `budget` bytes."""

    def __init__(self, keep_s: float, budget: int) -> None:
        self._keep_s = keep_s
        self._budget = budget
        self._packets: deque[Packet] = deque()
        self._size = 0
        self._broken = True

    @property
    def size(self) -> int:
        """Bytes it holds."""
        return self._size

    @property
    def newest_s(self) -> float | None:
        """The moment of the newest packet."""
        return self._packets[-1].at_s if self._packets else None

    @property
    def recording(self) -> bool:
        """Whether what came last can be decoded; False until the first key frame."""
        return not self._broken

    def break_off(self) -> None:
        """Packets are missing here: what comes next is of use from the next key frame on."""
        self._broken = True

    def add(self, packet: Packet) -> None:
        """Take the next packet in the order of decoding, and let go of what is too old."""
        if packet.key:
            self._broken = False
        elif self._broken:
            return
        self._packets.append(packet)
        self._size += len(packet.content)
        self._trim(packet.at_s - self._keep_s)

    def clip(self, from_s: float, to_s: float) -> Sequence[Packet]:
        """From the last key frame at or before `from_s`, else the first one after it, to `to_s`.

        Only of the layout that the end has: what came before a change of resolution is left out.
        """
        packets = [each for each in self._packets if each.at_s <= to_s]
        start = 0
        for index, packet in enumerate(packets):
            if packet.key and (packet.at_s <= from_s or packet.layout != packets[start].layout):
                start = index
        found = packets[start:]
        return found if found and found[-1].at_s >= from_s else ()

    def picture(self, at_s: float, within_s: float) -> Sequence[Packet]:
        """What must be decoded for the picture shown nearest to `at_s`, which is the one of the last packet.

        Empty if the nearest is more than `within_s` away.
        """
        nearest, distance_s = -1, within_s
        packets = list(self._packets)
        for index, packet in enumerate(packets):
            if abs(packet.shown_s - at_s) <= distance_s:
                nearest, distance_s = index, abs(packet.shown_s - at_s)
        if nearest < 0:
            return ()
        start = next(index for index in range(nearest, -1, -1) if packets[index].key)
        return packets[start : nearest + 1]

    def _trim(self, oldest_s: float) -> None:
        keys = [index for index, packet in enumerate(self._packets) if packet.key]
        while len(keys) > 1 and (self._packets[keys[1]].at_s <= oldest_s or self._size > self._budget):
            self._drop(keys[1])
            keys = [key - keys[1] for key in keys[1:]]
        if self._size > self._budget:  # key frames are too rare: go on with the next
            self._drop(len(self._packets))
            self._broken = True

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._size -= len(self._packets.popleft().content)
