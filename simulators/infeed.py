"""The infeed: puts parcels on the belt one by one, and lets those of the recirculation loop in between."""

from collections import deque
from collections.abc import Iterator
from random import Random

from msgspec import Struct

from simulators.parcels import Parcel

_PITCH_MM = (1060.0, 1140.0)  # front to front: one item each 0.55 s at 2 m/s
_GAP_MM = 350.0  # back to front, at least
_LOOP_S = 12.0  # from lane C back to the induction


class Fed(Struct, frozen=True):
    """A parcel put on the belt: its front passes the induction eye at `front_zero_mm` of belt travel."""

    parcel: Parcel
    trip: int  # 0 the first time
    front_zero_mm: float
    gap_ahead_mm: float | None  # to the back of the item before it


class Infeed:
    """Feeds a stream of parcels; those in the loop go first once they have come round.

    Args:
        stream: parcels in their order; may be endless.
        random: for the pitch.
    """

    def __init__(self, stream: Iterator[Parcel], random: Random) -> None:
        self._stream = stream
        self._random = random
        self._next = next(stream, None)
        self._loop: deque[tuple[float, Parcel, int]] = deque()
        self._last: Fed | None = None
        self._pitch_mm = 0.0

    @property
    def exhausted(self) -> bool:
        """Whether no parcel is left, neither new nor in the loop."""
        return self._next is None and not self._loop

    @property
    def in_loop(self) -> int:
        """How many items the recirculation loop holds."""
        return len(self._loop)

    def loop(self, parcel: Parcel, trip: int, now_s: float) -> None:
        """A parcel that made its trip enters the recirculation loop."""
        self._loop.append((now_s + _LOOP_S, parcel, trip + 1))

    def feed(self, from_mm: float, to_mm: float, now_s: float) -> Iterator[Fed]:
        """The parcels whose fronts pass the induction eye while the belt travels so far."""
        while True:
            choice = self._choice(now_s)
            if choice is None:
                return
            parcel, trip, close = choice
            gap_mm = parcel.gap_ahead_mm if close else None
            front_mm = max(from_mm, self._free_mm(gap_mm))
            if front_mm > to_mm:
                return
            if trip:
                self._loop.popleft()
            else:
                self._next = next(self._stream, None)
            yield self._put(parcel, trip, front_mm)

    def _choice(self, now_s: float) -> tuple[Parcel, int, bool] | None:
        close = self._next_is_close()
        if self._loop and self._loop[0][0] <= now_s and not close:
            return self._loop[0][1], self._loop[0][2], False
        return None if self._next is None else (self._next, 0, close)

    def _next_is_close(self) -> bool:
        """Whether the next parcel clings to the one just fed."""
        following = self._next
        return (
            following is not None
            and following.gap_ahead_mm is not None
            and self._last is not None
            and self._last.trip == 0
            and self._last.parcel.number == following.number - 1
        )

    def _free_mm(self, gap_mm: float | None) -> float:
        if self._last is None:
            return 0.0
        back_mm = self._last.front_zero_mm + self._last.parcel.length_mm
        return back_mm + (self._pitch_mm - self._last.parcel.length_mm if gap_mm is None else gap_mm)

    def _put(self, parcel: Parcel, trip: int, front_mm: float) -> Fed:
        last = self._last
        gap_mm = None if last is None else front_mm - last.front_zero_mm - last.parcel.length_mm
        self._last = Fed(parcel, trip, front_mm, gap_mm)
        self._pitch_mm = max(self._random.uniform(*_PITCH_MM), parcel.length_mm + _GAP_MM)
        return self._last
