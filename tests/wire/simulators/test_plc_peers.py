"""The controller's server against mbpoll, a Modbus master nobody here wrote."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from simulators.contract import Command, Event, EventKind, Outcome, Result, State, Status
from simulators.wires import register_map
from simulators.wires.plc_image import PlcImage
from simulators.wires.plc_modbus import PlcServer

STATUS = Status(
    epoch=70_000,
    state=State.EXECUTE,
    heartbeat=3,
    induction_open=True,
    agent_alive=False,
    time_ms=1_000,
    encoder_mm=2_000,
    speed_mm_s=2000,
    lanes_available=frozenset({1, 2, 3, 4, 5}),
    inducted=1,
    last_tracking_id=1,
    lane_counts=(0,) * 16,
)
UNIT = 1


class Mbpoll(Protocol):
    """Runs mbpoll once, addresses from 0; gives its exit code, the values it read, and all it said."""

    async def __call__(
        self, *arguments: str, write: tuple[int, ...] = ()
    ) -> tuple[int, dict[int, int], str]: ...


@pytest.fixture
def image() -> PlcImage:
    made = PlcImage(register_map.load("redpeak_sorter_v1"))
    made.publish(STATUS, [Event(EventKind.INDUCTED, 990, 1_980, 1)], ())
    return made


@pytest.fixture
async def port(image: PlcImage) -> AsyncIterator[int]:
    server = PlcServer(image, "127.0.0.1", 0, UNIT)
    await server.start()
    yield server.port
    await server.stop()


@pytest.fixture
def mbpoll(require_package: Callable[[str], str], port: int) -> Mbpoll:
    program = require_package("mbpoll")

    async def run(*arguments: str, write: tuple[int, ...] = ()) -> tuple[int, dict[int, int], str]:
        process = await asyncio.create_subprocess_exec(
            program,
            "-m",
            "tcp",
            "-p",
            str(port),
            "-a",
            str(UNIT),
            "-0",
            "-1",
            "-t",
            "4",
            *arguments,
            "127.0.0.1",
            *map(str, write),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await process.communicate())[0].decode()
        values = {
            int(at): int(value) for at, value in re.findall(r"^\[(\d+)\]:\s+(\d+)", output, re.MULTILINE)
        }
        assert process.returncode is not None
        return process.returncode, values, output

    return run


async def test_status_and_results_are_read_in_one_request(mbpoll: Mbpoll) -> None:
    code, values, output = await mbpoll("-r", "0", "-c", "92")
    assert code == 0, output
    assert len(values) == 92
    assert [values[at] for at in range(8)] == [0x5250, 0x5343, 1, 6, 1, 70_000 - 65_536, 3, 1]
    assert (values[19], values[20], values[21]) == (1, 1500, 2000)


async def test_a_ring_slot_is_read(mbpoll: Mbpoll) -> None:
    _, values, _ = await mbpoll("-r", "1000", "-c", "12")
    assert [values[at] for at in range(1000, 1012)] == [0, 1, 1, 0, 0, 1, 0, 1980, 0, 990, 0, 0]


async def test_the_last_slot_of_the_ring_is_there_and_nothing_after_it(mbpoll: Mbpoll) -> None:
    code, values, _ = await mbpoll("-r", str(1000 + 12 * 1999), "-c", "12")
    assert (code, len(values)) == (0, 12)
    code, _, output = await mbpoll("-r", str(1000 + 12 * 2000), "-c", "1")
    assert code != 0
    assert "Illegal data address" in output


async def test_a_command_written_by_mbpoll_arrives_and_is_answered(mbpoll: Mbpoll, image: PlcImage) -> None:
    code, _, output = await mbpoll("-r", str(100 + 8 * 2), write=(1, 4464, 0, 1, 2, 0, 0, 17))
    assert code == 0, output
    (command,) = image.commands()
    assert command == Command(2, 17, 70_000, 1, 2)
    image.publish(STATUS, (), [Result(command, Outcome.ACCEPTED, 1_010)])
    _, values, _ = await mbpoll("-r", str(60 + 4 * 2), "-c", "3")
    assert list(values.values()) == [0, 17, Outcome.ACCEPTED]


async def test_the_heartbeat_is_written_by_mbpoll(mbpoll: Mbpoll, image: PlcImage) -> None:
    await mbpoll("-r", "164", write=(41,))
    assert image.heartbeat == 41


@pytest.mark.parametrize("address", [0, 60, 1000])
async def test_what_is_the_controllers_cannot_be_written(
    mbpoll: Mbpoll, image: PlcImage, address: int
) -> None:
    before = list(image.registers)
    code, _, output = await mbpoll("-r", str(address), write=(5,))
    assert code != 0
    assert "Illegal data address" in output
    assert image.registers == before


async def test_a_port_that_is_taken_is_named(image: PlcImage) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        server = PlcServer(image, "127.0.0.1", holder.getsockname()[1], UNIT)
        with pytest.raises(RuntimeError, match=r"cannot listen on 127\.0\.0\.1"):
            await server.start()
        await server.stop()
