"""The sorting benchmark's plant, a process: the simulators' belt and controller on wires, fast and watched.

What it shares with the simulated plant is everything but the pace: the controller is scanned each 2 ms
instead of 10, items come at one pitch, and each step of an item is noted with the time at which the agent
could first see it. All parcels are clean ones: what is not released was not sorted well.
"""

import argparse
import asyncio
import signal
import time
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from random import Random

from msgspec.structs import replace

from config.load import load_site
from config.settings import Line
from simulators.belt import Belt, Scanned, Signal, Weighed
from simulators.categories import Category
from simulators.contract import Event, EventKind, Outcome, Result, State
from simulators.controller import Controller, Inputs
from simulators.faults import ScannerFaults
from simulators.infeed import Fed, Infeed
from simulators.parcels import Parcel, parcels
from simulators.wires import register_map
from simulators.wires.plc_image import PlcImage
from simulators.wires.plc_modbus import PlcServer
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import ScaleLine
from simulators.wires.scanner_pty import ScannerLine
from tests.bench.rig.marks import Mark, What, Writer
from tests.bench.rig.site import PITCH_MM

SCAN_S = 0.002
LENGTH_MM = 250
PARCELS = 4_000  # before those of other kinds are left out
SEED = 1

_LONGEST_STEP_S = 2 * SCAN_S  # a stalled plant loses belt time, so that readings keep to their places
_STEPS = {
    EventKind.INDUCTED: What.INDUCTED,
    EventKind.DECIDED: What.LATCHED,
    EventKind.DIVERTED: What.DIVERTED,
}


def clean_parcels(line: Line) -> tuple[Parcel, ...]:
    """The trial's parcels, all of one length, each with its papers."""
    made = parcels(line, PARCELS, SEED)
    return tuple(replace(each, length_mm=LENGTH_MM) for each in made if each.category is Category.CLEAN)


class SteadyInfeed(Infeed):
    """Feeds at one pitch until told to stop; nothing comes back from the loop."""

    def __init__(self, stream: Iterable[Parcel]) -> None:
        super().__init__(iter(()), Random(0))
        self._parcels = iter(stream)
        self._due_mm = 0.0
        self.stopped = False

    def loop(self, parcel: Parcel, trip: int, now_s: float) -> None:
        """A parcel nobody could read goes round out of sight."""

    def feed(self, from_mm: float, to_mm: float, now_s: float) -> Iterator[Fed]:
        """The parcels whose fronts pass the induction eye while the belt travels so far."""
        self._due_mm = max(self._due_mm, from_mm)
        while self._due_mm <= to_mm and not self.stopped:
            parcel = next(self._parcels, None)
            if parcel is None:
                self.stopped = True
                return
            yield Fed(parcel, 0, self._due_mm, float(PITCH_MM - LENGTH_MM))
            self._due_mm += PITCH_MM


class WatchedImage(PlcImage):
    """The controller's registers; knows when a lane command arrived."""

    written_s: float = 0.0

    def receive(self, address: int, values: Iterable[int]) -> None:
        """The agent wrote registers from `address` on."""
        if address >= self.layout.commands.base and address < self.layout.agent.base:
            self.written_s = time.monotonic()
        super().receive(address, values)


