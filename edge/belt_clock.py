"""Where the belt was at a moment: the controller's encoder, read at each poll, interpolated in between."""

from bisect import bisect_left, bisect_right

from devices.interfaces import LineStatus

_KEPT = 4096  # looks; about half a minute: a CT image comes seconds after its scan
_TURN_MM = 1 << 32  # the encoder is a 32-bit register: after 4,295 km, 25 days at 2 m/s, it starts again


def travelled_mm(since_mm: int, until_mm: int) -> int:
    """Belt travel from one encoder reading to another, negative backwards, also across the register's end."""
    return (until_mm - since_mm + _TURN_MM // 2) % _TURN_MM - _TURN_MM // 2


class BeltClock:
    """Turns a monotonic time in seconds into belt travel in millimetres; knows the last few seconds.

    Args:
        fastest_mm_s: the belt never runs faster.
    """

    def __init__(self, fastest_mm_s: int) -> None:
        self._fastest_mm_s = fastest_mm_s
        self._epoch = 0
        self._looks: list[tuple[float, int, int]] = []

    def saw(self, at_s: float, status: LineStatus) -> None:
        """Take a poll's encoder and speed in; a new epoch starts afresh."""
        if status.epoch != self._epoch or travelled_mm(self._looks[-1][1], status.encoder_mm) < 0:
            self._looks.clear()
        self._epoch = status.epoch
        self._looks.append((at_s, status.encoder_mm, status.speed_mm_s))
        if len(self._looks) > 2 * _KEPT:
            del self._looks[:_KEPT]

    def encoder_mm(self, at_s: float) -> int | None:
        """Belt travel at that time; None before the first look.

        Between two looks it is interpolated, which holds for a stopped belt too; after the last it goes on
        at the last speed.
        """
        return self._estimate(at_s)[0] if self._looks else None

    def surely(self, at_s: float, within_mm: int) -> int | None:
        """The same, but None where it may be wrong by more than `within_mm`: the belt may have stopped or
        changed its speed unseen."""
        if not self._looks:
            return None
        found_mm, error_mm = self._estimate(at_s)
        return found_mm if error_mm <= within_mm else None

    def moment_s(self, encoder_mm: int) -> float | None:
        """When the belt had travelled so far; None if that is longer ago than it knows, or still to come."""
        if not self._looks:
            return None
        ahead_mm = travelled_mm(self._looks[-1][1], encoder_mm)
        if ahead_mm > 0:
            return None
        origin_mm = self._looks[0][1]
        wanted_mm = travelled_mm(origin_mm, encoder_mm)
        after = bisect_left(self._looks, wanted_mm, key=lambda look: travelled_mm(origin_mm, look[1]))
        if after == 0:
            return self._looks[0][0] if wanted_mm == 0 else None
        before_s, before_mm, _ = self._looks[after - 1]
        after_s, after_mm, _ = self._looks[after]
        part = travelled_mm(before_mm, encoder_mm) / travelled_mm(before_mm, after_mm)
        return before_s + part * (after_s - before_s)

    def _estimate(self, at_s: float) -> tuple[int, float]:
        """Travel, and by how much it may be off at most."""
        after = bisect_right(self._looks, at_s, key=lambda look: look[0])
        if after in (0, len(self._looks)):
            look_s, look_mm, speed_mm_s = self._looks[0 if after == 0 else -1]
            away_s = at_s - look_s
            slower_mm, faster_mm = speed_mm_s, self._fastest_mm_s - speed_mm_s
            return look_mm + round(away_s * speed_mm_s), abs(away_s) * max(slower_mm, faster_mm)
        before_s, before_mm, _ = self._looks[after - 1]
        after_s, after_mm, _ = self._looks[after]
        whole_mm = travelled_mm(before_mm, after_mm)
        part_mm = whole_mm * (at_s - before_s) / (after_s - before_s)
        most_mm = min(whole_mm, self._fastest_mm_s * (at_s - before_s))
        least_mm = max(0.0, whole_mm - self._fastest_mm_s * (after_s - at_s))
        return before_mm + round(part_mm), max(most_mm - part_mm, part_mm - least_mm)
