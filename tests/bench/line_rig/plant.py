"""The line benchmark's plant, a process: the simulators' world on all its wires, clean parcels only, watched.

Belt, controller, scanners, scale, CT scanner and camera are those of the simulated plant, at its pace: the
controller is scanned each 10 ms, images are rendered and sent by a process of their own, so is the camera's
picture. Each step of an item is noted with the time at which the agent could first see it.
"""

import argparse
import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from config.load import load_site
from config.settings import Line, Site
from simulators.categories import Category
from simulators.contract import EventKind, Outcome, State
from simulators.controller import Inputs
from simulators.parcels import Parcel, parcels
from simulators.wires.ct_line import energies
from simulators.world import SCAN_S, Outputs, World
from tests.bench.line_rig.wires import TimedWires
from tests.bench.rig.marks import Mark, What, Writer

PARCELS = 2_000  # before those of other kinds are left out
SEED = 1

_LONGEST_STEP_S = 0.03  # as the plant's: a stalled one loses belt time, so that readings keep to their places
_STEPS = {
    EventKind.INDUCTED: What.INDUCTED,
    EventKind.DECIDED: What.LATCHED,
    EventKind.DIVERTED: What.DIVERTED,
}


def clean_parcels(line: Line) -> tuple[Parcel, ...]:
    """The trial's parcels, each with its papers."""
    return tuple(each for each in parcels(line, PARCELS, SEED) if each.category is Category.CLEAN)


class Feed(Iterator[Parcel]):
    """The parcels, until told to stop."""

    def __init__(self, stream: Iterator[Parcel]) -> None:
        self._stream = stream
        self.stopped = False

    def __next__(self) -> Parcel:
        if self.stopped:
            raise StopIteration
        return next(self._stream)


class WatchedPlant:
    """One line with CT."""

    def __init__(self, site: Site, data: Path, notes: Writer, stored: Path) -> None:
        self._line = line = site.lines[0]
        assert line.ct is not None
        self._notes = notes
        self._feed = Feed(iter(clean_parcels(line)))
        self._world = World(
            line, self._feed, seed=SEED, epoch=int(time.time()), energies=energies(line.ct.profile)
        )
        self._wires = TimedWires(line, data, seed=SEED, timezone=site.timezone, stored=stored)
        self._world_s = 0.0
        self._slipped_s = 0.0

    def end_feeding(self) -> None:
        """Let no more parcels come."""
        self._feed.stopped = True

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        self._wires.show(self._world.status)
        async with self._wires:
            self._note(What.LISTENING)
            await self._turn(stop)

    async def _turn(self, stop: asyncio.Event) -> None:
        before_s = time.monotonic()
        emptied = False
        while not stop.is_set():
            now_s = time.monotonic()
            step_s = min(now_s - before_s, _LONGEST_STEP_S)
            self._slipped_s += now_s - before_s - step_s
            self._world_s, before_s = self._world_s + step_s, now_s
            self._step()
            if self._world.empty and not emptied:
                emptied = True
                self._note(What.EMPTY, detail=round(self._slipped_s * 1000))
            self._notes.flush()
            await asyncio.sleep(max(0.0, now_s + SCAN_S - time.monotonic()))

    def _step(self) -> None:
        outputs = self._world.update(self._world_s, Inputs(self._wires.heartbeat, self._wires.commands()))
        self._wires.carry(outputs, self._world_s)
        self._note_all(outputs)
        self._wires.show_belt(self._world.items, self._world.travel_mm, outputs.status.speed_mm_s)
        # Given the monotonic clock for the controller's, it says in that when each last byte left.
        for sent in self._wires.scans_sent(round(time.monotonic() * 1000)):
            self._note(What.SCANNED, sent.tracking_id, detail=int(sent.delivered), at_s=sent.time_ms / 1000)

    def _note_all(self, outputs: Outputs) -> None:
        for event in outputs.events:
            if event.kind is EventKind.LINE_STATE:
                self._note(What.OPENED if event.detail == State.EXECUTE else What.CLOSED)
            elif event.kind is EventKind.EYE and event.point == self._line.belt.decide_eye:
                self._note(What.DUE, event.tracking_id)
            elif event.kind in _STEPS:
                self._note(_STEPS[event.kind], event.tracking_id, event.detail)
        for result in outputs.results:
            what = What.ACCEPTED if result.outcome is Outcome.ACCEPTED else What.REFUSED
            self._note(what, result.command.tracking_id, result.command.lane, detail=result.outcome)

    def _note(
        self, what: What, tracking_id: int = 0, lane: int = 0, *, detail: int = 0, at_s: float | None = None
    ) -> None:
        self._notes.write(Mark(what, time.monotonic() if at_s is None else at_s, tracking_id, lane, detail))


async def _run(site: Site, data: Path, notes: Writer, stored: Path) -> None:
    plant = WatchedPlant(site, data, notes, stored)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, plant.end_feeding)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await plant.run(stop)


def main() -> None:
    """Run until SIGTERM; SIGUSR1 ends the feeding."""
    parser = argparse.ArgumentParser()
    for name in ("site", "data", "notes", "stored"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    with Writer(given.notes) as notes:
        asyncio.run(_run(load_site(given.site), given.data, notes, given.stored))


if __name__ == "__main__":
    main()
