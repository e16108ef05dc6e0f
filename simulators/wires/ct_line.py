"""The plant's end of its CT scanner: starts the scanner's process, orders scans, learns what was sent."""

import asyncio
import os
import sys
import time
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from config.settings import CtDevice
from simulators.belt import Item
from simulators.ct.orders import (
    Forget,
    ObjectSent,
    Order,
    Prepare,
    Ready,
    Send,
    Setup,
    decode_report,
    encode_line,
)
from simulators.ct.packing import Parcelled
from simulators.parcels import Parcel
from simulators.scan_plan import ScanMade
from simulators.truth import ScanSent

_READY_WITHIN_S = 30.0
_STOP_WITHIN_S = 5.0


def energies(profile: str) -> tuple[str, ...]:
    """The energies of one scan, as the shipped CT profile lists them; FileNotFoundError if there is none."""
    text = files("devices").joinpath("profiles", f"{profile}.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["energies"])


def parcelled(parcel: Parcel, seed: int) -> Parcelled:
    """What fixes a parcel's contents."""
    return Parcelled(f"{seed} {parcel.number}", parcel.weight_g, parcel.length_mm, parcel.hazard)


class CtLine:
    """One scanner. Its process ends with the plant's; if it ends before, the plant cannot go on.

    Args:
        ct: where its scans go.
        data: the data folder; a folder the scans go to is relative to it.
        seed: of the run, for contents.
    """

    def __init__(self, ct: CtDevice, data: Path, seed: int) -> None:
        self._ct, self._seed = ct, seed
        self._setup = Setup(
            seed,
            str(data / "plant" / "ct"),
            ct.host,
            ct.port,
            ct.ae_title,
            str(data / ct.folder) if ct.driver == "folder" else "",
        )
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._keys: dict[Item, int] = {}
        self._made: dict[tuple[int, int], ScanMade] = {}  # by key and scan, until its last object is reported
        self._awaited: dict[tuple[int, int], int] = {}  # objects still to be reported
        self._reports: list[ObjectSent] = []
        self._count = 0

    async def start(self) -> None:
        """Start the process and wait until it takes orders; RuntimeError or TimeoutError if it does not."""
        python = (sys.executable, "-P", "-m")
        self._process = await asyncio.create_subprocess_exec(
            *python,
            "simulators.processes",  # the kernel ends it when the plant dies
            str(os.getpid()),
            *python,
            "simulators.ct",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is for the plant, which then ends it
        )
        self._order(self._setup)
        async with asyncio.timeout(_READY_WITHIN_S):
            line = await self._output.readline()
        if not line or not isinstance(decode_report(line), Ready):
            raise RuntimeError("the CT scanner's process does not start; its log is above")
        self._listening = asyncio.create_task(self._listen(), name="CT scanner's reports")

    def prepare(self, item: Item) -> None:
        """An item was inducted: its image can be made."""
        self._count += 1
        self._keys[item] = self._count
        self._order(Prepare(self._count, parcelled(item.parcel, self._seed)))

    def send(self, made: ScanMade, now_s: float) -> None:
        """An item was scanned; `now_s` is this moment on the plant's clock, which the scan's times are of."""
        key = self._keys[made.item]
        acquired_at = datetime.now(UTC) - timedelta(seconds=now_s - made.began_s)
        base_s = time.monotonic() - (now_s - made.at_s)
        for sending in made.sendings:
            named = (key, sending.scan)
            self._made[named] = made
            self._awaited[named] = self._awaited.get(named, 0) + len(sending.energies)
            self._order(
                Send(
                    key,
                    sending.scan,
                    sending.energies,
                    made.ooi_id,
                    acquired_at,
                    made.ended_s - made.began_s,
                    base_s + sending.after_s,
                    sending.cut,
                )
            )

    def forget(self, items: Iterable[Item]) -> None:
        """These are off the belt: images of theirs that were not sent are not needed."""
        for key in (self._keys.pop(item) for item in items if item in self._keys):
            self._order(Forget(key))

    def sent(self, time_ms: int) -> list[ScanSent]:
        """What was sent since the last call; `time_ms` is the controller's clock at this moment."""
        if self._listening and self._listening.done():
            raise RuntimeError("the CT scanner's process ended; its log is above")
        reports, self._reports = self._reports, []
        now_s = time.monotonic()
        return [self._truth(report, time_ms - round((now_s - report.sent_s) * 1000)) for report in reports]

    async def close(self) -> None:
        """End the process; may be called twice."""
        process, self._process = self._process, None
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def _output(self) -> asyncio.StreamReader:
        if self._process is None or self._process.stdout is None:
            raise RuntimeError("the CT scanner's process is not started")
        return self._process.stdout

    def _order(self, order: Order) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.write(encode_line(order) + b"\n")

    async def _listen(self) -> None:
        while line := await self._output.readline():
            if isinstance(report := decode_report(line), ObjectSent):
                self._reports.append(report)

    def _truth(self, report: ObjectSent, time_ms: int) -> ScanSent:
        named = (report.key, report.scan)
        made = self._made[named]
        self._awaited[named] -= 1
        if not self._awaited[named]:
            del self._made[named], self._awaited[named]
        return ScanSent(
            made.epoch,
            made.tracking_id,
            report.scan,
            report.energy,
            made.own_id,
            report.whole,
            report.delivered,
            time_ms,
            report.why,
        )
