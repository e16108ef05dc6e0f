"""The classical reviewer: dual-energy thresholds, connected bodies, rules of material, size and shape."""

import time
from collections.abc import Callable

import msgspec
import numpy as np

from models.findings import Finding, ImageException, Outcome, Review
from models.review.body import Body
from models.review.checks import check, refused
from models.review.filters import smoothed
from models.review.metal import find_metal
from models.review.organic import find_bodies
from models.review.settings import ReviewSettings
from models.volume import Volume

VERSION = "1"


class ClassicalReviewer:
    """Needs both energies; about 4 mm voxels, finer ones are averaged.

    What it cannot tell: oil and strong spirits from plastic, ordinary powder from paper, a ceramic blade
    from a plate.

    Args:
        settings: all its limits.
        clock_s: monotonic seconds, for `took_ms`.
    """

    def __init__(
        self, settings: ReviewSettings | None = None, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings or ReviewSettings()
        self._clock_s = clock_s

    @property
    def name(self) -> str:
        """Name and version."""
        return f"classical {VERSION}"

    def review(self, volume: Volume) -> Review:
        """What is in a volume, by rules."""
        began_s = self._clock_s()
        review = self._judge(volume)
        return msgspec.structs.replace(review, took_ms=round((self._clock_s() - began_s) * 1000))

    def _judge(self, volume: Volume) -> Review:
        checked = check(volume, self._settings)
        body, refusal = checked.body, checked.refusal
        if refusal is not None or body is None:
            assert refusal is not None  # noqa: S101  without a body there is a refusal
            review = refused(refusal, self.name, body)
            # A block that rays do not pass is not sought through: it would be found again as heavy metal.
            if body is None or refusal.exception is ImageException.IMPENETRABLE:
                return review
            return msgspec.structs.replace(review, findings=self._find(body))
        findings = self._find(body)
        return Review(
            outcome=Outcome.ALARM if findings else Outcome.CLEAR,
            reviewer=self.name,
            findings=findings,
            length_mm=round(body.length_mm, 1),
            mass_g=round(body.mass_g, 1),
        )

    def _find(self, body: Body) -> tuple[Finding, ...]:
        assert body.low is not None  # noqa: S101  `check` refuses such volumes
        high, low = smoothed(body.high), smoothed(body.low)
        taken = np.zeros(high.shape, dtype=np.uint8)
        findings: list[Finding] = []
        for finding, component in find_bodies(body, high, low, self._settings):
            z, y, x = component.voxels.T
            taken[z, y, x] = 1
            findings.append(finding)
        findings.extend(find_metal(body, high, low, taken, self._settings))
        return tuple(sorted(findings, key=lambda finding: -finding.score))
