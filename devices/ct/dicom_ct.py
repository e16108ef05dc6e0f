"""A CT scanner that sends volumes by DICOM C-STORE: its receiver process, and scans from what that stores."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from devices.ct.arrivals import (
    Acknowledged,
    Arrived,
    FromReceiver,
    Listening,
    ReceiverOrder,
    TurnedAway,
    decode_from_receiver,
    encode_line,
)
from devices.ct.evidence_store import EvidenceStore
from devices.ct.grouping import Grouping
from devices.ct.scan_feed import ScanFeed
from devices.health import HealthRecord
from devices.interfaces import Health, ScanStored

RECEIVER = (sys.executable, "-m", "devices.ct.receiver")
_SHORTEST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_STOP_S = 3.0
_LONGEST_LINE = 1 << 20
_ROOT = Path(__file__).parents[2]  # where the rooms lie

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DicomCt:
    """A `devices.interfaces.CtScanner`.

    Args:
        name: the device's.
        order: what the receiver is started with.
        store: the evidence store the receiver writes to.
        grouping: which objects make a scan.
        clock: monotonic seconds; wall: wall-clock seconds.
        command: starts a receiver; the order follows as one argument.
    """

    def __init__(
        self,
        name: str,
        order: ReceiverOrder,
        store: EvidenceStore,
        grouping: Grouping,
        clock: Callable[[], float],
        wall: Callable[[], float],
        command: Sequence[str] = RECEIVER,
    ) -> None:
        self._name = name
        self._order = order
        self._command = command
        self._health = HealthRecord(name, clock)
        self._feed = ScanFeed(name, grouping, store, clock, wall, self._acknowledge)
        self._receiver: Process | None = None
        self._port: int | None = None

    @property
    def name(self) -> str:
        """The device's name."""
        return self._name

    @property
    def port(self) -> int | None:
        """Where the receiver listens; None while it does not."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The receiver's process id; None while there is none."""
        return self._receiver.pid if self._receiver else None

    def health(self) -> Health:
        """Its account of itself: readings are objects stored, errors objects and senders refused."""
        return self._health.now

    def taken(self, scan_id: str) -> None:
        """The oldest scan of that name is written down: it is not announced again."""
        self._feed.taken(scan_id)

    async def run(self, emit: Callable[[ScanStored], None]) -> None:
        """Keep a receiver running and hand scans on until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed.run(emit))
            tasks.create_task(self._keep_receiving())

    async def _keep_receiving(self) -> None:
        pause_s = _SHORTEST_PAUSE_S
        while True:
            try:
                status, listened = await self._receive()
                why = f"the receiver ended with status {status}"
                pause_s = _SHORTEST_PAUSE_S if listened else min(2 * pause_s, _LONGEST_PAUSE_S)
            except OSError as error:
                why, pause_s = f"the receiver did not start: {error.strerror}", _LONGEST_PAUSE_S
            except ValueError:
                why, pause_s = "the receiver said what is no line", min(2 * pause_s, _LONGEST_PAUSE_S)
            self._health.become_offline(why)
            _log.error("ct_receiver_ended", device=self._name, why=why, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _receive(self) -> tuple[int, bool]:
        """One life of a receiver: its exit status, and whether it came to listen."""
        receiver = await asyncio.create_subprocess_exec(
            *self._command,
            encode_line(self._order).decode(),
            stdin=PIPE,
            stdout=PIPE,
            cwd=_ROOT,
            limit=_LONGEST_LINE,
        )
        self._receiver = receiver
        listened = False
        try:
            assert receiver.stdout is not None  # noqa: S101  asked for above
            async for line in receiver.stdout:
                self._hear(line)
                listened = listened or self._port is not None
            return await receiver.wait(), listened
        finally:
            self._receiver = self._port = None
            await _end(receiver)

    def _hear(self, line: bytes) -> None:
        try:
            message: FromReceiver = decode_from_receiver(line)
        except msgspec.MsgspecError:
            _log.error("receiver_line_not_understood", device=self._name)
            return
        match message:
            case Listening(port=port):
                self._port = port
                self._health.become_online()
            case Arrived():
                self._health.become_online()
                self._health.count(1)
                self._feed.put(message)
            case TurnedAway(why=why):
                self._health.become_degraded(why)

    def _acknowledge(self, numbers: tuple[int, ...]) -> None:
        """Whatever does not reach the receiver it announces again."""
        receiver = self._receiver
        if receiver is not None and receiver.stdin is not None and not receiver.stdin.is_closing():
            receiver.stdin.write(encode_line(Acknowledged(numbers)) + b"\n")


async def _end(receiver: Process) -> None:
    """Let it finish: it ends when its stdin closes; kill it if it does not."""
    if receiver.stdin is not None:
        receiver.stdin.close()
    try:
        async with asyncio.timeout(_STOP_S):
            await receiver.wait()
    except (TimeoutError, asyncio.CancelledError) as error:
        with contextlib.suppress(ProcessLookupError):
            receiver.kill()
        await receiver.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
