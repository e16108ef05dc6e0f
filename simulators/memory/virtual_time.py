"""An asyncio event loop whose time is simulated: when nothing is ready it jumps to the next timer.

Nothing in it may wait for the outside: no sockets, no threads, no subprocesses.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

_T = TypeVar("_T")

EPOCH = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # wall-clock time when the virtual clock shows 0


class Deadlock(RuntimeError):  # noqa: N818  what it is
    """Nothing is ready and no timer is set: the simulation would wait for ever."""


class _NoFiles(selectors.SelectSelector):
    """A selector that never looks at a file: to wait is to move the clock."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Pass the time until the next timer at once."""
        if timeout is None:
            raise Deadlock("nothing is ready and no timer is set")
        self.now_s += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs a simulation; `time()` begins at 0 seconds."""

    def __init__(self) -> None:
        self._files = _NoFiles()
        super().__init__(self._files)

    def time(self) -> float:
        """Simulated seconds."""
        return self._files.now_s


class Clock:
    """The simulated clocks: monotonic seconds, and a wall clock that can be set wrong."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.wrong_by_s = 0.0

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def wall(self) -> datetime:
        """UTC, as the machine believes."""
        return EPOCH + timedelta(seconds=self._loop.time() + self.wrong_by_s)


def run(main: Coroutine[Any, Any, _T], loop: VirtualLoop) -> _T:
    """Run a simulation to its end, in no time of ours."""
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
