"""One serial line: read in a thread of its own, heard in the event loop, opened again by itself.

pyserial blocks, so it lives in a thread. What happens on the line comes to the loop as events. A port is a
device path (a link is followed anew at each opening) or a pyserial URL (`socket://…`).
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import cast

import serial
from msgspec import Struct

from devices.errors import LinkDown

_READ_S = 0.2  # a silent port is looked at this often for a request to stop
_WRITE_S = 1.0
_SHORTEST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0
_LARGEST_CHUNK = 256
_BITS_PER_BYTE = 10  # 8N1
_STOP_S = 1.0


class Opened(Struct, frozen=True):
    """The port is open."""


class Received(Struct, frozen=True):
    """Bytes came; `at_s` is when the last of them was read."""

    chunk: bytes
    at_s: float


class Lost(Struct, frozen=True):
    """The port could not be opened, or was lost; it is tried again."""

    reason: str


LineEvent = Opened | Received | Lost


class SerialLine:
    """A line that stays open as far as it can.

    Args:
        port: device path or pyserial URL.
        baud: also the fastest it is read: a babbling port cannot flood the loop.
        clock: monotonic seconds; called in the reading thread.
        greeting: written each time the port has been opened.
    """

    def __init__(self, port: str, baud: int, clock: Callable[[], float], greeting: bytes = b"") -> None:
        self._port = port
        self._baud = baud
        self._clock = clock
        self._greeting = greeting
        self._open: serial.Serial | None = None
        self._guard = threading.Lock()  # nobody writes to a file descriptor that is being closed

    async def run(self, hear: Callable[[LineEvent], None]) -> None:
        """Report what happens on the line, in the loop, until cancelled."""
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[LineEvent] = asyncio.Queue()
        ended = asyncio.Event()
        stop = threading.Event()

        def post(call: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(call)

        def tell(event: LineEvent) -> None:
            post(lambda: events.put_nowait(event))

        def read() -> None:
            self._keep_open(tell, stop)
            post(ended.set)

        threading.Thread(target=read, name=f"serial {self._port}", daemon=True).start()
        try:
            while True:
                hear(await events.get())
        finally:
            stop.set()
            self._abort_read()
            with contextlib.suppress(
                TimeoutError
            ):  # opening a dead socket can take seconds: the thread ends later
                await asyncio.wait_for(ended.wait(), _STOP_S)

    async def write(self, content: bytes) -> None:
        """Send bytes; LinkDown if the port is not open or does not take them within a second."""
        await asyncio.to_thread(self._write, content)

    def _write(self, content: bytes) -> None:
        with self._guard:
            if self._open is None:
                raise LinkDown(f"{self._port}: not open")
            try:
                self._open.write(content)
            except (serial.SerialException, OSError) as error:
                raise LinkDown(f"{self._port}: {error}") from error

    def _abort_read(self) -> None:
        if not self._guard.acquire(blocking=False):
            return  # it is being closed or written to, which can take seconds: the loop does not wait
        try:
            abort: Callable[[], None] | None = getattr(self._open, "cancel_read", None)
            if abort is not None:
                abort()
        finally:
            self._guard.release()

    def _keep_open(self, tell: Callable[[LineEvent], None], stop: threading.Event) -> None:
        pause_s = _SHORTEST_PAUSE_S
        while not stop.is_set():
            try:
                port = self._connect()
                tell(Opened())
                pause_s = _SHORTEST_PAUSE_S
                self._read(port, stop, tell)
            except (
                Exception
            ) as error:  # pyserial lets termios.error, TypeError and ValueError through as well
                tell(Lost(f"{self._port}: {error}"))
            finally:
                self._disconnect()
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _connect(self) -> serial.Serial:
        port = cast(
            serial.Serial,
            serial.serial_for_url(
                self._port, baudrate=self._baud, timeout=_READ_S, write_timeout=_WRITE_S, exclusive=True
            ),
        )
        with self._guard:
            self._open = port
        if self._greeting:
            port.write(self._greeting)
        return port

    def _disconnect(self) -> None:
        with self._guard:
            port, self._open = self._open, None
            if port is not None:
                with contextlib.suppress(serial.SerialException, OSError):
                    port.close()

    def _read(self, port: serial.Serial, stop: threading.Event, tell: Callable[[LineEvent], None]) -> None:
        """Read no faster than the line can bring: what a burst is ahead of it has to wait."""
        byte_s = _BITS_PER_BYTE / self._baud
        due_s = self._clock()
        while not stop.is_set():
            chunk = port.read(1)
            if not chunk:
                continue
            chunk += port.read(min(port.in_waiting, _LARGEST_CHUNK - 1))
            at_s = self._clock()
            tell(Received(chunk, at_s))
            due_s = max(due_s, at_s) + len(chunk) * byte_s
            ahead_s = due_s - at_s - _LARGEST_CHUNK * byte_s
            if ahead_s > 0:
                stop.wait(ahead_s)
