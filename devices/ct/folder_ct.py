"""A CT scanner that leaves its volumes in a folder: files at rest are taken in, and scans made of them."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

import structlog

from devices.ct.arrivals import Arrived, TurnedAway
from devices.ct.evidence_store import EvidenceStore
from devices.ct.folder_intake import FolderIntake
from devices.ct.folder_watch import FolderWatch
from devices.ct.grouping import Grouping
from devices.ct.intake import Intake
from devices.ct.ledger import Ledger
from devices.ct.scan_feed import ScanFeed
from devices.health import HealthRecord
from devices.interfaces import DeviceState, Health, ScanStored

POLL_S = 0.2
_PAUSE_S = 2.0  # after a failure that may pass
_STOP_S = 3.0

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class FolderCt:
    """A `devices.interfaces.CtScanner`.

    Args:
        name: the device's.
        folder: where the machine leaves files; need not be there yet.
        store: where they go; its ledger lies at `ledger`.
        grouping: which objects make a scan.
        clock: monotonic seconds; wall: wall-clock seconds.
        zone: of acquisition times that state no offset from UTC.
        poll_s: between two looks; a file unchanged from one to the next is at rest.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        store: EvidenceStore,
        ledger: Path,
        grouping: Grouping,
        clock: Callable[[], float],
        wall: Callable[[], float],
        zone: tzinfo,
        poll_s: float = POLL_S,
    ) -> None:
        self._name = name
        self._watch = FolderWatch(folder)
        self._store = store
        self._ledger_path = ledger
        self._wall = wall
        self._zone = zone
        self._poll_s = poll_s
        self._health = HealthRecord(name, clock)
        self._acknowledged: queue.SimpleQueue[tuple[int, ...]] = queue.SimpleQueue()
        self._feed = ScanFeed(name, grouping, store, clock, wall, self._acknowledged.put)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._name

    def health(self) -> Health:
        """Its account of itself: readings are objects stored, errors objects refused."""
        return self._health.now

    def taken(self, scan_id: str) -> None:
        """The oldest scan of that name is written down: it is not announced again."""
        self._feed.taken(scan_id)

    async def run(self, emit: Callable[[ScanStored], None]) -> None:
        """Take in what appears, in a thread, and hand scans on until cancelled."""
        loop = asyncio.get_running_loop()
        stop, ended = threading.Event(), asyncio.Event()

        def tell(call: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(call)

        def work() -> None:
            self._work(tell, stop)
            tell(ended.set)

        threading.Thread(target=work, name=f"folder {self._name}", daemon=True).start()
        try:
            await self._feed.run(emit)
        finally:
            stop.set()
            with contextlib.suppress(TimeoutError):  # a dead network folder: the thread ends later
                await asyncio.wait_for(ended.wait(), _STOP_S)

    def _work(self, tell: Callable[[Callable[[], None]], None], stop: threading.Event) -> None:
        def hear(message: Arrived | TurnedAway) -> None:
            tell(lambda: self._hear(message))

        def report(offline_why: str) -> None:
            tell(lambda: self._report(offline_why))

        ledger = Ledger(self._ledger_path)
        intake = FolderIntake(
            self._watch, Intake(self._store, ledger, self._wall, self._zone), ledger, self._wall
        )
        for arrived in ledger.pending():
            hear(arrived)
        pause_s = 0.0
        while not stop.wait(pause_s):
            pause_s, offline_why = self._poll_s, ""
            try:
                for message in intake.look():
                    hear(message)
                    if isinstance(message, TurnedAway) and message.no_room:
                        pause_s = _PAUSE_S
                self._settle(ledger)
            except OSError as error:
                offline_why = f"the folder cannot be used: {error.strerror}"
            except Exception:  # no file may stop the driver
                _log.exception("folder_intake_failed", device=self._name)
                pause_s, offline_why = _PAUSE_S, "a file could not be taken: see the log"
            report(offline_why)
        ledger.close()

    def _settle(self, ledger: Ledger) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                ledger.acknowledge(self._acknowledged.get_nowait())

    def _hear(self, message: Arrived | TurnedAway) -> None:
        match message:
            case Arrived():
                self._health.become_online()
                self._health.count(1)
                self._feed.put(message)
            case TurnedAway(why=why, no_room=no_room):
                self._health.become_degraded(why, errors=int(not no_room))

    def _report(self, offline_why: str) -> None:
        if offline_why:
            self._health.become_offline(offline_why)
        elif self._health.now.state is not DeviceState.DEGRADED:  # that lasts until an object is taken
            self._health.become_online()
