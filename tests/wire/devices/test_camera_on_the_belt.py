"""The camera driver against the plant's camera, over RTSP: each still shows its own parcel, come what may."""

# pyright: reportUnknownMemberType=false

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import av
import cv2

from config.settings import CameraDevice
from devices.catalogue import make_camera
from devices.interfaces import DeviceState, Footage
from simulators.camera import CameraSimulator
from simulators.camera_faults import CameraFaults
from simulators.camera_feed import TELL_EVERY_S, BeltSeen, SeenItem
from tests.wire.devices.camera_rig import Rig, rig

POSITION_MM, SPEED_MM_S, PITCH_MM, LENGTH_MM = 2900, 1000, 1000, 400
HEALTHY = CameraFaults()


class Belt:
    """Parcels a metre apart, each with its number on the label, passing since `begun_s`."""

    def __init__(self) -> None:
        self.begun_s = time.monotonic()

    def under_the_camera_s(self, number: int) -> float:
        """When the middle of a parcel is under the camera's middle."""
        return self.begun_s + (POSITION_MM + number * PITCH_MM) / SPEED_MM_S

    def number_at(self, at_s: float) -> int:
        """The next parcel to come under the camera after a moment."""
        return int((at_s - self.begun_s) * SPEED_MM_S - POSITION_MM) // PITCH_MM + 1

    def seen(self, at_s: float) -> BeltSeen:
        """What the plant tells its camera."""
        travel_mm = (at_s - self.begun_s) * SPEED_MM_S
        numbers = range(max(0, self.number_at(at_s) - 3), self.number_at(at_s) + 3)
        items = [
            SeenItem(
                front_mm=travel_mm - number * PITCH_MM + LENGTH_MM / 2,
                length_mm=LENGTH_MM,
                width_mm=300,
                seed=number,
                labels=(label(number),),
            )
            for number in numbers
        ]
        return BeltSeen(time_s=at_s, travel_mm=travel_mm, speed_mm_s=SPEED_MM_S, items=tuple(items))


def label(number: int) -> str:
    return f"SF{1_000_000_000_000 + number}"


@asynccontextmanager
async def plant_camera(device: CameraDevice) -> AsyncGenerator[tuple[CameraSimulator, Belt]]:
    """The plant's camera over a running belt."""
    belt, simulator = Belt(), CameraSimulator(device)

    async def tell() -> None:
        while True:
            simulator.show(belt.seen(time.monotonic()))
            await asyncio.sleep(TELL_EVERY_S)

    simulator.start()
    telling = asyncio.create_task(tell())
    try:
        yield simulator, belt
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await asyncio.to_thread(simulator.stop)


def belt_device(port: int) -> CameraDevice:
    return CameraDevice(name="belt", url=f"rtsp://127.0.0.1:{port}/belt", position_mm=POSITION_MM)


def read_label(footage: Footage) -> str:
    assert footage.still is not None, footage
    picture = cv2.imread(footage.still.path)
    assert picture is not None
    return cv2.QRCodeDetector().detectAndDecode(picture)[0]


async def film_next(running: Rig, belt: Belt) -> tuple[str, Footage]:
    """Film the next parcel that comes, in time; its label and the footage."""
    number = belt.number_at(time.monotonic() + 0.1)
    running.camera.film(f"passage-{number}", belt.under_the_camera_s(number))
    return label(number), await running.footage(f"passage-{number}")


async def warm(running: Rig) -> None:
    await running.until_state(DeviceState.ONLINE)
    await asyncio.sleep(1.8)  # before the first moment asked for


async def test_each_still_shows_its_own_parcel(tmp_path: Path, free_port: Callable[[], int]) -> None:
    device = belt_device(free_port())
    assert make_camera(device, tmp_path, time.monotonic).name == "belt"
    async with plant_camera(device) as (_, belt), rig(device, tmp_path) as running:
        await warm(running)
        first = belt.number_at(time.monotonic())
        for number in range(first, first + 4):
            running.camera.film(str(number), belt.under_the_camera_s(number))
        for number in range(first, first + 4):
            footage = await running.footage(str(number))
            assert footage.problem == ""
            assert read_label(footage) == label(number)
            assert footage.clip is not None
            with av.open(footage.clip.path) as clip:
                assert clip.duration is not None
                assert 2.9 <= clip.duration / 1_000_000 <= 4.2  # a key frame comes every second
                assert sum(1 for _ in clip.decode(video=0)) >= 36
            reader = cv2.VideoCapture(footage.clip.path)
            assert reader.read()[0]
            reader.release()
        await running.until_state(DeviceState.ONLINE, "1280×720")


async def test_a_camera_that_stands_still_is_survived(tmp_path: Path, free_port: Callable[[], int]) -> None:
    device = belt_device(free_port())
    async with plant_camera(device) as (simulator, belt), rig(device, tmp_path) as running:
        await warm(running)
        assert simulator.pid is not None
        os.kill(simulator.pid, signal.SIGSTOP)
        try:
            await running.until_state(DeviceState.OFFLINE, "no frames")
            _, footage = await film_next(running, belt)
            assert footage.still is None
            await running.until_state(DeviceState.OFFLINE, "reconnecting")  # the time-out for reading
        finally:
            os.kill(simulator.pid, signal.SIGCONT)
        await warm(running)
        expected, footage = await film_next(running, belt)
        assert read_label(footage) == expected


async def test_its_faults_are_told_and_end(tmp_path: Path, free_port: Callable[[], int]) -> None:
    device = belt_device(free_port())
    async with plant_camera(device) as (simulator, belt), rig(device, tmp_path) as running:
        await warm(running)
        simulator.disturb(CameraFaults(black=True))
        await running.until_state(DeviceState.DEGRADED, "black picture")
        simulator.disturb(HEALTHY)
        await running.until_state(DeviceState.ONLINE)
        simulator.disturb(CameraFaults(stuck=True))
        await running.until_state(DeviceState.DEGRADED, "frozen picture")
        simulator.disturb(CameraFaults(small=True))
        await running.until_state(DeviceState.ONLINE, "640×360")
        simulator.disturb(CameraFaults(jump_s=3000.0))
        await running.until_state(DeviceState.ONLINE, "1280×720")
        await asyncio.sleep(1.8)
        expected, footage = await film_next(running, belt)
        assert (read_label(footage), footage.problem) == (expected, "")
        simulator.disturb(CameraFaults(closed=True))
        await running.until_state(DeviceState.OFFLINE, "reconnecting")
        simulator.disturb(HEALTHY)
        await warm(running)
        expected, footage = await film_next(running, belt)
        assert read_label(footage) == expected
