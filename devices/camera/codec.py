"""Decoding coded pictures, and writing stills and clips of them; a clip is copied, never coded anew."""

# PyAV leaves the kind of stream in its packets' types open.
# pyright: reportUnknownMemberType=false

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from devices.camera.packet_ring import Packet
from devices.camera.picture_judge import Luma

CODEC = "h264"  # what browsers play
_TICKS = Fraction(1, 90_000)
_JPEG_QUALITY = 88


class PictureError(Exception):
    """Coded pictures that do not decode, or cannot be written; the message says why."""


def decode(packets: Sequence[Packet]) -> VideoFrame:
    """The picture of the last of `packets`, which begin with a key frame; PictureError if it is broken."""
    wanted = _ticks(packets[-1].shown_s - packets[0].at_s)
    frames: list[VideoFrame] = []
    try:
        decoder = _decoder(packets[0].layout.sets)
        for packet in packets:
            coded = av.Packet(packet.content)
            coded.time_base = _TICKS
            coded.pts = _ticks(packet.shown_s - packets[0].at_s)
            frames = [*frames[-1:], *decoder.decode(coded)]
        frames += decoder.decode(None)
    except av.error.FFmpegError as error:
        raise PictureError(f"the picture does not decode: {error.strerror}") from error
    if not frames:
        raise PictureError("the picture does not decode")
    return min(frames, key=lambda frame: abs((frame.pts or 0) - wanted))


def decode_key(content: bytes, sets: bytes) -> VideoFrame:
    """The picture of one key frame; PictureError if it is broken."""
    try:
        decoder = _decoder(sets)
        frames = [*decoder.decode(av.Packet(content)), *decoder.decode(None)]
    except av.error.FFmpegError as error:
        raise PictureError(f"the key frame does not decode: {error.strerror}") from error
    if not frames:
        raise PictureError("the key frame does not decode")
    return frames[0]


def luma(frame: VideoFrame) -> Luma:
    """A picture's brightness, shape (height, width), video range."""
    return np.array(frame.to_ndarray(format="gray8"), dtype=np.uint8)


def jpeg(frame: VideoFrame) -> bytes:
    """A picture as JPEG; PictureError if it cannot be coded."""
    done, coded = cv2.imencode(
        ".jpg", frame.to_ndarray(format="bgr24"), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    if not done:
        raise PictureError("the picture cannot be coded as JPEG")
    return coded.tobytes()


def write_clip(packets: Sequence[Packet], path: Path) -> None:
    """Copy coded pictures into an MP4 whose index comes first, so that it plays while it loads.

    Time stamps are written anew from when the pictures came: a camera's own may jump.
    PictureError if the packets do not fit an MP4 or the file cannot be written.
    """
    layout, begin_s, last = packets[0].layout, packets[0].at_s, -1
    try:
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_mux_stream(CODEC, width=layout.width, height=layout.height)
            for index, packet in enumerate(packets):
                # The sets from the stream's description are needed in the file, if they are nowhere else.
                coded = av.Packet(layout.sets + packet.content if index == 0 else packet.content)
                coded.stream = stream
                coded.time_base = _TICKS
                coded.dts = last = max(last + 1, _ticks(packet.at_s - begin_s))
                coded.pts = last + _ticks(packet.lead_s)
                coded.is_keyframe = packet.key
                container.mux(coded)
    except av.error.FFmpegError as error:
        raise PictureError(f"the clip cannot be written: {error.strerror}") from error


def _decoder(sets: bytes) -> VideoCodecContext:
    decoder = av.CodecContext.create(CODEC, "r")
    decoder.extradata = sets
    decoder.thread_count = 1  # a picture now and then: threads would cost more than they save
    return decoder


def _ticks(seconds: float) -> int:
    return round(seconds / _TICKS)
