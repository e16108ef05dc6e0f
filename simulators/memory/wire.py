"""One direction of a connection in memory: what is put in comes out in order, a seeded moment later."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar

_T = TypeVar("_T")

_LATENCY_S = (0.001, 0.008)


class Wire(Generic[_T]):
    """A stream such as TCP's: nothing overtakes and nothing is lost, until it is cut.

    Args:
        arrived: takes what comes out.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, random: Random, arrived: Callable[[_T], None]
    ) -> None:
        self._loop, self._random, self._arrived = loop, random, arrived
        self._under_way: deque[tuple[float, _T]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stuck = False

    def put(self, thing: _T) -> None:
        """Send something."""
        due_s = self._loop.time() + self._random.uniform(*_LATENCY_S)
        if self._under_way:
            due_s = max(due_s, self._under_way[-1][0])
        self._under_way.append((due_s, thing))
        if self._timer is None and not self._stuck:
            self._timer = self._loop.call_at(due_s, self._deliver)

    def stick(self) -> None:
        """From now on nothing comes out."""
        self._stuck = True
        self._stop_timer()

    def loosen(self) -> None:
        """What was held comes out now."""
        self._stuck = False
        if self._under_way and self._timer is None:
            self._timer = self._loop.call_at(max(self._loop.time(), self._under_way[0][0]), self._deliver)

    def cut(self) -> None:
        """What was under way never comes out."""
        self._under_way.clear()
        self._stuck = False
        self._stop_timer()

    def _deliver(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        while self._under_way and self._under_way[0][0] <= now_s and not self._stuck:
            self._arrived(self._under_way.popleft()[1])  # may put, stick and cut
        if self._under_way and not self._stuck and self._timer is None:
            self._timer = self._loop.call_at(self._under_way[0][0], self._deliver)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
