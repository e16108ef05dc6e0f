"""Tells the lines what the centre knows: clearance changes in order, and that the centre is there at all."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from central import clearance_log
from central.interfaces import LineLink
from edge.messages import CentreState

_log = structlog.get_logger(__name__)

POLL_S = 0.5
STATE_S = 2.0
_FAR_BEHIND = 1_000  # numbers; further back a snapshot is cheaper than deltas


class Announcer:
    """A thread that looks for new change sets, whoever wrote them, and publishes them.

    A line that was away sees the number in `CentreState`, finds the gap and fetches the snapshot.
    """

    def __init__(
        self,
        engine: Engine,
        link: LineLink,
        site: str,
        lines: tuple[str, ...],
        *,
        instance: str,
        clock: Callable[[], datetime],
        healthy: Callable[[], bool],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._link = link
        self._site = site
        self._lines = lines
        self._instance = instance
        self._clock = clock
        self._healthy = healthy
        self._now_s = now_s
        self._said_s = float("-inf")  # when the state was published last
        self._published = -1  # unknown: start from what is there
        self._readable = True
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def hurry(self) -> None:
        """Publish the state now: the broker has just come (back), or readiness changed."""
        self._wake.set()

    def stop(self) -> None:
        """Say that the centre goes, and end."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._announce(ready=False, wait_s=1.0)

    def turn(self) -> None:
        """Publish what is new, and the state if it is due or was to be hurried.

        Called by the announcer's thread, or by whoever drives an announcer that was not started.
        """
        at_once = self._wake.is_set()
        self._wake.clear()
        changed = self._publish_changes()
        if at_once or changed or self._now_s() - self._said_s >= STATE_S:
            self._announce(ready=self._healthy() and self._readable)
            self._said_s = self._now_s()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(POLL_S)
            if self._stopping:
                return
            self.turn()

    def _publish_changes(self) -> bool:
        """Publish what is new; whether anything was."""
        try:
            with self._engine.connect() as connection:
                newest = clearance_log.number(connection, self._site)
                if self._published < 0 or newest - self._published > _FAR_BEHIND:
                    self._published = newest
                found = (
                    clearance_log.deltas(connection, self._site, self._published)
                    if newest > self._published
                    else []
                )
        except SQLAlchemyError as error:
            if self._readable:
                _log.error("clearance_not_read", kind=type(error).__name__)
            self._readable = False
            return False
        self._readable = True
        for delta in found:
            if not all([self._link.send(line, "clearance", delta) for line in self._lines]):
                return False  # sent again to all when the broker is back: a delta may come twice
            self._published = delta.number
        return bool(found)

    def _announce(self, *, ready: bool, wait_s: float = 0.0) -> None:
        state = CentreState(
            ready=ready,
            at=self._clock(),
            clearance_number=max(self._published, 0),
            instance=self._instance,
        )
        self._link.announce(state, wait_s=wait_s)
