"""One Modbus TCP connection, made again when needed, on which no reply can be taken for another's.

pymodbus tells replies apart by transaction number, but it counts from 1 on every connection and lets a reply
numbered 0 pass for any. So a request that is not answered in time ends its connection: a late reply has
nowhere to arrive. Its retries stay off (a write would be executed twice), and so does its own reconnecting,
which would run beside ours.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from devices.errors import ContractMismatch, LinkDown

_SHORTEST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 0.5
_NOT_THE_MACHINE = {1: "illegal function", 2: "illegal address", 3: "illegal value"}

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # every failure is raised here and said once


class ModbusLink:
    """Reads and writes holding registers of one unit; one request at a time.

    Args:
        name: of the device, for error texts.
        timeout_s: for connecting and for each reply; a frozen peer is told by it.
        clock: monotonic seconds, for the pause before connecting again (0.1 s, doubling to 0.5 s).
    """

    def __init__(
        self, name: str, *, host: str, port: int, unit: int, timeout_s: float, clock: Callable[[], float]
    ) -> None:
        self.connections = 0  # made so far: a caller that sees it move has lost what it knew of the peer
        self._name = name
        self._host = host
        self._port = port
        self._unit = unit
        self._timeout_s = timeout_s
        self._clock = clock
        self._client: AsyncModbusTcpClient | None = None
        self._one_at_a_time = asyncio.Lock()
        self._pause_s = _SHORTEST_PAUSE_S
        self._retry_at_s = clock()

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        return self._client is not None and self._client.connected

    async def read(self, address: int, count: int) -> tuple[int, ...]:
        """`count` registers from PDU address `address`; LinkDown, ContractMismatch if it has none there."""

        def request(client: AsyncModbusTcpClient) -> Awaitable[ModbusPDU]:
            return client.read_holding_registers(address, count=count, device_id=self._unit)

        answer = await self._ask(request)
        if len(answer.registers) != count:
            self._drop()
            raise LinkDown(f"{self._name}: asked for {count} registers, got {len(answer.registers)}")
        return tuple(answer.registers)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write registers in one request; after LinkDown it is not known whether they were written."""

        def request(client: AsyncModbusTcpClient) -> Awaitable[ModbusPDU]:
            return client.write_registers(address, list(words), device_id=self._unit)

        await self._ask(request)

    async def close(self) -> None:
        """End the connection; the next request makes another."""
        self._drop()

    async def _ask(self, request: Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]) -> ModbusPDU:
        async with self._one_at_a_time:
            client = self._client if self._client and self._client.connected else await self._connect()
            answered = False
            try:
                answer = await request(client)
                answered = True
            except (ModbusException, OSError) as error:
                raise self._failed("did not answer") from error
            finally:
                if not answered:  # also when cancelled: its reply may still come
                    self._drop()
            self._pause_s = _SHORTEST_PAUSE_S
            if answer.isError():
                raise self._refused(answer.exception_code)
            return answer

    async def _connect(self) -> AsyncModbusTcpClient:
        self._drop()
        if self._clock() < self._retry_at_s:
            raise LinkDown(f"{self._name}: {self._host}:{self._port} is away, tried again soon")
        client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=self._timeout_s, retries=0, reconnect_delay=0
        )
        connected = False
        try:
            connected = await client.connect()
        finally:
            if not connected:
                client.close()
        if not connected:
            raise self._failed("cannot be reached")
        self._client = client
        self.connections += 1
        return client

    def _failed(self, what: str) -> LinkDown:
        self._retry_at_s = self._clock() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return LinkDown(f"{self._name}: {self._host}:{self._port} {what} within {self._timeout_s} s")

    def _refused(self, code: int) -> LinkDown | ContractMismatch:
        if code in _NOT_THE_MACHINE:
            return ContractMismatch(f"{self._name}: Modbus exception {code} ({_NOT_THE_MACHINE[code]})")
        return LinkDown(f"{self._name}: Modbus exception {code}")

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
