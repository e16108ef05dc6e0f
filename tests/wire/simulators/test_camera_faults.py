"""The camera's faults as a viewer meets them, and what happens when its process hangs or dies."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest
from av.error import FFmpegError

from config.settings import CameraDevice
from simulators.camera import CameraSimulator
from simulators.camera_faults import CameraFaults
from tests.wire.simulators.belt_stage import belt, filming, opened, shots, watch

HEALTHY = CameraFaults()


def alive(pid: int | None) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_frozen_camera_sends_nothing_until_it_is_healed(free_port: Callable[[], int]) -> None:
    port = free_port()
    async with filming(port) as camera:

        def see() -> bool:
            with opened(port, silence_s=1.0) as container:
                pictures = shots(container)
                next(pictures)
                camera.disturb(CameraFaults(frozen=True))
                try:
                    for _ in zip(range(100), pictures, strict=False):
                        pass
                except FFmpegError:
                    return True  # nothing for a second
            return False

        assert await asyncio.to_thread(see)
        camera.disturb(HEALTHY)
        assert len(await watch(port, lambda seen: len(seen) >= 5)) == 5


async def test_a_closing_camera_hangs_up_and_comes_back(free_port: Callable[[], int]) -> None:
    port = free_port()
    async with filming(port) as camera:

        def see() -> int:
            with opened(port) as container:
                pictures = shots(container)
                next(pictures)
                camera.disturb(CameraFaults(closed=True))
                return sum(1 for _ in zip(range(100), pictures, strict=False))

        assert await asyncio.to_thread(see) < 50
        camera.disturb(HEALTHY)
        assert len(await watch(port, lambda seen: len(seen) >= 5)) == 5


async def test_time_stamps_jump_when_told(free_port: Callable[[], int]) -> None:
    port = free_port()
    async with filming(port) as camera:

        def see() -> list[float]:
            with opened(port) as container:
                pictures = shots(container)
                before = next(pictures).stamp_s
                camera.disturb(CameraFaults(jump_s=100.0))
                for _, shot in zip(range(100), pictures, strict=False):
                    if shot.stamp_s > before + 50:
                        return [before, shot.stamp_s]
            return []

        before, after = await asyncio.to_thread(see)
    assert after - before == pytest.approx(100, abs=10)


async def test_the_resolution_changes_within_the_stream(free_port: Callable[[], int]) -> None:
    port = free_port()
    async with filming(port) as camera:

        def see() -> tuple[int, ...]:
            with opened(port) as container:
                pictures = shots(container)
                assert next(pictures).grey.shape == (720, 1280)
                camera.disturb(CameraFaults(small=True))
                for _, shot in zip(range(100), pictures, strict=False):
                    if shot.grey.shape != (720, 1280):
                        return shot.grey.shape
            return ()

        assert await asyncio.to_thread(see) == (360, 640)


async def test_a_camera_that_died_is_started_again_with_its_faults(free_port: Callable[[], int]) -> None:
    port = free_port()
    async with filming(port) as camera:
        await watch(port, lambda seen: len(seen) >= 1)
        camera.disturb(CameraFaults(black=True))
        first = camera.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        [shot] = await watch(port, lambda seen: len(seen) >= 1)
        assert camera.pid != first
        assert float(shot.grey.mean()) < 10


def test_a_camera_that_hangs_does_not_hold_the_plant_up(
    free_port: Callable[[], int], wait_until: Callable[..., None]
) -> None:
    device = CameraDevice(name="belt", url=f"rtsp://127.0.0.1:{free_port()}/belt", position_mm=2900)
    camera = CameraSimulator(device)
    camera.start()
    try:
        pid = camera.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        began_s = time.monotonic()
        for _ in range(500):  # many times what a pipe holds
            camera.show(belt(time.monotonic()))
        assert time.monotonic() - began_s < 2
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: camera.show(belt(time.monotonic())) or alive(pid), "it runs on")
    finally:
        camera.stop()
    assert not alive(pid)


def test_the_camera_dies_with_its_plant(
    free_port: Callable[[], int], wait_until: Callable[..., None]
) -> None:
    program = (
        "import sys, time\n"
        "from config.settings import CameraDevice\n"
        "from simulators.camera import CameraSimulator\n"
        f"device = CameraDevice(name='belt', url='rtsp://127.0.0.1:{free_port()}/belt', position_mm=2900)\n"
        "camera = CameraSimulator(device)\n"
        "camera.start()\n"
        "print(camera.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as plant:
        assert plant.stdout
        pid = int(plant.stdout.readline())
        assert alive(pid)
        plant.kill()
    wait_until(lambda: not alive(pid), "the camera is gone")


def test_starting_and_stopping_twice_is_the_same_as_once(free_port: Callable[[], int]) -> None:
    device = CameraDevice(name="belt", url=f"rtsp://127.0.0.1:{free_port()}/belt", position_mm=2900)
    camera = CameraSimulator(device)
    camera.start()
    pid = camera.pid
    camera.start()
    assert camera.pid == pid
    camera.stop()
    camera.stop()
    assert camera.pid is None
    assert not alive(pid)
