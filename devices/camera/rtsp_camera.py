"""A camera that speaks RTSP; its recorder is a process of its own, so that no stream harms the agent."""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

import structlog
from msgspec import Struct

from config.settings import CameraDevice
from devices.camera.recorder_process import Patience, RecorderProcess
from devices.camera.requests import Account, Ask, CameraState, Line, Recorded, Setup
from devices.health import HealthRecord
from devices.interfaces import Footage, Health, MediaFile

_MOST_WAITING = 256
_ANSWER_S = 10.0  # after a clip's last frame
_LOOK_S = 0.2
_PATIENCE = Patience()
_STILL, _CLIP = "image/jpeg", "video/mp4"
_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _Request(Struct, frozen=True):
    """A passage to film, and since when nobody need wait for it any more."""

    passage_id: str
    at_s: float
    overdue_s: float


class RtspCamera:
    """A `devices.interfaces.Camera`.

    Args:
        device: its settings.
        data: the data folder; recordings lie in `camera/` there until the agent takes them.
        clock: monotonic seconds; CLOCK_MONOTONIC, since the recorder's moments are of the same clock.
        patience: with the recorder.
        answer_s: how long after a clip's last frame its answer may come.
    """

    def __init__(
        self,
        device: CameraDevice,
        data: Path,
        clock: Callable[[], float],
        patience: Patience = _PATIENCE,
        answer_s: float = _ANSWER_S,
    ) -> None:
        self._device = device
        self._data = data
        self._folder = _folder(device, data)
        self._clock = clock
        self._health = HealthRecord(device.name, clock)
        self._recorder = RecorderProcess(self._setup, self._hear, self._recorder_ended, clock, patience)
        self._answer_s = answer_s
        self._unsent: dict[int, _Request] = {}
        self._asked: dict[int, _Request] = {}
        self._answers: list[Footage] = []
        self._woken = asyncio.Event()
        self._number = 0

    @property
    def name(self) -> str:
        """The device's name."""
        return self._device.name

    @property
    def recorder_pid(self) -> int | None:
        """The recorder's process id, while there is one."""
        return self._recorder.pid

    def health(self) -> Health:
        """Its account of itself; `detail` says frames a second and size, or what is wrong."""
        return self._health.now

    def film(self, passage_id: str, at_s: float) -> None:
        """Ask for a still and a clip around `at_s`, which may lie some seconds ahead or back; never waits."""
        end_s = at_s + (self._device.latency_ms + self._device.after_ms) / 1000
        request = _Request(passage_id, at_s, max(end_s, self._clock()) + self._answer_s)
        if len(self._unsent) + len(self._asked) >= _MOST_WAITING:
            self._answer(request, "too many requests wait for this camera")
        else:
            self._number += 1
            self._unsent[self._number] = request
        self._woken.set()

    async def run(self, emit: Callable[[Footage], None]) -> None:
        """Record and emit until cancelled. What an earlier run left in the folder is removed first."""
        try:
            await asyncio.to_thread(_clear, self._folder)
        except OSError as error:  # the recorder will say so with each recording
            self._health.become_offline(f"{self._folder}: {error.strerror}")
        recording = asyncio.create_task(self._recorder.run())
        try:
            while not recording.done():
                self._send()
                self._expire()
                answers, self._answers = self._answers, []
                for footage in answers:
                    emit(footage)
                await self._pause()
            await recording
        finally:
            recording.cancel()
            await asyncio.gather(recording, return_exceptions=True)

    async def _pause(self) -> None:
        # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event it waits for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._woken.wait()
        self._woken.clear()

    def _send(self) -> None:
        for number, request in list(self._unsent.items()):
            if not self._recorder.send(Ask(number, request.at_s)):
                return
            self._asked[number] = self._unsent.pop(number)

    def _expire(self) -> None:
        now_s = self._clock()
        for waiting in (self._asked, self._unsent):
            for number in [number for number, each in waiting.items() if each.overdue_s < now_s]:
                self._answer(waiting.pop(number), "the recorder did not answer in time")

    def _hear(self, line: Line) -> None:
        match line:
            case Account():
                self._judge(line)
            case Recorded():
                self._take(line)
            case _:
                assert_never(line)

    def _take(self, line: Recorded) -> None:
        still = MediaFile(line.still, _STILL) if line.still else None
        clip = MediaFile(line.clip, _CLIP) if line.clip else None
        request = self._asked.pop(line.number, None)
        if request is None:  # it was answered without them: nobody would take them
            for file in (still, clip):
                if file is not None:
                    Path(file.path).unlink(missing_ok=True)
            return
        self._health.count(1)
        self._answer(request, line.problem, still, clip)

    def _answer(
        self, request: _Request, problem: str, still: MediaFile | None = None, clip: MediaFile | None = None
    ) -> None:
        if problem:
            _log.warning("footage_incomplete", device=self.name, passage=request.passage_id, problem=problem)
        self._answers.append(Footage(self.name, request.passage_id, request.at_s, still, clip, problem))
        self._woken.set()

    def _judge(self, account: Account) -> None:
        size = f"{account.width}×{account.height}"
        picture = f"{account.fps:.0f} frames/s, {size}" if account.fps else size
        match account.state:
            case CameraState.CONNECTING:
                pass
            case CameraState.LIVE:
                self._health.become_online(picture)
            case CameraState.BLACK:
                self._health.become_degraded(f"black picture, {picture}", errors=0)
            case CameraState.FROZEN:
                self._health.become_degraded(f"frozen picture, {picture}", errors=0)
            case CameraState.NO_KEY_FRAME:
                self._health.become_degraded("no key frame comes", errors=0)
            case CameraState.NO_FRAMES:
                self._health.become_offline("no frames")
            case CameraState.LOST:
                self._health.become_offline(f"reconnecting: {account.detail}")
            case _:
                assert_never(account.state)

    def _recorder_ended(self, reason: str) -> None:
        self._health.become_offline(reason)
        asked, self._asked = self._asked, {}
        for number, request in asked.items():
            for path in self._folder.glob(f"{number}.*"):  # written, but not told
                path.unlink(missing_ok=True)
            self._answer(request, f"not recorded: {reason}")

    def _setup(self) -> Setup:
        device = self._device
        return Setup(
            device=device.name,
            url=device.url,
            folder=str(self._folder),
            latency_s=device.latency_ms / 1000,
            before_s=device.before_ms / 1000,
            after_s=device.after_ms / 1000,
            username=device.username,
            password=self._password(),
        )

    def _password(self) -> str:
        if not self._device.password_file:
            return ""
        return (self._data / self._device.password_file).read_text(encoding="utf-8").strip()


def _folder(device: CameraDevice, data: Path) -> Path:
    """A folder of this camera's own: lines may share a data folder, and names, but not the camera."""
    return data / "camera" / f"{device.name}-{hashlib.sha256(device.url.encode()).hexdigest()[:8]}"


def _clear(folder: Path) -> None:
    """Recordings lie in the open here and show labels: none outlives the run that made it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.iterdir():
        path.unlink()