class FastPlant:
    """Belt, controller and wires of one line."""

    def __init__(self, line: Line, data: Path, notes: Writer) -> None:
        self._line, self._data, self._notes = line, data, notes
        self._infeed = SteadyInfeed(clean_parcels(line))
        self._belt = Belt(line, self._infeed, Random(SEED))
        self._controller = Controller(line, int(time.time()))
        self._image = WatchedImage(register_map.load(line.conveyor.profile))
        self._scanned_s = 0.0
        self._slipped_s = 0.0
        self._open = False

    def end_feeding(self) -> None:
        """Let no more parcels come."""
        self._infeed.stopped = True

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        line = self._line
        server = PlcServer(self._image, line.conveyor.host, line.conveyor.port, line.conveyor.unit)
        ports = [PtyPort(self._data / each.port, each.baud) for each in line.scanners]
        self._scanners = [
            ScannerLine(scanner, port, ScannerFaults(), Random(0))
            for scanner, port in zip(line.scanners, ports, strict=True)
        ]
        assert line.scale is not None
        ports.append(PtyPort(self._data / line.scale.port, line.scale.baud))
        self._scale = ScaleLine(ports[-1])
        self._image.publish(self._controller.status(), (), ())
        await server.start()
        self._note(What.LISTENING)
        try:
            await self._turn(stop)
        finally:
            await server.stop()
            for port in ports:
                await port.close()

    async def _turn(self, stop: asyncio.Event) -> None:
        before_s = time.monotonic()
        emptied = False
        while not stop.is_set():
            now_s = time.monotonic()
            step_s = min(now_s - before_s, _LONGEST_STEP_S)
            self._slipped_s += now_s - before_s - step_s
            before_s = now_s
            self._scan_for(step_s)
            self._scale.attend()
            if self._infeed.stopped and not self._belt.items and not emptied:
                emptied = True
                self._note(What.EMPTY, detail=round(self._slipped_s * 1000))
            self._notes.flush()
            await asyncio.sleep(max(0.0, now_s + SCAN_S - time.monotonic()))

    def _scan_for(self, step_s: float) -> None:
        """As many scans as the time asks for, none longer than SCAN_S; what they yield is shown at once."""
        inputs = Inputs(self._image.heartbeat, self._image.commands())
        for command in inputs.commands:
            self._note(What.COMMANDED, command.tracking_id, command.lane, at_s=self._image.written_s)
        events: list[Event] = []
        results: list[Result] = []
        scans = max(1, ceil(step_s / SCAN_S))
        for _ in range(scans):
            self._scanned_s += step_s / scans
            signals = self._advance(step_s / scans)
            seen, ruled = self._controller.scan(
                round(self._scanned_s * 1000), self._belt.travel_mm, signals, inputs
            )
            events += seen
            results += ruled
            inputs = Inputs(inputs.heartbeat)
            self._read(signals)
        self._image.publish(self._controller.status(), events, results)
        self._note_all(events, results)

    def _advance(self, step_s: float) -> list[Signal]:
        controller = self._controller
        return self._belt.advance(
            self._line.belt.speed_mm_s * step_s if controller.belt_runs else 0.0,
            self._scanned_s,
            induction_open=controller.induction_open,
            diverters_out=controller.diverters_out,
        )

    def _read(self, signals: list[Signal]) -> None:
        for seen in signals:
            match seen:
                case Scanned():
                    self._scanners[seen.scanner].report(seen.codes)
                case Weighed():
                    self._scale.report(seen.weight_g, stable=seen.alone)
                case _:
                    pass

    def _note_all(self, events: list[Event], results: list[Result]) -> None:
        for event in events:
            if event.kind is EventKind.LINE_STATE:
                self._note(What.OPENED if event.detail == State.EXECUTE else What.CLOSED)
            elif event.kind is EventKind.EYE and event.point == self._line.belt.decide_eye:
                self._note(What.DUE, event.tracking_id)
            elif event.kind in _STEPS:
                self._note(_STEPS[event.kind], event.tracking_id, event.detail)
        for result in results:
            accepted = result.outcome is Outcome.ACCEPTED
            self._note(
                What.ACCEPTED if accepted else What.REFUSED,
                result.command.tracking_id,
                result.command.lane,
                detail=result.outcome,
            )

    def _note(
        self, what: What, tracking_id: int = 0, lane: int = 0, *, detail: int = 0, at_s: float | None = None
    ) -> None:
        self._notes.write(Mark(what, time.monotonic() if at_s is None else at_s, tracking_id, lane, detail))


async def _run(line: Line, data: Path, notes: Writer) -> None:
    plant = FastPlant(line, data, notes)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, plant.end_feeding)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await plant.run(stop)


def main() -> None:
    """Run until SIGTERM; SIGUSR1 ends the feeding."""
    parser = argparse.ArgumentParser()
    parser.add_argument("site", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("notes", type=Path)
    given = parser.parse_args()
    with Writer(given.notes) as notes:
        asyncio.run(_run(load_site(given.site).lines[0], given.data, notes))


if __name__ == "__main__":
    main()
