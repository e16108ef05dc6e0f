"""The belt camera as a process: hears from the plant on standard input, serves its pictures over RTSP.

`python -m simulators.camera_process URL POSITION_MM TIMEZONE`; it ends when its standard input does.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from random import SystemRandom
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import cv2
import msgspec
import structlog

from config import logs
from simulators.camera_faults import CameraFaults
from simulators.camera_feed import BeltSeen, Disturb, read_line
from simulators.camera_film import PICTURES_A_SECOND, Film
from simulators.wires.rtsp_packets import CLOCK_HZ
from simulators.wires.rtsp_server import RtspServer

_LONGEST_LINE = 1 << 20
_DEFAULT_PORT = 554
_log = structlog.get_logger()


class BeltCamera:
    """A camera that films as long as somebody watches.

    Args:
        film: what it sees.
        server: where it shows it.
        clock: monotonic seconds, the same clock as the feed's.
        wall_clock: Unix time.
    """

    def __init__(
        self, film: Film, server: RtspServer, clock: Callable[[], float], wall_clock: Callable[[], float]
    ) -> None:
        self._film, self._server, self._clock, self._wall_clock = film, server, clock, wall_clock
        self._faults = CameraFaults()

    async def hear(self, feed: asyncio.StreamReader) -> None:
        """Take what the plant says until it ends."""
        while line := await feed.readline():
            try:
                message = read_line(line)
            except msgspec.DecodeError:
                _log.warning("camera_feed_not_understood", bytes=len(line))
                continue
            match message:
                case BeltSeen():
                    self._film.hear(message)
                case Disturb(faults):
                    self._disturb(faults)

    async def film(self) -> None:
        """Take pictures at their times, for ever."""
        origin_s = self._clock()
        number = 0
        while True:
            taken_s = origin_s + float(number / PICTURES_A_SECOND)
            late_s = self._clock() - taken_s
            if late_s < 0:
                await asyncio.sleep(-late_s)
                late_s = self._clock() - taken_s
            if self._server.watched and not self._faults.frozen:
                self._show(taken_s, number, late_s)
                await asyncio.sleep(0)
            # After a stall the pictures that are overdue are left out, as a camera would.
            number += max(1, int((self._clock() - taken_s) * PICTURES_A_SECOND))

    def _show(self, taken_s: float, number: int, late_s: float) -> None:
        units, key = self._film.picture(taken_s, self._faults, key=self._server.key_wanted)
        self._server.send(
            units,
            self._timestamp(number),
            following=self._timestamp(number + 1),
            key=key,
            wall_s=self._wall_clock() - late_s,
        )

    def _timestamp(self, number: int) -> int:
        return round((number / PICTURES_A_SECOND + self._faults.jump_s) * CLOCK_HZ)

    def _disturb(self, faults: CameraFaults) -> None:
        self._faults = faults
        self._server.speak(speaking=not faults.frozen)
        self._server.refuse(refusing=faults.closed)
        self._server.offer(self._film.encoder(faults).parameter_sets)
        _log.info("camera_disturbed", **msgspec.to_builtins(faults))


async def run(url: str, position_mm: float, zone: tzinfo) -> None:
    """Serve the camera of that URL until standard input ends."""
    place = urlsplit(url)
    if place.scheme != "rtsp" or not place.hostname:
        raise ValueError("the camera's url must be rtsp://HOST:PORT/PATH")
    film = Film(
        position_mm, lambda at_s: datetime.fromtimestamp(time.time() - time.monotonic() + at_s, zone), 1
    )
    server = RtspServer(
        place.hostname,
        _DEFAULT_PORT if place.port is None else place.port,
        place.path.rstrip("/"),
        film.encoder(CameraFaults()).parameter_sets,
        float(PICTURES_A_SECOND),
        SystemRandom(),
    )
    camera = BeltCamera(film, server, time.monotonic, time.time)
    feed = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(feed), sys.stdin.buffer)
    await server.start()
    _log.info("camera_started", position_mm=position_mm, port=server.port)
    filming = asyncio.create_task(camera.film(), name="filming")
    hearing = asyncio.create_task(camera.hear(feed), name="hearing")
    try:
        await asyncio.wait((filming, hearing), return_when=asyncio.FIRST_COMPLETED)
        if filming.done():
            filming.result()
        hearing.result()
    finally:
        filming.cancel()
        await server.stop()
    _log.info("camera_stopped")


def main(arguments: Sequence[str]) -> None:
    """Run the camera of `arguments`: URL, position in mm, time zone."""
    url, position_mm, timezone = arguments
    logs.configure("plant-camera")
    cv2.setNumThreads(1)
    asyncio.run(run(url, float(position_mm), ZoneInfo(timezone)))


if __name__ == "__main__":
    main(sys.argv[1:])
