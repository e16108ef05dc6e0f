"""A stage for the belt camera: a belt that runs by the clock, and viewers that note when they saw what."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from av.error import InvalidDataError
from numpy.typing import NDArray

from config.settings import CameraDevice
from simulators.camera import CameraSimulator
from simulators.camera_feed import TELL_EVERY_S, BeltSeen, SeenItem

POSITION_MM = 2900
SPEED_MM_S = 1000.0
PITCH_MM = 900.0
LENGTH_MM = 300.0
_OPEN_WITHIN_S = 15.0


@dataclass(frozen=True)
class Shot:
    """A picture as a viewer got it."""

    arrived_s: float  # monotonic
    stamp_s: float  # its time stamp
    grey: NDArray[np.uint8]


def number(place: int) -> str:
    """The number on the label of the item at a place of the row."""
    return f"SF{place:013d}"


def middle_mm(place: int, time_s: float) -> float:
    """Where the middle of an item is at a time: item 0 is under the camera at 0."""
    return POSITION_MM + time_s * SPEED_MM_S - place * PITCH_MM


def belt(time_s: float) -> BeltSeen:
    """The belt at a time, with the items that are anywhere near the camera."""
    nearest = round(time_s * SPEED_MM_S / PITCH_MM)
    items = tuple(
        SeenItem(middle_mm(place, time_s) + LENGTH_MM / 2, LENGTH_MM, 250.0, place, (number(place),))
        for place in range(max(0, nearest - 3), nearest + 4)
    )
    return BeltSeen(time_s, time_s * SPEED_MM_S, SPEED_MM_S, items)


@asynccontextmanager
async def filming(port: int) -> AsyncGenerator[CameraSimulator]:
    """A camera that is told of the belt, at its right times, until the end."""
    device = CameraDevice(name="belt", url=f"rtsp://127.0.0.1:{port}/belt", position_mm=POSITION_MM)
    camera = CameraSimulator(device)
    camera.start()

    async def tell() -> None:
        while True:
            camera.show(belt(time.monotonic()))
            await asyncio.sleep(TELL_EVERY_S)

    telling = asyncio.create_task(tell())
    try:
        yield camera
    finally:
        telling.cancel()
        camera.stop()


@contextmanager
def opened(port: int, *, silence_s: float = 5.0) -> Generator[InputContainer]:
    """The stream, opened by PyAV as soon as the camera serves it."""
    options = {"rtsp_transport": "tcp", "fflags": "nobuffer", "analyzeduration": "200000"}
    deadline_s = time.monotonic() + _OPEN_WITHIN_S
    while True:
        try:
            container = av.open(f"rtsp://127.0.0.1:{port}/belt", options=options, timeout=(5.0, silence_s))
        except (ConnectionRefusedError, InvalidDataError):
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)
            continue
        with container:
            yield container
        return


def shots(container: InputContainer) -> Iterator[Shot]:
    """The pictures of a stream as they arrive, but for the first, whose time FFmpeg does not tell."""
    for frame in container.decode(video=0):
        if frame.pts is not None:
            grey = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            yield Shot(time.monotonic(), frame.time, grey)


async def watch(port: int, until: Callable[[list[Shot]], bool]) -> list[Shot]:
    """See the stream in a thread until `until` holds of what was seen."""

    def see() -> list[Shot]:
        seen: list[Shot] = []
        with opened(port) as container:
            for shot in shots(container):
                seen.append(shot)
                if until(seen):
                    break
        return seen

    return await asyncio.to_thread(see)
