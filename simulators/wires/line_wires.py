"""All wires of one line's plant, opened and closed together."""

import time
from collections.abc import Iterable
from math import inf
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from config.settings import Line
from simulators.belt import Item
from simulators.camera import CameraSimulator
from simulators.camera_feed import TELL_EVERY_S, BeltSeen, SeenItem
from simulators.contract import Command, Status
from simulators.ct.packing import packed
from simulators.faults import Faults
from simulators.truth import ScanSent
from simulators.wires import register_map
from simulators.wires.ct_line import CtLine, parcelled
from simulators.wires.plc_image import PlcImage
from simulators.wires.plc_modbus import PlcServer
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import ScaleLine
from simulators.wires.scanner_pty import ScannerLine
from simulators.world import Outputs


class LineWires:
    """Modbus server, scanners, scale, CT scanner and cameras of a line; an asynchronous context.

    Args:
        line: says which devices there are and where.
        data: relative serial paths lie in it.
        faults: of the scanners.
        random: for the faults.
        seed: of the run, for what is in the parcels.
        timezone: of the clocks in the cameras' pictures.
    """

    def __init__(
        self, line: Line, data: Path, faults: Faults, random: Random, *, seed: int, timezone: str
    ) -> None:
        self._line, self._data, self._faults, self._random = line, data, faults, random
        device = line.conveyor
        self._image = PlcImage(register_map.load(device.profile))
        self._server = PlcServer(self._image, device.host, device.port, device.unit)
        self._ports: list[PtyPort] = []
        self._scanners: list[ScannerLine] = []
        self._scale: ScaleLine | None = None
        self._ct = None if line.ct is None else CtLine(line.ct, data, seed)
        self._cameras = [CameraSimulator(camera, timezone) for camera in line.cameras]
        self._seen: dict[Item, SeenItem] = {}
        self._shown_s = -inf
        self._seed = seed

    @property
    def port(self) -> int:
        """Where the controller listens."""
        return self._server.port

    @property
    def heartbeat(self) -> int:
        """The agent's heartbeat register."""
        return self._image.heartbeat

    def show(self, status: Status) -> None:
        """Let the registers say so much before the first scan."""
        self._image.publish(status, (), ())

    def commands(self) -> tuple[Command, ...]:
        """Lane commands written since the last call."""
        return self._image.commands()

    def carry(self, outputs: Outputs, now_s: float) -> list[Item]:
        """Put what the world yielded on the wires; the items whose reading a fault has disturbed.

        `now_s` is this moment on the world's clock.
        """
        self._image.publish(outputs.status, outputs.events, outputs.results)
        disturbed = [
            sight.item for sight in outputs.sights if self._scanners[sight.scanner].report(sight.codes)
        ]
        if self._scale:
            for weighed in outputs.weights:
                self._scale.report(weighed.weight_g, stable=weighed.alone)
            self._scale.attend()
        if self._ct:
            for item in outputs.inducted:
                self._ct.prepare(item)
            for made in outputs.scans:
                self._ct.send(made, now_s)
            self._ct.forget(outputs.ended)
        return disturbed

    def scans_sent(self, time_ms: int) -> list[ScanSent]:
        """What the CT scanner sent since the last call; `time_ms`: the controller's clock at this moment."""
        return self._ct.sent(time_ms) if self._ct else []

    def show_belt(self, items: Iterable[Item], travel_mm: float, speed_mm_s: float) -> None:
        """Let the cameras see what lies where; between their times nothing happens."""
        now_s = time.monotonic()
        if not self._cameras or now_s < self._shown_s + TELL_EVERY_S:
            return
        self._shown_s = now_s
        self._seen = {item: self._seen.get(item) or self._look(item) for item in items}
        seen = tuple(
            replace(look, front_mm=travel_mm - item.front_zero_mm) for item, look in self._seen.items()
        )
        for camera in self._cameras:
            camera.show(BeltSeen(now_s, travel_mm, speed_mm_s, seen))

    def _look(self, item: Item) -> SeenItem:
        """An item from above: as wide as for the CT scanner, its codes on labels."""
        parcel = item.parcel
        codes = tuple(dict.fromkeys(code for face in parcel.faces for code in face))
        width_mm = packed(parcelled(parcel, self._seed)).size_mm[2]
        return SeenItem(0.0, parcel.length_mm, width_mm, parcel.number, codes)

    async def __aenter__(self) -> Self:
        try:
            for scanner in self._line.scanners:
                port = self._open(scanner.port, scanner.baud)
                self._scanners.append(ScannerLine(scanner, port, self._faults.scanners, self._random))
            if scale := self._line.scale:
                self._scale = ScaleLine(self._open(scale.port, scale.baud))
            await self._server.start()
            if self._ct:
                await self._ct.start()
            for camera in self._cameras:
                camera.start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def _open(self, path: str, baud: int) -> PtyPort:
        if "://" in path:
            raise ValueError(f"serial port {path}: the plant makes ports at paths, not at URLs")
        port = PtyPort(self._data / path, baud)
        self._ports.append(port)
        return port

    async def _close(self) -> None:
        for camera in self._cameras:
            camera.stop()
        if self._ct:
            await self._ct.close()
        await self._server.stop()
        for port in self._ports:
            await port.close()
