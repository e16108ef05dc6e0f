"""A camera's stream to test recorders with: H.264 in MPEG-TS over TCP; every frame shows its own moment.

It shows 24 bars, white for 1: the milliseconds of the monotonic clock at which it was drawn, modulo 2^24.
What the stream does wrong is set while it runs.
"""

# PyAV leaves the kind of stream in its packets' types open.
# pyright: reportUnknownMemberType=false

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 24
FPS = 12


class VideoPeer:
    """One camera; `width`, `height` and `gop` may be changed between connections, the rest at any time."""

    def __init__(self) -> None:
        self.width, self.height, self.gop = 480, 272, 12
        self.black = self.frozen = self.silent = self.refusing = False
        self.jump_s = 0.0
        self.connections = 0
        self.port = 0
        self._random = np.random.default_rng(5)
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Close all connections."""
        for sending in self._sending:
            sending.cancel()

    async def stop(self) -> None:
        """Close all connections and wait until they are closed."""
        self.cut()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def drawn(self) -> NDArray[np.uint8]:
        """The picture of now."""
        shape = (self.height, self.width)
        if self.black:
            return np.full(shape, 16, np.uint8)
        if self.frozen:
            return np.repeat(np.arange(self.width, dtype=np.int64)[None] % 200 + 30, self.height, 0).astype(
                np.uint8
            )
        bits = int(time.monotonic() * 1000) % 2**BITS
        bars = [220 if bits >> (BITS - 1 - bit) & 1 else 30 for bit in range(BITS)]
        row = np.repeat(np.array(bars, np.uint8), self.width // BITS)
        picture = np.full(shape, 120, np.int16)
        picture[:, : len(row)] = row
        return (picture + self._random.integers(-4, 5, shape)).clip(16, 235).astype(np.uint8)

    def serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send to whoever connects."""
        if self.refusing:
            writer.close()
            return
        self.connections += 1
        sending = asyncio.create_task(self._send(writer))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await self._stream(writer)
        finally:
            writer.close()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        sink, begun_s, frame_number = io.BytesIO(), time.monotonic(), 0
        container = av.open(sink, "w", format="mpegts", options={"flush_packets": "1"})
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(self.gop)}
        while not writer.is_closing():
            await asyncio.sleep(max(0.0, begun_s + frame_number / FPS - time.monotonic()))
            frame_number += 1
            if self.silent:
                continue
            frame = av.VideoFrame.from_ndarray(self.drawn(), format="gray").reformat(format="yuv420p")
            frame.time_base = Fraction(1, FPS)
            frame.pts = frame_number + round(self.jump_s * FPS)
            container.mux(stream.encode(frame))
            writer.write(sink.getvalue())
            sink.seek(0)
            sink.truncate()
            await writer.drain()


def shown_ms(picture: NDArray[np.uint8]) -> int:
    """The moment a picture shows."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
    bar = grey.shape[1] // BITS
    moment = 0
    for bit in range(BITS):
        moment = moment << 1 | int(float(grey[:, bit * bar + 4 : (bit + 1) * bar - 4].mean()) > 125)
    return moment


def apart_ms(moment: int, at_s: float) -> int:
    """How much later than `at_s` a picture's moment is, modulo what the bars can show."""
    half = 2 ** (BITS - 1)
    return (moment - int(at_s * 1000) + half) % 2**BITS - half


@asynccontextmanager
async def video_peer() -> AsyncGenerator[VideoPeer]:
    """A peer that listens on a free port."""
    peer = VideoPeer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        await peer.stop()
