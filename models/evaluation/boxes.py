"""How much two boxes have in common, and which findings hit which true objects."""

from collections.abc import Sequence
from enum import IntEnum
from math import prod

from models.findings import Box


class Hit(IntEnum):
    """What a finding's box is."""

    FALSE = 0  # lies on no true object
    TRUE = 1  # the first to hit its object
    AGAIN = 2  # lies on an object that a surer finding has hit


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes' volumes, 0–1; 0 if both are empty."""
    common = prod(
        max(0.0, min(one[axis + 3], other[axis + 3]) - max(one[axis], other[axis])) for axis in range(3)
    )
    both = _volume(one) + _volume(other) - common
    return common / both if both > 0 else 0.0


def hits(found: Sequence[Box], true: Sequence[Box], least_iou: float) -> list[Hit]:
    """What each found box is; one true box is hit once, each found box hits at most one.

    Args:
        found: the surest first: each takes the free true box that it overlaps most, as COCO has it.
        true: in any order.
        least_iou: from which on a box is hit.
    """
    free = set(range(len(true)))
    told: list[Hit] = []
    for box in found:
        overlaps = [iou(box, each) for each in true]
        best = max(free, key=lambda index: (overlaps[index], -index), default=None)
        if best is not None and overlaps[best] >= least_iou:
            free.remove(best)
            told.append(Hit.TRUE)
        else:
            told.append(Hit.AGAIN if any(each >= least_iou for each in overlaps) else Hit.FALSE)
    return told


def _volume(box: Box) -> float:
    return prod(max(0.0, box[axis + 3] - box[axis]) for axis in range(3))
