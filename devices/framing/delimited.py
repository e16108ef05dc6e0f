"""The byte machine under every framing here: frames between delimiters, whatever noise lies around them.

    state       a delimiter that opens   data           a delimiter that ends   other bytes    silence
    ─────────   ──────────────────────   ────────────   ─────────────────────   ────────────   ────────────
    OUTSIDE     → INSIDE                 → INSIDE [1]   stay                    → SKIPPING !   stay
    INSIDE      → INSIDE ! [2]           collect [3]    → OUTSIDE, frame        → SKIPPING !   → OUTSIDE !
    SKIPPING    → INSIDE                 drop           → OUTSIDE               drop           → OUTSIDE

    !  counted as an error           [1] if the opening is REQUIRED: → SKIPPING !
    [2] no error if nothing was collected     [3] one byte more than `longest`: → SKIPPING !

Data is what can be printed in ASCII (20…7E) and 1D, the group separator inside GS1 codes.
"""

from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

STX, ETX, LF, CR, GS = 0x02, 0x03, 0x0A, 0x0D, 0x1D
LINE_ENDS = frozenset((CR, LF, ETX))
_DATA = frozenset((*range(0x20, 0x7F), GS))
_BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit


class Opening(Enum):
    """Whether STX opens a frame."""

    NONE = auto()  # STX is noise
    ALLOWED = auto()  # the first byte of data opens a frame too
    REQUIRED = auto()  # data outside STX…ETX is noise


class Frame(Struct, frozen=True):
    """One whole frame: the bytes between the delimiters, all the bytes, and the latest it can have begun."""

    content: bytes
    raw: bytes
    begun_s: float


class _State(Enum):
    OUTSIDE = auto()  # between frames
    INSIDE = auto()  # collecting one
    SKIPPING = auto()  # in bytes already counted as an error


class Delimited:
    """Cuts bytes into frames; `errors` counts what was dropped.

    Args:
        opening: what STX means.
        ends: bytes that end a frame.
        inner: delimiters that are part of a frame's content.
        longest: most bytes of content; a longer frame is dropped whole.
        baud: of the line, to tell when a frame began from when its bytes came.
        quiet_s: a longer silence inside a frame drops it.
    """

    def __init__(
        self,
        *,
        opening: Opening,
        ends: frozenset[int],
        longest: int,
        baud: int,
        quiet_s: float,
        inner: frozenset[int] = frozenset(),
    ) -> None:
        self.errors = 0
        self._opening = opening
        self._ends = ends
        self._data = _DATA | inner
        self._longest = longest
        self._byte_s = _BITS_PER_BYTE / baud
        self._quiet_s = quiet_s
        self._state = _State.OUTSIDE
        self._content = bytearray()
        self._raw = bytearray()
        self._begun_s = 0.0
        self._last_s = 0.0

    def feed(self, chunk: bytes, at_s: float) -> list[Frame]:
        """The frames that end in `chunk`, whose last byte came at `at_s`."""
        frames: list[Frame] = []
        for byte, byte_at_s in self._arrivals(chunk, at_s):
            self._drop_if_silent(byte_at_s)
            frame = self._step(byte, byte_at_s)
            if frame is not None:
                frames.append(frame)
            self._last_s = byte_at_s
        return frames

    def reset(self) -> None:
        """Forget a frame begun: the line was interrupted."""
        if self._state is _State.INSIDE and self._content:
            self.errors += 1
        self._state = _State.OUTSIDE

    def _arrivals(self, chunk: bytes, at_s: float) -> Iterator[tuple[int, float]]:
        """Each byte with the latest time at which it can have come: bytes queue up before they are read."""
        for index, byte in enumerate(chunk):
            yield byte, at_s - (len(chunk) - 1 - index) * self._byte_s

    def _drop_if_silent(self, at_s: float) -> None:
        if self._state is not _State.OUTSIDE and at_s - self._last_s > self._quiet_s:
            self.reset()

    def _step(self, byte: int, at_s: float) -> Frame | None:
        if byte == STX and self._opening is not Opening.NONE:
            if self._state is _State.INSIDE and self._content:
                self.errors += 1
            self._open()
            self._keep(byte, at_s)
        elif byte in self._ends:
            return self._end(byte, at_s)
        elif byte not in self._data:
            self._skip()
        elif self._state is _State.OUTSIDE and self._opening is not Opening.REQUIRED:
            self._open()
            self._collect(byte, at_s)
        elif self._state is _State.INSIDE:
            self._collect(byte, at_s)
        elif byte not in LINE_ENDS:  # a line end between STX…ETX frames is not noise
            self._skip()
        return None

    def _open(self) -> None:
        self._state = _State.INSIDE
        self._content.clear()
        self._raw.clear()
        self._begun_s = float("inf")

    def _collect(self, byte: int, at_s: float) -> None:
        if len(self._content) == self._longest:
            self._skip()
            return
        self._content.append(byte)
        self._keep(byte, at_s)

    def _keep(self, byte: int, at_s: float) -> None:
        """The nth byte came at `at_s`, so the first began to be sent n byte times before, or earlier."""
        self._raw.append(byte)
        self._begun_s = min(self._begun_s, at_s - len(self._raw) * self._byte_s)

    def _end(self, byte: int, at_s: float) -> Frame | None:
        inside, self._state = self._state is _State.INSIDE, _State.OUTSIDE
        if not inside:
            return None
        self._keep(byte, at_s)
        return Frame(bytes(self._content), bytes(self._raw), self._begun_s)

    def _skip(self) -> None:
        if self._state is not _State.SKIPPING:
            self.errors += 1
        self._state = _State.SKIPPING
