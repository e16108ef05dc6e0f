"""Keeps a camera's stream open and puts its packets into the memory, in a thread of its own.

PyAV gives up on a camera that freezes, by its time-outs; OpenCV's own RTSP client has been seen to hang.
"""

import threading
from urllib.parse import quote, urlsplit

import av
import av.error
import structlog
from av.container import InputContainer
from av.video.stream import VideoStream

from devices.camera.codec import CODEC
from devices.camera.recent import Coded, Recent
from devices.camera.requests import Setup

_OPEN_S = 5.0
_READ_S = 5.0
_SHORTEST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_SHORT_PROBE = {"probesize": "500000", "analyzeduration": "500000", "fflags": "nobuffer"}
# TCP: a lost packet is sent again, instead of smearing the picture.
_RTSP = {**_SHORT_PROBE, "rtsp_transport": "tcp", "allowed_media_types": "video"}
_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StreamError(Exception):
    """The camera cannot be reached or sends what nobody can use; the message holds no address."""


def keep_reading(setup: Setup, recent: Recent, stop: threading.Event) -> None:
    """Connect, read, and connect again, until `stop` is set; nothing that a camera sends ends it."""
    address, pause_s, told = _address(setup), _SHORTEST_PAUSE_S, ""
    while not stop.is_set():
        reason = "the stream ended"
        try:
            with _opened(address) as container:
                stream = _video(container)
                recent.connect(stream.codec_context.extradata or b"")
                _log.info("camera_connected", device=setup.device)
                pause_s, told = _SHORTEST_PAUSE_S, ""
                _read(container, stream, recent, stop)
        except StreamError as error:
            reason = str(error)
        except av.error.FFmpegError as error:  # its text would name the address, password and all
            reason = error.strerror or type(error).__name__
        except Exception as error:  # a stream may hold anything: only its kind is told
            reason = type(error).__name__
        recent.lose(reason)
        if reason != told:
            _log.warning("camera_lost", device=setup.device, reason=reason)
            told = reason
        stop.wait(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _address(setup: Setup) -> str:
    if not setup.username:
        return setup.url
    parts = urlsplit(setup.url)
    user = f"{quote(setup.username, safe='')}:{quote(setup.password, safe='')}"
    return parts._replace(netloc=f"{user}@{parts.netloc}").geturl()


def _opened(address: str) -> InputContainer:
    options = _RTSP if address.startswith("rtsp:") else _SHORT_PROBE
    return av.open(address, "r", options=dict(options), timeout=(_OPEN_S, _READ_S))


def _video(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise StreamError("the stream has no video")
    stream = container.streams.video[0]
    if stream.codec_context.name != CODEC:
        raise StreamError(f"expected H.264 video, found {stream.codec_context.name}")
    return stream


def _read(container: InputContainer, stream: VideoStream, recent: Recent, stop: threading.Event) -> None:
    for packet in container.demux(stream):
        if stop.is_set():
            return
        if not packet.size:
            continue  # the end
        ticks_s = float(packet.time_base)
        decoded = packet.dts if packet.dts is not None else packet.pts
        recent.take(
            Coded(
                content=bytes(packet),
                key=packet.is_keyframe,
                decoded_s=None if decoded is None else decoded * ticks_s,
                shown_s=None if packet.pts is None else packet.pts * ticks_s,
            )
        )
