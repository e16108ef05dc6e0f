"""Is a camera's picture black, or frozen? Pure: pictures in, a judgement out.

Frozen: for some seconds nothing in the picture changed. A belt that stands still is not frozen: a live sensor
has noise, and most cameras write the time into the picture. Both change at least one small block of the
picture by more than a grey level, which the same picture coded twice does not. So a camera without noise and
without a clock, over a belt that stands, counts as frozen: wrong, and harmless, since it ends with the first
movement.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

_BLOCK_PX = 32
_LEAST_CHANGE = 1.0  # grey levels, mean over a block
_FROZEN_AFTER_S = 10.0
_FROZEN_PICTURES = 3
_DARK = 40  # video black is 16, white 235
_DARK_SHARE = 0.98  # a clock in the corner of a black picture is no picture


class PictureJudge:
    """Sees a picture now and then, and remembers what they had in common."""

    def __init__(self) -> None:
        self._last: Luma | None = None
        self._same_since_s = 0.0
        self._same = 0
        self.black = False
        self.frozen = False

    def see(self, luma: Luma, at_s: float) -> None:
        """Judge the next picture: luma of shape (height, width), shown at `at_s`."""
        self.black = float(np.mean(luma < _DARK)) >= _DARK_SHARE
        if self._last is None or self._last.shape != luma.shape or _changed(self._last, luma):
            self._same, self._same_since_s = 1, at_s
        else:
            self._same += 1
        self._last = luma
        self.frozen = self._same >= _FROZEN_PICTURES and at_s - self._same_since_s >= _FROZEN_AFTER_S


def _changed(before: Luma, now: Luma) -> bool:
    height, width = now.shape
    blocks = (max(1, width // _BLOCK_PX), max(1, height // _BLOCK_PX))
    change = cv2.resize(cv2.absdiff(before, now).astype(np.float32), blocks, interpolation=cv2.INTER_AREA)
    return float(change.max()) > _LEAST_CHANGE
