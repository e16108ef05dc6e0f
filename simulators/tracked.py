"""An item as the controller knows it, and which of several an edge belongs to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Tracked:
    """An item as the controller knows it."""

    tracking_id: int
    zero_mm: float  # encoder when its front was at the induction eye; corrected by each eye
    trips: int
    lane: int
    length_mm: float | None = None
    next_eye: int = 1
    commanded: bool = False
    decided: bool = False
    lost: bool = False  # its place is not believed any more
    due_mm: float = 0.0  # encoder at which it comes to a place of its own, if no eye sees it sooner


def nearest_to(zero_mm: float, items: Iterable[Tracked], tolerance_mm: float) -> Tracked | None:
    """The item whose zero is nearest to that; None if all are farther than the tolerance."""
    found = min(items, key=lambda item: abs(item.zero_mm - zero_mm), default=None)
    return None if found is None or abs(found.zero_mm - zero_mm) > tolerance_mm else found


def expected_at(eye: int, zero_mm: float, items: Iterable[Tracked], tolerance_mm: float) -> Tracked | None:
    """The item that an edge of an eye is of, were its zero there: the nearest this eye is to see next."""
    return nearest_to(zero_mm, (item for item in items if item.next_eye == eye), tolerance_mm)


def arrived_in(lane: int, zero_mm: float, items: Iterable[Tracked], tolerance_mm: float) -> Tracked | None:
    """The item whose middle entered a lane, were its zero there but for half its length; rather one that was
    sent to it."""
    best, least = None, (True, tolerance_mm)
    for item in items:
        off_mm = abs(zero_mm - item.zero_mm - (item.length_mm or 0.0) / 2)
        rank = (item.lane != lane, off_mm)
        if off_mm <= tolerance_mm and rank <= least:
            best, least = item, rank
    return best
