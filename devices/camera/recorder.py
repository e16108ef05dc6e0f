"""One camera's recorder, a process of its own: `python -m devices.camera.recorder`.

Three threads: one reads the camera, one hears on stdin what is asked, the main one records and tells.
It ends when its stdin closes.
"""

import ctypes
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import BinaryIO

import cv2
import msgspec
import structlog

from config import logs
from devices.camera.footage_writer import FootageWriter
from devices.camera.recent import Recent
from devices.camera.requests import Ask, Line, Recorded, Setup
from devices.camera.stream import keep_reading

_PR_SET_PDEATHSIG = 1
_KEPT_S = 10.0  # of packets at least
_KEPT_BEYOND_S = 5.0  # the recording asked for: a request may come late
_BUDGET = 48_000_000  # bytes of packets; ten seconds of 16 Mbit/s need 20 MB
_LOOK_S = 0.1
_ACCOUNT_S = 1.0
_MOST_WAITING = 512
_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Recorder:
    """Answers every request, in the order in which they can be answered.

    Args:
        writer: makes the files.
        recent: tells how the camera does.
        tell: takes each line for the driver.
        clock: monotonic seconds.
    """

    def __init__(
        self, writer: FootageWriter, recent: Recent, tell: Callable[[Line], None], clock: Callable[[], float]
    ) -> None:
        self._writer = writer
        self._recent = recent
        self._tell = tell
        self._clock = clock
        self._waiting: list[Ask] = []
        self._told_s = float("-inf")

    def run(self, asked: "queue.Queue[Ask | None]") -> None:
        """Record what is asked until None is."""
        while True:
            try:
                ask = asked.get(timeout=_LOOK_S)
            except queue.Empty:
                pass
            else:
                if ask is None:
                    return
                self._accept(ask)
            self._record_due()
            self._give_account()

    def _accept(self, ask: Ask) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._tell(Recorded(ask.number, problem="the recorder has too many requests"))
        else:
            self._waiting.append(ask)

    def _record_due(self) -> None:
        due = [ask for ask in self._waiting if self._writer.is_due(ask)]
        for ask in due:
            self._waiting.remove(ask)
            self._tell(self._writer.record(ask))
            self._give_account()

    def _give_account(self) -> None:
        if self._clock() - self._told_s >= _ACCOUNT_S:
            self._told_s = self._clock()
            self._tell(self._recent.account())


def main() -> None:
    """Record one camera, as the first line on stdin says."""
    _die_with_parent()
    logs.configure("camera")
    cv2.setNumThreads(1)
    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=Setup)
    keep_s = max(_KEPT_S, setup.latency_s + setup.before_s + setup.after_s + _KEPT_BEYOND_S)
    recent, stop = Recent(keep_s, _BUDGET, time.monotonic), threading.Event()
    asked: queue.Queue[Ask | None] = queue.Queue()
    threading.Thread(target=keep_reading, args=(setup, recent, stop), daemon=True).start()
    threading.Thread(target=_hear, args=(sys.stdin.buffer, asked.put), daemon=True).start()
    writer = FootageWriter(setup, recent, time.monotonic)
    try:
        Recorder(writer, recent, _telling(sys.stdout.buffer), time.monotonic).run(asked)
    except BrokenPipeError:
        pass  # the driver is gone
    except Exception:
        _log.exception("recorder_failed", device=setup.device)
        os._exit(1)
    os._exit(0)  # the reading thread may sit in a time-out of its own, which nobody waits for


def _hear(lines: Iterable[bytes], put: Callable[[Ask | None], None]) -> None:
    decoder = msgspec.json.Decoder(Ask)
    try:
        for line in lines:
            put(decoder.decode(line))
    finally:
        put(None)


def _telling(stdout: BinaryIO) -> Callable[[Line], None]:
    encoder = msgspec.json.Encoder()

    def tell(line: Line) -> None:
        stdout.write(encoder.encode(line) + b"\n")
        stdout.flush()

    return tell


def _die_with_parent() -> None:
    """Ask the kernel for the end when the agent ends; other systems leave it to the closed stdin."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main()
