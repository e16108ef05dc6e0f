"""Where the belt was at a moment: the controller's encoder, read at each poll, interpolated in between."""

from bisect import bisect_right
from collections import deque

from devices.interfaces import LineStatus

_KEPT = 512


class BeltClock:
    """Turns a monotonic time in seconds into belt travel in millimetres; knows the last few seconds."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int, int]] = deque(maxlen=_KEPT)

    def saw(self, at_s: float, status: LineStatus) -> None:
        """Take a poll's encoder and speed in; a new epoch starts afresh."""
        if self._looks and status.encoder_mm < self._looks[-1][1]:
            self._looks.clear()
        self._looks.append((at_s, status.encoder_mm, status.speed_mm_s))

    def encoder_mm(self, at_s: float) -> int | None:
        """Belt travel at that time; None before the first look.

        Between two looks it is interpolated, which holds for a stopped belt too; after the last it goes on
        at the last speed.
        """
        if not self._looks:
            return None
        after = bisect_right(self._looks, at_s, key=lambda look: look[0])
        if after == len(self._looks):
            last_s, last_mm, speed_mm_s = self._looks[-1]
            return last_mm + round((at_s - last_s) * speed_mm_s)
        if after == 0:
            first_s, first_mm, speed_mm_s = self._looks[0]
            return first_mm - round((first_s - at_s) * speed_mm_s)
        before_s, before_mm, _ = self._looks[after - 1]
        after_s, after_mm, _ = self._looks[after]
        share = (at_s - before_s) / (after_s - before_s)
        return before_mm + round((after_mm - before_mm) * share)
