"""Stills as a screen may show them by default: so coarse that no label can be read; pure."""

import cv2
import numpy as np

BLOCKS = 24  # across the longer side: an address label covers a few of them, a line of print none
_LONGER_SIDE = 480  # pixels
_QUALITY = 80


class NotAPictureError(Exception):
    """The file holds no picture that can be decoded."""


def masked(jpeg: bytes) -> bytes:
    """A still pixelated, as JPEG, without anything its file said beside the picture.

    Averaged over each block before it is shown: nothing of what a block held can be computed back.
    """
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise NotAPictureError("the still cannot be decoded")
    height, width = picture.shape[:2]
    longer = max(height, width)
    blocks = (max(1, width * BLOCKS // longer), max(1, height * BLOCKS // longer))
    coarse = cv2.resize(picture, blocks, interpolation=cv2.INTER_AREA)
    shown = (max(1, width * _LONGER_SIDE // longer), max(1, height * _LONGER_SIDE // longer))
    large = cv2.resize(coarse, shown, interpolation=cv2.INTER_NEAREST)
    written, encoded = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not written:
        raise NotAPictureError("the still cannot be encoded")
    return encoded.tobytes()
