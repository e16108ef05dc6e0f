"""The Modbus link and the conveyor driver against a peer nobody here wrote and peers that misbehave."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, cast

import pytest

from devices.conveyor import ModbusConveyor
from devices.errors import ContractMismatch, LinkDown
from devices.interfaces import CommandOutcome, CommandResult, Cursor, DeviceState, ItemEventKind, LaneCommand
from devices.profile import load_profile
from devices.transports.modbus_link import ModbusLink

PROFILE = load_profile("redpeak_sorter_v1")
REGISTERS = 25_000  # the ring's end
TIMEOUT_S = 0.3
INCLUDES = Path("/usr/include/modbus")
LONGEST_WAIT_S = 10.0
_T = TypeVar("_T")


@pytest.fixture(scope="module")
def server_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The libmodbus server, compiled; skips where the compiler or the library is missing."""
    if shutil.which("cc") is None:
        pytest.skip("cc is missing: apt-get install gcc")
    if not (INCLUDES / "modbus.h").exists():
        pytest.skip("libmodbus is missing: apt-get install libmodbus-dev")
    program = tmp_path_factory.mktemp("libmodbus") / "server"
    source = Path(__file__).with_name("libmodbus_server.c")
    subprocess.run(["cc", "-Wall", "-Werror", f"-I{INCLUDES}", "-o", program, source, "-lmodbus"], check=True)
    return program


class Server:
    """A running libmodbus server; its registers are ours to set and read."""

    def __init__(self, program: Path, registers: int = REGISTERS, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [program, str(registers), str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._line().split()[1])

    def write(self, address: int, *words: int) -> None:
        self._ask("w", address, *words)

    def read(self, address: int, count: int) -> list[int]:
        return [int(word) for word in self._ask("r", address, count).split()]

    def number(self, address: int) -> int:
        high, low = self.read(address, 2)
        return high << 16 | low

    def become_a_sorter(self, epoch: int = 7) -> None:
        self.write(0, 0x5250, 0x5343, 1, 6, epoch >> 16, epoch & 0xFFFF, 0, 1)
        self.write(12, 2000, 0b11111)
        self.write(20, 1500, 2000)

    def happen(self, kind: int, tracking_id: int) -> None:
        """The next event, written in the contract's order."""
        sequence = self.number(18) + 1
        high, low = sequence >> 16, sequence & 0xFFFF
        slot = 1000 + (sequence - 1) % 2000 * 12
        self.write(slot, 0, 0)
        self.write(slot + 2, kind, 1, tracking_id >> 16, tracking_id & 0xFFFF, 0, 900, 0, 450, 0, 0)
        self.write(slot, high, low)
        self.write(18, high, low)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _ask(self, command: str, *numbers: int) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command} {' '.join(map(str, numbers))}\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def server(server_program: Path) -> Iterator[Server]:
    running = Server(server_program)
    yield running
    running.end()


@asynccontextmanager
async def linked(port: int) -> AsyncGenerator[ModbusLink]:
    link = ModbusLink(
        "conveyor", host="127.0.0.1", port=port, unit=1, timeout_s=TIMEOUT_S, clock=time.monotonic
    )
    try:
        yield link
    finally:
        await link.close()


async def until_it_answers(ask: Callable[[], Coroutine[None, None, _T]]) -> _T:
    """Ask at the pace of a poll until there is an answer."""
    async with asyncio.timeout(LONGEST_WAIT_S):
        while True:
            try:
                return await ask()
            except LinkDown:
                await asyncio.sleep(0.01)


async def test_registers_are_written_and_read(server: Server) -> None:
    async with linked(server.port) as link:
        await link.write(100, [1, 0xFFFF, 0])
        assert server.read(100, 3) == [1, 0xFFFF, 0]
        server.write(24_998, 0xABCD, 7)
        assert await link.read(24_998, 2) == (0xABCD, 7)
        assert len(await link.read(0, 125)) == 125
        assert link.connections == 1


