"""The controller's Modbus TCP server: serves a `PlcImage`; only the agent's blocks may be written."""

import asyncio
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from simulators.wires.plc_image import PlcImage
from simulators.wires.register_map import Block


class PlcServer:
    """Modbus TCP on `host`:`port` (0: a free one) for one device id; start it inside the event loop."""

    def __init__(self, image: PlcImage, host: str, port: int, unit: int) -> None:
        self._image = image
        self._address = (host, port)
        self._unit = unit
        self._server: ModbusTcpServer | None = None

    @property
    def port(self) -> int:
        """The port it listens on; RuntimeError before `start`."""
        # pymodbus keeps its listening socket's server where a connection keeps its transport
        listening = cast("asyncio.Server | None", self._server.transport) if self._server else None
        if listening is None:
            raise RuntimeError("the controller's server is not started")
        return int(listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen; RuntimeError names the address if it is taken."""
        layout = self._image.layout
        device = SimDevice(
            id=self._unit,
            simdata=[
                _registers(layout.status, readonly=True),
                _registers(layout.results, readonly=True),
                _registers(layout.commands, readonly=False),
                _registers(layout.agent, readonly=False),
                _registers(layout.ring, readonly=True),
            ],
            action=self._access,
        )
        self._server = ModbusTcpServer(device, address=self._address)
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError as error:
            host, port = self._address
            raise RuntimeError(f"the controller cannot listen on {host}:{port}; is it taken?") from error

    async def stop(self) -> None:
        """Close the port and every connection; may be called twice."""
        if self._server:
            await self._server.shutdown()
            self._server = None

    async def _access(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        served: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Before each request: a read is given the image as it is now, a write goes into the image.

        `served` is the server's own copy of the registers from address `start` on.
        """
        if written is None:
            served[address - start : address - start + count] = self._image.registers[
                address : address + count
            ]
        else:
            self._image.receive(address, map(int, written))
        return None


def _registers(block: Block, *, readonly: bool) -> SimData:
    return SimData(block.base, count=block.length, datatype=DataType.REGISTERS, readonly=readonly)
