"""Encodes the camera's pictures as H.264 without delay: one picture in, its NAL units out."""

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.buffer import Buffer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from simulators.camera_label import Grey
from simulators.wires.rtsp_packets import nal_units

_SEQUENCE_SET, _PICTURE_SET, _KEY_SLICE, _SLICE = 7, 8, 5, 1
_SENT = (_SEQUENCE_SET, _PICTURE_SET, _KEY_SLICE, _SLICE)
_QUALITY = "27"  # x264's rate factor: labels stay sharp, noise does not cost much


class Encoder:
    """One H.264 stream, a key picture a second, no picture out of order.

    Args:
        width, height: even.
        pictures_a_second: nominal.
    """

    def __init__(self, width: int, height: int, pictures_a_second: Fraction) -> None:
        self._codec = _open(width, height, pictures_a_second)
        self._codec_pts = 0
        first = self.encode(np.full((height * 3 // 2, width), 128, np.uint8), key=True)
        self.parameter_sets: tuple[bytes, bytes] = (
            next(unit for unit in first if unit_type(unit) == _SEQUENCE_SET),
            next(unit for unit in first if unit_type(unit) == _PICTURE_SET),
        )

    def encode(self, planes: Grey, *, key: bool = False) -> list[bytes]:
        """The NAL units of one picture; with `key` decoding can begin with it.

        Args:
            planes: Y, U, V below one another, shape (height × 3/2, width).
            key: make it a key picture, which otherwise is for the encoder to say.
        """
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        # The encoder's own time only has to grow evenly: what the viewer sees is the packet's time.
        frame.pts = self._codec_pts
        self._codec_pts += 1
        frame.pict_type = PictureType.I if key else PictureType.NONE
        packets = cast("list[Buffer]", self._codec.encode(frame))  # pyright: ignore[reportUnknownMemberType]
        return [unit for packet in packets for unit in nal_units(bytes(packet)) if unit_type(unit) in _SENT]


def unit_type(unit: bytes) -> int:
    """The type of a NAL unit."""
    return unit[0] & 0x1F


def is_key(units: Iterable[bytes]) -> bool:
    """Whether decoding can begin with these NAL units."""
    return any(unit_type(unit) == _KEY_SLICE for unit in units)


def _open(width: int, height: int, pictures_a_second: Fraction) -> VideoCodecContext:
    codec = av.VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.time_base = pictures_a_second, 1 / pictures_a_second
    codec.gop_size, codec.max_b_frames, codec.thread_count = round(pictures_a_second), 0, 1
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": _QUALITY,
        "forced-idr": "1",
        "x264-params": "scenecut=0",
    }
    codec.open()
    return codec