async def test_registers_that_are_not_there_are_another_machine(server: Server) -> None:
    async with linked(server.port) as link:
        with pytest.raises(ContractMismatch, match="illegal address"):
            await link.read(REGISTERS - 1, 2)
        assert await link.read(REGISTERS - 1, 1) == (0,)
        assert link.connections == 1


async def test_one_parcels_way_through_the_registers(server: Server) -> None:
    server.become_a_sorter()
    server.happen(ItemEventKind.INDUCTED, 65_540)
    async with linked(server.port) as link:
        conveyor = ModbusConveyor("conveyor", link, PROFILE, time.monotonic)
        poll = await conveyor.poll(Cursor())
        [event] = poll.events
        assert (poll.status.epoch, event.tracking_id, event.encoder_mm) == (7, 65_540, 900)
        await conveyor.beat(41)
        assert server.read(164, 2) == [41, 1]
        asked = LaneCommand(command_id=900, epoch=7, tracking_id=65_540, lane=2)
        assert list(await conveyor.send([asked])) == [asked]
        assert server.read(100, 8) == [0, 7, 1, 4, 2, 0, 0, 1]
        server.write(62, CommandOutcome.ACCEPTED)
        server.write(60, 0, 1)
        server.happen(ItemEventKind.DIVERTED, 65_540)
        poll = await conveyor.poll(Cursor(7, 1))
        assert poll.results == (CommandResult(900, CommandOutcome.ACCEPTED),)
        assert [event.kind for event in poll.events] == [ItemEventKind.DIVERTED]
        assert conveyor.health().state is DeviceState.ONLINE


async def test_a_frozen_peer_is_noticed_and_found_again(server: Server) -> None:
    """LinkDown within 0.5 s, an answer within 1 s after it lives again, and nothing done twice."""
    server.become_a_sorter()
    async with linked(server.port) as link:
        conveyor = ModbusConveyor("conveyor", link, PROFILE, time.monotonic)
        await conveyor.poll(Cursor())
        await conveyor.send([LaneCommand(1, 7, 1, 1)])
        server.freeze()
        frozen_s = time.monotonic()
        with pytest.raises(LinkDown):
            await conveyor.poll(Cursor())
        assert time.monotonic() - frozen_s < 0.5
        assert conveyor.health().state is DeviceState.OFFLINE
        while time.monotonic() - frozen_s < 2.0:  # through several tries, as an agent would
            with pytest.raises(LinkDown):
                await conveyor.poll(Cursor())
            await asyncio.sleep(0.01)
        server.thaw()
        thawed_s = time.monotonic()
        await until_it_answers(lambda: conveyor.poll(Cursor()))
        assert time.monotonic() - thawed_s < 1.0
        assert server.read(106, 2) == [0, 1]
        server.write(62, CommandOutcome.ACCEPTED)
        server.write(60, 0, 1)
        assert (await conveyor.poll(Cursor())).results == (CommandResult(1, CommandOutcome.ACCEPTED),)


async def test_a_peer_that_dies_and_comes_back_is_found_again(server_program: Path) -> None:
    first = Server(server_program)
    first.become_a_sorter(epoch=7)
    async with linked(first.port) as link:
        conveyor = ModbusConveyor("conveyor", link, PROFILE, time.monotonic)
        await conveyor.poll(Cursor())
        first.end()
        with pytest.raises(LinkDown):
            await conveyor.poll(Cursor())
        second = Server(server_program, port=first.port)
        try:
            second.become_a_sorter(epoch=8)
            poll = await until_it_answers(lambda: conveyor.poll(Cursor(7, 3)))
            assert poll.status.epoch == 8
        finally:
            second.end()


async def test_a_peer_that_is_not_there_is_not_hammered() -> None:
    async with linked(port=1) as link:
        started_s, tries = time.monotonic(), 0
        while time.monotonic() - started_s < 0.6:
            with pytest.raises(LinkDown) as caught:
                await link.read(0, 1)
            tries += "tried again soon" not in str(caught.value)
            await asyncio.sleep(0)
        assert 2 <= tries <= 4


