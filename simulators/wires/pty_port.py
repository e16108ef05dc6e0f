"""A serial port that never was: a pseudo terminal under a path of our choice, paced like a line of some baud.

Like a real port it drops what is sent while nobody listens. The reader opens the path with pyserial or any
other serial program; its baud setting is ignored, the plant's counts.
"""

import asyncio
import errno
import os
import select
import termios
import tty
from contextlib import suppress
from pathlib import Path

_BITS_A_BYTE = 10  # start, eight data, stop
_WAKE_S = 0.002
_READ_BYTES = 1024


class PtyPort:
    """The plant's end of a serial line, linked at `path`; use inside an event loop.

    Args:
        path: where the symbolic link to the terminal goes; an old link there is replaced.
        baud: how fast bytes leave.
    """

    def __init__(self, path: Path, baud: int) -> None:
        self._path = path
        self._byte_s = _BITS_A_BYTE / baud
        self._master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        self._terminal = os.ttyname(slave)
        fresh.symlink_to(self._terminal)
        fresh.replace(path)
        os.close(slave)  # so that the terminal hangs up whenever nobody else has it open
        self._hangup = select.poll()
        self._hangup.register(self._master, select.POLLHUP)
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._task = asyncio.create_task(self._send_paced(), name=f"serial line {path.name}")

    def send(self, frame: bytes) -> None:
        """Queue bytes for the line."""
        self._queue.put_nowait(frame)

    async def sent(self) -> None:
        """Wait until everything queued so far has left."""
        await self._queue.join()

    def received(self) -> bytes:
        """What the reader has written to us since the last call; empty when nobody has the port open."""
        try:
            return os.read(self._master, _READ_BYTES)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):  # nobody there; nothing there
                return b""
            raise

    async def close(self) -> None:
        """Stop sending, close the terminal and remove the link."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._path.is_symlink() and str(self._path.readlink()) == self._terminal:
            self._path.unlink()
        os.close(self._master)

    async def _send_paced(self) -> None:
        clock = asyncio.get_running_loop().time
        free_s = clock()
        while True:
            frame = await self._queue.get()
            start_s = max(free_s, clock())
            free_s = start_s + len(frame) * self._byte_s
            sent = 0
            while sent < len(frame):
                due = min(len(frame), int((clock() - start_s) / self._byte_s))
                if due > sent:
                    self._write(frame[sent:due])
                    sent = due
                else:
                    await asyncio.sleep(max(_WAKE_S, self._byte_s))
            self._queue.task_done()

    def _write(self, content: bytes) -> None:
        if self._hangup.poll(0):
            return
        with suppress(BlockingIOError):  # the listener does not read: the line overruns, as a real one does
            os.write(self._master, content)
