"""The plant as a process: one line's world in real time on real wires, its truth and its progress on disk.

In the data folder: `plant/truth.jsonl` (what really happened), `plant/status.json` (how far it is) and the
serial lines where the site file puts them. The conveyor listens where the site file says. The CT scanner and
the cameras are processes of their own, so that the controller's scan of 10 ms is never disturbed.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import structlog
from msgspec import Struct

from config.settings import Line, Site
from simulators.controller import Inputs
from simulators.faults import Faults
from simulators.papers import collected, write_csv, write_json
from simulators.parcels import Parcel, parcels
from simulators.truth import RunStarted, TripEnded, TruthLog
from simulators.wires.ct_line import energies
from simulators.wires.line_wires import LineWires
from simulators.world import SCAN_S, World

POOL = 5_000  # parcels of a plant that was given no number

_LONGEST_STEP_S = 0.03  # after a stall the belt goes on from where it was: readings keep to their places
_STATUS_S = 0.5
_log = structlog.get_logger()


class PlantStatus(Struct, frozen=True):
    """How far a plant is; `lanes` counts items by lane name; `done`: every parcel lies in its last lane."""

    at: datetime
    seed: int
    parcels: int
    inducted: int
    on_belt: int
    lanes: dict[str, int]
    induction_open: bool
    agent_alive: bool
    slipped_ms: int  # belt time lost because this process was not scheduled
    done: bool


def write_papers(line: Line, path: Path, *, count: int | None, seed: int, now: datetime) -> int:
    """Write the papers of a coming run, before it starts: a JSON file, or CSV files if `path` is a folder.

    `count`, `seed` and the line's policy must be those the plant will be given. Returns the waybills' number.
    """
    papers = collected(parcel.papers for parcel in stream(line, count, seed))
    if path.is_dir():
        write_csv(papers, path, now)
    else:
        write_json(papers, path, now)
    return len(papers.waybills)


def stream(line: Line, count: int | None, seed: int) -> tuple[Parcel, ...]:
    """The parcels of a run; without a count, a pool for the best part of an hour."""
    return parcels(line, POOL if count is None else count, seed)


class Plant:
    """One line's plant.

    Args:
        site, line: where it is.
        data: the data folder.
        count: parcels to feed; None feeds a pool of POOL.
        seed: makes the run what it is.
        faults: all off by default.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        site: Site,
        line: Line,
        data: Path,
        *,
        count: int | None,
        seed: int,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._site, self._line, self._seed, self._count = site, line, seed, count
        self._folder = data / "plant"
        self._clock = clock
        made = stream(line, count, seed)
        self._total = len(made)
        self._energies = energies(line.ct.profile) if line.ct else ()
        self._world = World(line, iter(made), seed=seed, epoch=_boot_epoch(), energies=self._energies)
        random = Random(f"{seed} wires")  # noqa: S311
        self._wires = LineWires(line, data, faults or Faults(), random, seed=seed, timezone=site.timezone)
        self._lanes = {lane.number: 0 for lane in line.lanes}
        self._world_s = 0.0
        self._slipped_s = 0.0

    @property
    def port(self) -> int:
        """Where the controller listens."""
        return self._wires.port

    @property
    def done(self) -> bool:
        """Whether every parcel lies in its last lane."""
        return self._world.empty

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; wires and files are closed when it returns or is cancelled."""
        log = _log.bind(line=self._line.id)
        with TruthLog(self._folder / "truth.jsonl") as truth:
            truth.write([self._header()])
            self._wires.show(self._world.status)
            async with self._wires:
                log.info("plant_started", parcels=self._total, seed=self._seed, port=self._wires.port)
                await self._turn(truth, stop)
        self._write_status()
        log.info("plant_stopped", inducted=self._world.status.inducted, done=self.done)

    async def _turn(self, truth: TruthLog, stop: asyncio.Event) -> None:
        before_s = status_s = self._clock()
        announced = False
        while not stop.is_set():
            now_s = self._clock()
            step_s = min(now_s - before_s, _LONGEST_STEP_S)
            self._slipped_s += now_s - before_s - step_s
            self._world_s, before_s = self._world_s + step_s, now_s
            self._step(truth)
            if now_s >= status_s:
                self._write_status()
                status_s = now_s + _STATUS_S
            if self.done and not announced:
                announced = True
                self._write_status()
                _log.info("plant_done", line=self._line.id, inducted=self._world.status.inducted)
            await asyncio.sleep(max(0.0, now_s + SCAN_S - self._clock()))

    def _step(self, truth: TruthLog) -> None:
        inputs = Inputs(self._wires.heartbeat, self._wires.commands())
        outputs = self._world.update(self._world_s, inputs)
        self._world.disturb(self._wires.carry(outputs, self._world_s))
        self._wires.show_belt(self._world.items, self._world.travel_mm, outputs.status.speed_mm_s)
        for record in outputs.truth:
            if isinstance(record, TripEnded):
                self._lanes[record.lane] += 1
        truth.write([*outputs.truth, *self._wires.scans_sent(outputs.status.time_ms)])

    def _header(self) -> RunStarted:
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        return RunStarted(self._site.id, self._line.id, self._seed, self._count, started_at, self._energies)

    def _write_status(self) -> None:
        status = self._world.status
        names = {lane.number: lane.name for lane in self._line.lanes}
        shown = PlantStatus(
            at=datetime.now(UTC),
            seed=self._seed,
            parcels=self._total,
            inducted=status.inducted,
            on_belt=len(self._world.items),
            lanes={names[lane]: count for lane, count in self._lanes.items()},
            induction_open=status.induction_open,
            agent_alive=status.agent_alive,
            slipped_ms=round(self._slipped_s * 1000),
            done=self.done,
        )
        fresh = self._folder / f".status.{os.getpid()}"
        fresh.write_bytes(msgspec.json.encode(shown))
        fresh.replace(self._folder / "status.json")


def read_status(data: Path) -> PlantStatus | None:
    """How far the plant of a data folder is; None before it first says."""
    try:
        return msgspec.json.decode((data / "plant" / "status.json").read_bytes(), type=PlantStatus)
    except FileNotFoundError:
        return None


async def run_plant(
    site: Site,
    line: Line,
    data: Path,
    *,
    parcels: int | None,
    seed: int,
    faults: Faults | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run a line's plant until `stop` is set; without one, until SIGTERM or SIGINT."""
    if stop is None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Plant(site, line, data, count=parcels, seed=seed, faults=faults).run(stop)


def _boot_epoch() -> int:
    """A boot counter that needs no memory: the clock's seconds; never 0."""
    return max(1, int(time.time()) & 0xFFFFFFFF)