class Peer:
    """A scripted Modbus TCP server: `answer` gets a request's frame and may take its time."""

    def __init__(self, answer: Callable[[bytes], Coroutine[None, None, bytes]]) -> None:
        self.answer = answer
        self.open = 0
        self.most_open = 0
        self.port = 0
        self.handlers: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["Peer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
        async with asyncio.timeout(LONGEST_WAIT_S):
            while self.handlers:
                await asyncio.wait(self.handlers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = cast("asyncio.Task[None]", asyncio.current_task())
        self.handlers.add(handler)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while request := await reader.read(12):
                writer.write(await self.answer(request))
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.open -= 1
            self.handlers.discard(handler)
            writer.close()


def reply(request: bytes, *words: int, transaction: bytes | None = None) -> bytes:
    """[transaction 2][protocol 2][length 2][unit][function][bytes][words…]"""
    content = b"".join(word.to_bytes(2, "big") for word in words)
    body = request[6:8] + bytes([len(content)]) + content
    return (transaction or request[:2]) + b"\0\0" + len(body).to_bytes(2, "big") + body


async def test_a_late_reply_is_never_taken_for_the_next_ones() -> None:
    """Two connections have the same transaction numbers: only closing the first tells them apart."""
    late = asyncio.Event()
    transactions: list[bytes] = []

    async def answer(request: bytes) -> bytes:
        transactions.append(request[:2])
        if len(transactions) == 1:
            await late.wait()
            return reply(request, 111)
        late.set()
        await asyncio.sleep(0.05)  # the late reply of the first request is on its way before this one's
        return reply(request, 222)

    async with Peer(answer).serving() as peer, linked(peer.port) as link:
        with pytest.raises(LinkDown):
            await link.read(0, 1)
        assert await until_it_answers(lambda: link.read(0, 1)) == (222,)
        assert await link.read(0, 1) == (222,)
        assert transactions[0] == transactions[1] != transactions[2]
        assert link.connections == 2


async def test_a_cancelled_request_leaves_no_reply_behind() -> None:
    asked, late = asyncio.Event(), asyncio.Event()

    async def answer(request: bytes) -> bytes:
        if not asked.is_set():
            asked.set()
            await late.wait()
            return reply(request, 111)
        late.set()
        return reply(request, 222)

    async with Peer(answer).serving() as peer, linked(peer.port) as link:
        asking = asyncio.create_task(link.read(0, 1))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await link.read(0, 1) == (222,)


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "transaction": lambda request: reply(request, 5, transaction=b"\x12\x34"),
    "count": lambda request: reply(request, 5, 6),
    "half": lambda request: reply(request, 5)[:-1],
    "none": lambda request: b"",
    "garbage": lambda request: b"GARBAGE THAT IS NO MODBUS",
    "unit": lambda request: reply(request, 5)[:6] + b"\x07" + reply(request, 5)[7:],
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_wrong_reply_is_no_answer_and_ends_the_connection(wrong: str) -> None:
    """The next connection is made after the former is closed: some devices take only one."""
    answers: list[Callable[[bytes], bytes]] = [WRONG[wrong], lambda request: reply(request, 222)]

    async def answer(request: bytes) -> bytes:
        return answers.pop(0)(request)

    async with Peer(answer).serving() as peer, linked(peer.port) as link:
        with pytest.raises(LinkDown):
            await link.read(0, 1)
        assert await until_it_answers(lambda: link.read(0, 1)) == (222,)
        assert link.connections == 2
        assert peer.most_open == 1


@pytest.mark.parametrize("code", [4, 6, 11])
async def test_a_device_failure_is_no_answer_and_keeps_the_connection(code: int) -> None:
    answers: list[Callable[[bytes], bytes]] = [
        lambda request: request[:4] + b"\0\3\1\x83" + bytes([code]),
        lambda request: reply(request, 222),
    ]

    async def answer(request: bytes) -> bytes:
        return answers.pop(0)(request)

    async with Peer(answer).serving() as peer, linked(peer.port) as link:
        with pytest.raises(LinkDown, match=f"exception {code}"):
            await link.read(0, 1)
        assert await link.read(0, 1) == (222,)
        assert link.connections == 1
