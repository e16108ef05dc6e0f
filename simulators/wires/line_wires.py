"""All wires of one line's plant, opened and closed together."""

from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from config.settings import Line
from simulators.belt import Item
from simulators.contract import Command, Status
from simulators.faults import Faults
from simulators.wires import register_map
from simulators.wires.plc_image import PlcImage
from simulators.wires.plc_modbus import PlcServer
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import ScaleLine
from simulators.wires.scanner_pty import ScannerLine
from simulators.world import Outputs


class LineWires:
    """Modbus server, scanners and scale of a line; an asynchronous context.

    Args:
        line: says which devices there are and where.
        data: relative serial paths lie in it.
        faults: of the scanners.
        random: for the faults.
    """

    def __init__(self, line: Line, data: Path, faults: Faults, random: Random) -> None:
        self._line, self._data, self._faults, self._random = line, data, faults, random
        device = line.conveyor
        self._image = PlcImage(register_map.load(device.profile))
        self._server = PlcServer(self._image, device.host, device.port, device.unit)
        self._ports: list[PtyPort] = []
        self._scanners: list[ScannerLine] = []
        self._scale: ScaleLine | None = None

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

    def carry(self, outputs: Outputs) -> list[Item]:
        """Put what the world yielded on the wires; the items whose reading a fault has disturbed."""
        self._image.publish(outputs.status, outputs.events, outputs.results)
        disturbed = [
            sight.item for sight in outputs.sights if self._scanners[sight.scanner].report(sight.codes)
        ]
        if self._scale:
            for weighed in outputs.weights:
                self._scale.report(weighed.weight_g, stable=weighed.alone)
            self._scale.attend()
        return disturbed

    async def __aenter__(self) -> Self:
        try:
            for scanner in self._line.scanners:
                port = self._open(scanner.port, scanner.baud)
                self._scanners.append(ScannerLine(scanner, port, self._faults.scanners, self._random))
            if scale := self._line.scale:
                self._scale = ScaleLine(self._open(scale.port, scale.baud))
            await self._server.start()
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
        await self._server.stop()
        for port in self._ports:
            await port.close()
