"""Findings of the same thing become one."""

from collections.abc import Iterable
from math import prod

from models.findings import Box, Finding

_SHARED = 0.3  # of the smaller box: two peaks or two reviewers on one body


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Without those that lie in the place of a surer one of the same kind; the surest first."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: -each.score):
        same = (each for each in kept if each.kind is finding.kind)
        if not any(shared(each.box_mm, finding.box_mm) > _SHARED for each in same):
            kept.append(finding)
    return kept


def shared(one: Box, other: Box) -> float:
    """Common volume of two boxes, as a share of the smaller one."""
    common = prod(
        max(0.0, min(one[axis + 3], other[axis + 3]) - max(one[axis], other[axis])) for axis in range(3)
    )
    smaller = min(prod(box[axis + 3] - box[axis] for axis in range(3)) for box in (one, other))
    return common / smaller if smaller > 0 else 0.0
