"""An asyncio event loop whose time is simulated: when nothing is ready it jumps to the next timer.

Nothing in it may wait for the outside: no sockets, no threads, no subprocesses.
"""

import asyncio
from asyncio import Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

_T = TypeVar("_T")

EPOCH = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # wall-clock time when the virtual clock shows 0


class Deadlock(RuntimeError):  # noqa: N818  what it is
    """Nothing is ready and no timer is set: the simulation would wait for ever."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs a simulation; `time()` begins at 0 seconds. Of two timers for one moment the older goes first."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._soon: deque[Handle] = deque()
        self._timers: list[tuple[float, int, TimerHandle]] = []  # a heap
        self._order = count()

    def time(self) -> float:
        """Simulated seconds."""
        return self._now_s

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        """Call after what is ready already."""
        handle = Handle(callback, args, self, context)
        self._soon.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Call after so many simulated seconds."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Call at that simulated second."""
        timer = TimerHandle(when, callback, args, self, context)
        heappush(self._timers, (when, next(self._order), timer))
        return timer

    def _run_once(self) -> None:
        """All that is ready now; if nothing is, what the next timer is for."""
        soon = self._soon
        if not soon:
            self._pass_time()
        for _ in range(len(soon)):
            handle = soon.popleft()
            if not handle.cancelled():
                handle._run()  # pyright: ignore[reportPrivateUsage]

    def _pass_time(self) -> None:
        """Move the clock to the next timer; those of that moment are ready then."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        if not timers:
            raise Deadlock("nothing is ready and no timer is set")
        self._now_s = max(self._now_s, timers[0][0])
        while timers and timers[0][0] <= self._now_s:
            self._soon.append(heappop(timers)[2])


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
