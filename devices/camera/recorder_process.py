"""A recorder process and the watch over it: started, heard, killed when it hangs, started again.

Everything here happens in the event loop, and nothing waits for the process.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable

import msgspec
import structlog
from msgspec import Struct

from devices.camera.requests import Account, Ask, CameraState, Line, Setup

_COMMAND = (sys.executable, "-P", "-m", "devices.camera.recorder")
_LOOK_S = 0.5
_LONGEST_LINE = 65_536
_SHOWING = frozenset({CameraState.LIVE, CameraState.BLACK, CameraState.FROZEN})
_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Patience(Struct, frozen=True):
    """How long a recorder may do nothing, and how soon it is started again."""

    silent_s: float = 8.0  # it speaks every second; its start takes one or two on a busy machine
    no_frames_s: float = 20.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 60.0  # doubled up to this, while no frames come


class RecorderProcess:
    """Keeps one recorder running.

    Args:
        setup: what it is told first; called at each start, may raise OSError or ValueError.
        hear: takes every line it says.
        ended: told why, each time it is gone.
        clock: monotonic seconds.
        patience: with the recorder.
    """

    def __init__(
        self,
        setup: Callable[[], Setup],
        hear: Callable[[Line], None],
        ended: Callable[[str], None],
        clock: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._setup = setup
        self._hear = hear
        self._ended = ended
        self._clock = clock
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._heard_s = self._frames_s = 0.0
        self._saw_frames = False
        self._encoder = msgspec.json.Encoder()
        self._lines = msgspec.json.Decoder(Line)

    @property
    def pid(self) -> int | None:
        """Of the recorder, while there is one."""
        return self._process.pid if self._process else None

    def send(self, ask: Ask) -> bool:
        """Hand over a request; False while no recorder is there to take it."""
        return self._write(ask)

    async def run(self) -> None:
        """Start it, watch it, start it again, until cancelled."""
        patience = self._patience
        pause_s = patience.shortest_pause_s
        while True:
            self._saw_frames = False
            try:
                reason = await self._live_once()
            except (OSError, ValueError) as error:
                reason = f"the recorder cannot be started: {error}"
            self._ended(reason)
            _log.warning("recorder_ended", reason=reason)
            if self._saw_frames:
                pause_s = patience.shortest_pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, patience.longest_pause_s)

    async def _live_once(self) -> str:
        setup = self._setup()
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
        )
        self._process = process
        self._heard_s = self._frames_s = self._clock()
        listening = asyncio.create_task(self._listen(process))
        try:
            self._write(setup)
            while not listening.done():
                if why := self._hangs():
                    return why
                await asyncio.wait([listening], timeout=_LOOK_S)
            return await listening
        finally:
            self._process = None
            listening.cancel()
            await _end(process)

    async def _listen(self, process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None  # noqa: S101  it was asked for
        try:
            while line := await process.stdout.readline():
                self._take(self._lines.decode(line))
        except (ValueError, msgspec.DecodeError):
            return "the recorder said what is no answer"
        return "the recorder ended"

    def _take(self, line: Line) -> None:
        self._heard_s = self._clock()
        if isinstance(line, Account) and line.state in _SHOWING:
            self._frames_s, self._saw_frames = self._heard_s, True
        self._hear(line)

    def _hangs(self) -> str:
        now_s = self._clock()
        if now_s - self._heard_s > self._patience.silent_s:
            return f"the recorder said nothing for {self._patience.silent_s:.0f} s"
        if now_s - self._frames_s > self._patience.no_frames_s:
            return f"no frames for {self._patience.no_frames_s:.0f} s"
        return ""

    def _write(self, value: Setup | Ask) -> bool:
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return False
        self._process.stdin.write(self._encoder.encode(value) + b"\n")
        return True


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it: it holds nothing that its driver does not clear away. It is gone then, cancelled or not."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    gone = asyncio.ensure_future(process.wait())
    try:
        await asyncio.shield(gone)
    except asyncio.CancelledError:
        await gone
        raise
