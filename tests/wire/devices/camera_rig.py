"""A camera's driver at work, with what it emitted; for tests."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.settings import CameraDevice
from devices.camera.recorder_process import Patience
from devices.camera.rtsp_camera import RtspCamera
from devices.interfaces import DeviceState, Footage

WITHIN_S = 30.0
QUICK = Patience(silent_s=4.0, shortest_pause_s=0.05, longest_pause_s=0.5)


@dataclass
class Rig:
    """The driver and what came of it."""

    camera: RtspCamera
    emitted: list[Footage] = field(default_factory=list[Footage])

    async def until(self, condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
        """Wait for a condition."""
        deadline_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise AssertionError(f"still not: {what}; {self.camera.health()}, {self.emitted}")
            await asyncio.sleep(0.02)

    async def until_state(self, state: DeviceState, detail: str = "") -> None:
        """Wait until the driver's account says this."""
        await self.until(
            lambda: self.camera.health().state is state and detail in self.camera.health().detail,
            f"{state} {detail}",
        )

    async def footage(self, passage_id: str) -> Footage:
        """The one answer about a passage."""
        await self.until(lambda: any(each.passage_id == passage_id for each in self.emitted), passage_id)
        [found] = [each for each in self.emitted if each.passage_id == passage_id]
        return found

    async def film(self, passage_id: str) -> Footage:
        """Film this moment and wait for what comes of it."""
        self.camera.film(passage_id, time.monotonic())
        return await self.footage(passage_id)

    async def another_recorder(self, than: int | None) -> None:
        """Wait until another process records."""
        await self.until(lambda: self.camera.recorder_pid not in {None, than}, "another recorder")


@asynccontextmanager
async def rig(
    device: CameraDevice, data: Path, *, patience: Patience = QUICK, answer_s: float = 10.0
) -> AsyncGenerator[Rig]:
    """The driver of `device`, running; afterwards it is cancelled, and its recorder must be gone."""
    camera = RtspCamera(device, data, time.monotonic, patience, answer_s)
    running = Rig(camera)
    task = asyncio.create_task(camera.run(running.emitted.append))
    pid = None
    try:
        yield running
        pid = camera.recorder_pid
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if pid is not None:
        assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
