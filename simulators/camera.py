"""The plant's end of its belt camera: starts the camera's process, tells it what is on the belt, ends it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import structlog

from config.settings import CameraDevice
from simulators.camera_faults import CameraFaults
from simulators.camera_feed import BeltSeen, Disturb, write_line

_STOP_WITHIN_S = 3.0
_AGAIN_AFTER_S = 1.0
_log = structlog.get_logger()


class CameraSimulator:
    """One camera; none of its methods waits for the camera, which may hang or die without harm to the plant.

    To be used from the main thread: the process dies with the thread that started it.

    Args:
        device: where it hangs and where it serves.
        timezone: of the clock in its picture.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        device: CameraDevice,
        timezone: str = "Asia/Shanghai",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._timezone, self._clock = device, timezone, clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._faults = CameraFaults()
        self._feed = -1  # our end of the pipe
        self._unwritten = b""

    @property
    def pid(self) -> int | None:
        """Its process; None before `start` and after `stop`."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the camera; it serves as soon as its programs are loaded, about a second later."""
        if self._process is None:
            self._spawn()

    def show(self, seen: BeltSeen) -> None:
        """Tell it what is on the belt; to be called about every `camera_feed.TELL_EVERY_S`.

        A camera that does not listen misses what it is told; one that has died is started again.
        """
        if self._process is None:
            return
        if (code := self._process.poll()) is not None:
            if self._clock() - self._started_s < _AGAIN_AFTER_S:
                return
            _log.warning("camera_process_died", camera=self._device.name, exit_code=code)
            os.close(self._feed)
            self._spawn()
        if not self._unwritten:
            self._unwritten = write_line(seen)
        self._flush()

    def disturb(self, faults: CameraFaults) -> None:
        """Give it these faults, and no others, from now on; they outlive a restart."""
        self._faults = faults
        if self._process is not None:
            self._unwritten += write_line(Disturb(faults))
            self._flush()

    def stop(self) -> None:
        """End it; may be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        os.close(self._feed)  # which it takes as the end
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _spawn(self) -> None:
        python = (sys.executable, "-P", "-m")
        tied = (*python, "simulators.processes", str(os.getpid()))  # the kernel ends it when the plant dies
        what = (self._device.url, str(self._device.position_mm), self._timezone)
        hears, self._feed = os.pipe()
        os.set_blocking(self._feed, False)
        try:
            self._process = subprocess.Popen(
                [*tied, *python, "simulators.camera_process", *what],
                stdin=hears,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            os.close(self._feed)
            raise
        finally:
            os.close(hears)
        self._started_s = self._clock()
        self._unwritten = b"" if self._faults == CameraFaults() else write_line(Disturb(self._faults))
        self._flush()

    def _flush(self) -> None:
        """Write what the pipe takes; a line once begun is ended before the next."""
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._feed, self._unwritten) :]
        except BlockingIOError:
            pass  # it does not read: what is new meanwhile grows old and is left out
        except BrokenPipeError:
            self._unwritten = b""  # it died; `show` sees to it
