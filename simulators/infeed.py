"""The infeed: puts parcels on the belt one by one, and lets those of the recirculation loop in between."""

from collections import deque
from collections.abc import Iterator
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from simulators.categories import Category
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
    hidden: Parcel | None = None  # the second of two that touch


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
        self._after: deque[Parcel] = deque()  # already taken from the stream
        self._hidden: Parcel | None = None
        self._last: Fed | None = None
        self._pitch_mm = 0.0
        self.earliest_mm = 0.0  # belt travel before which nothing more is put on

    @property
    def exhausted(self) -> bool:
        """Whether no parcel is left, neither new nor in the loop."""
        return self._next is None and not self._loop

    @property
    def in_loop(self) -> int:
        """How many items the recirculation loop holds."""
        return len(self._loop)

    @property
    def next_length_mm(self) -> int | None:
        """How long the next parcel is; None if none comes."""
        return None if self._next is None else self._next.length_mm

    def loop(self, parcel: Parcel, trip: int, now_s: float) -> None:
        """A parcel that made its trip enters the recirculation loop."""
        self._loop.append((now_s + _LOOP_S, parcel, trip + 1))

    def take(self) -> Parcel | None:
        """Somebody takes the next parcel away, to lay it elsewhere; None if there is none to spare."""
        taken = self._next
        if taken is None or taken.category is Category.TOO_CLOSE or self._hidden is not None:
            return None
        self._next = self._following()
        return taken

    def join(self, longer_than_mm: int) -> bool:
        """Let the next two touch, if they are so long together: whether they do."""
        first = self._next
        if first is None or self._hidden is not None:
            return False
        second = self._following()
        if second is None:
            return False
        together_mm = first.length_mm + second.length_mm
        if Category.TOO_CLOSE in (first.category, second.category) or together_mm <= longer_than_mm:
            self._after.appendleft(second)
            return False
        faces = tuple(one + other for one, other in zip(first.faces, second.faces, strict=True))
        weight_g = first.weight_g + second.weight_g
        self._next = replace(first, length_mm=together_mm, weight_g=weight_g, faces=faces)
        self._hidden = second
        return True

    def _following(self) -> Parcel | None:
        return self._after.popleft() if self._after else next(self._stream, None)

    def feed(self, from_mm: float, to_mm: float, now_s: float) -> Iterator[Fed]:
        """The parcels whose fronts pass the induction eye while the belt travels so far."""
        while True:
            choice = self._choice(now_s)
            if choice is None:
                return
            parcel, trip, gap_mm = choice
            front_mm = max(from_mm, self._free_mm(gap_mm))
            if front_mm > to_mm:
                return
            if trip:
                self._loop.popleft()
            else:
                self._next = self._following()
            yield self._put(parcel, trip, front_mm)

    def _choice(self, now_s: float) -> tuple[Parcel, int, int | None] | None:
        gap_mm = self._close_gap_mm()
        if self._loop and self._loop[0][0] <= now_s and gap_mm is None:
            return self._loop[0][1], self._loop[0][2], None
        return None if self._next is None else (self._next, 0, gap_mm)

    def _close_gap_mm(self) -> int | None:
        """The gap at which the next parcel clings to the one just fed; None if it does not."""
        following, last = self._next, self._last
        if following is None or following.gap_ahead_mm is None or last is None:
            return None
        clings = last.trip == 0 and last.parcel.number == following.number - 1
        return following.gap_ahead_mm if clings else None

    def _free_mm(self, gap_mm: float | None) -> float:
        if self._last is None:
            return 0.0
        back_mm = self._last.front_zero_mm + self._last.parcel.length_mm
        return back_mm + (self._pitch_mm - self._last.parcel.length_mm if gap_mm is None else gap_mm)

    def _put(self, parcel: Parcel, trip: int, front_mm: float) -> Fed:
        last = self._last
        gap_mm = None if last is None else front_mm - last.front_zero_mm - last.parcel.length_mm
        hidden = None
        if not trip:
            hidden, self._hidden = self._hidden, None
        self._last = Fed(parcel, trip, front_mm, gap_mm, hidden)
        self._pitch_mm = max(self._random.uniform(*_PITCH_MM), parcel.length_mm + _GAP_MM)
        self.earliest_mm = self._free_mm(self._close_gap_mm())
        return self._last
