"""Scanner and scale drivers on pseudo-terminals and sockets: plugged, unplugged, plugged again."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.settings import ScaleDevice, ScannerDevice
from devices.catalogue import make_scale, make_scanner
from devices.errors import LinkDown
from devices.interfaces import CodesRead, DeviceState, Health, Scanner, WeightRead
from devices.scanner import SerialScanner
from devices.transports.serial_line import Opened, Received, SerialLine

LONGEST_WAIT_S = 10.0
BAUD = 115_200


class Cable:
    """A device at the far end of a serial line, whose near end is a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.device: int | None = None

    def plug(self) -> None:
        self.device, near = os.openpty()
        tty.setraw(near)
        os.set_blocking(self.device, False)
        self.path.parent.mkdir(exist_ok=True)
        self.path.symlink_to(os.ttyname(near))
        os.close(near)

    def unplug(self) -> None:
        if self.device is not None:
            os.close(self.device)
            self.path.unlink()
            self.device = None

    def send(self, content: bytes) -> None:
        assert self.device is not None
        assert os.write(self.device, content) == len(content)

    async def hears(self, expected: bytes) -> None:
        """Wait until those bytes have come."""
        heard = b""
        async with asyncio.timeout(LONGEST_WAIT_S):
            while expected not in heard:
                assert self.device is not None
                with contextlib.suppress(BlockingIOError, OSError):  # EIO: the near end is not open yet
                    heard += os.read(self.device, 100)
                await asyncio.sleep(0.005)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def cable(data: Path) -> Iterator[Cable]:
    cable = Cable(data / "dev" / "top")
    yield cable
    cable.unplug()


def scanner(data: Path, driver: str = "sick", port: str = "dev/top") -> Scanner:
    device = ScannerDevice(name="top", driver=driver, port=port, position_mm=700, baud=BAUD)
    return make_scanner(device, data, time.monotonic)


@asynccontextmanager
async def running(work: Coroutine[None, None, None]) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(health: Callable[[], Health], state: DeviceState) -> Health:
    async with asyncio.timeout(LONGEST_WAIT_S):
        while health().state is not state:  # noqa: ASYNC110  the driver has no event to wait for
            await asyncio.sleep(0.005)
    return health()


async def received(readings: "asyncio.Queue[CodesRead]") -> CodesRead:
    return await asyncio.wait_for(readings.get(), LONGEST_WAIT_S)


@pytest.mark.parametrize(
    ("driver", "frame"),
    [
        ("sick", b"\x02]C0RB123456785CN;SF1\x03"),
        ("cognex", b"RB123456785CN;SF1\r\n"),
        ("keyence", b"RB123456785CN;SF1\r"),
        ("lines", b"RB123456785CN;SF1\r\n"),
    ],
)
async def test_a_frame_becomes_a_reading(data: Path, cable: Cable, driver: str, frame: bytes) -> None:
    cable.plug()
    device, readings = scanner(data, driver), asyncio.Queue[CodesRead]()
    assert device.health().state is DeviceState.CONNECTING
    async with running(device.run(readings.put_nowait)):
        await until(device.health, DeviceState.ONLINE)
        before_s = time.monotonic()
        cable.send(frame)
        reading = await received(readings)
        took_s = len(frame.rstrip(b"\n")) * 10 / BAUD
        assert (reading.device, reading.codes) == ("top", ("RB123456785CN", "SF1"))
        assert reading.raw == frame.rstrip(b"\n")
        assert before_s - took_s - 0.001 <= reading.at_s <= time.monotonic() - took_s
        assert (device.health().readings, device.health().errors) == (1, 0)


async def test_a_scanner_is_unplugged_and_plugged_again(data: Path, cable: Cable) -> None:
    device, readings = scanner(data), asyncio.Queue[CodesRead]()
    async with running(device.run(readings.put_nowait)):
        health = await until(device.health, DeviceState.OFFLINE)
        assert "dev/top" in health.detail
        for round_ in range(3):
            cable.plug()
            await until(device.health, DeviceState.ONLINE)
            cable.send(b"\x02SF%d\x03\x02HALF" % round_)
            assert (await received(readings)).codes == (f"SF{round_}",)
            cable.unplug()
            await until(device.health, DeviceState.OFFLINE)
        assert readings.empty()
        assert (device.health().readings, device.health().errors) == (3, 4 + 3)  # outages and halves


async def test_garbage_degrades_until_the_next_good_frame(data: Path, cable: Cable) -> None:
    cable.plug()
    device, readings = scanner(data), asyncio.Queue[CodesRead]()
    async with running(device.run(readings.put_nowait)):
        await until(device.health, DeviceState.ONLINE)
        cable.send(b"\xff\x00\x80 what is that")
        assert (await until(device.health, DeviceState.DEGRADED)).errors == 1
        cable.send(b"\x02SF1\x03")
        assert (await received(readings)).codes == ("SF1",)
        assert device.health().state is DeviceState.ONLINE


async def test_one_dead_device_does_not_stop_another(data: Path, cable: Cable) -> None:
    cable.plug()
    dead, alive = scanner(data, port="dev/nowhere"), scanner(data)
    readings = asyncio.Queue[CodesRead]()
    async with running(dead.run(readings.put_nowait)), running(alive.run(readings.put_nowait)):
        await until(dead.health, DeviceState.OFFLINE)
        await until(alive.health, DeviceState.ONLINE)
        cable.send(b"\x02SF1\x03")
        assert (await received(readings)).codes == ("SF1",)


@pytest.mark.parametrize("plugged", [True, False])
async def test_a_driver_ends_promptly_when_cancelled(data: Path, cable: Cable, plugged: bool) -> None:
    if plugged:
        cable.plug()
    device = scanner(data)
    async with running(device.run(lambda reading: None)) as task:
        await until(device.health, DeviceState.ONLINE if plugged else DeviceState.OFFLINE)
        asked_s = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - asked_s < 0.5
    async with running(device.run(lambda reading: None)):  # the port was given back
        await until(device.health, DeviceState.ONLINE if plugged else DeviceState.OFFLINE)


async def test_a_port_that_makes_no_sense_is_offline(data: Path) -> None:
    device = scanner(data, port="nonsense://here")
    async with running(device.run(lambda reading: None)):
        assert "nonsense" in (await until(device.health, DeviceState.OFFLINE)).detail


async def test_a_command_reaches_the_scanner(data: Path, cable: Cable) -> None:
    cable.plug()
    device = scanner(data, "cognex")
    assert isinstance(device, SerialScanner)
    with pytest.raises(LinkDown, match="not open"):
        await device.write(b"||>TRIGGER ON\r\n")
    async with running(device.run(lambda reading: None)):
        await until(device.health, DeviceState.ONLINE)
        await device.write(b"||>TRIGGER ON\r\n")
        await cable.hears(b"||>TRIGGER ON\r\n")


async def test_a_scale_is_asked_who_it_is_at_every_opening(data: Path, cable: Cable) -> None:
    settings = ScaleDevice(name="scale", port="dev/top", position_mm=1600, length_mm=1000, baud=BAUD)
    device, weights = make_scale(settings, data, time.monotonic), asyncio.Queue[WeightRead]()
    async with running(device.run(weights.put_nowait)):
        for _ in range(2):
            cable.plug()
            await cable.hears(b"I4\r\n")
            cable.send(b"S S     1234.5 g\r\nS I\r\n")
            weight = await asyncio.wait_for(weights.get(), LONGEST_WAIT_S)
            assert (weight.device, weight.weight_g, weight.stable) == ("scale", 1234.5, True)
            weight = await asyncio.wait_for(weights.get(), LONGEST_WAIT_S)
            assert (weight.weight_g, weight.stable) == (None, False)
            cable.unplug()
            await until(device.health, DeviceState.OFFLINE)


async def test_a_socket_is_a_port_too() -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SF1\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    device, readings = scanner(Path(), "lines", f"socket://127.0.0.1:{port}"), asyncio.Queue[CodesRead]()
    async with server, running(device.run(readings.put_nowait)):
        assert (await received(readings)).codes == ("SF1",)
        assert (await received(readings)).codes == ("SF1",)  # the peer closed: the line was opened again


async def test_a_babbling_line_is_read_no_faster_than_its_baud_rate(cable: Cable) -> None:
    cable.plug()
    line, heard = SerialLine(str(cable.path), 9600, time.monotonic), asyncio.Queue[bytes]()
    opened = asyncio.Event()

    def hear(event: object) -> None:
        if isinstance(event, Opened):
            opened.set()
        elif isinstance(event, Received):
            heard.put_nowait(event.chunk)

    async with running(line.run(hear)):
        await asyncio.wait_for(opened.wait(), LONGEST_WAIT_S)
        begun_s, size = time.monotonic(), 0
        cable.send(b"\0" * 1500)
        async with asyncio.timeout(LONGEST_WAIT_S):
            while size < 1500:
                size += len(await heard.get())
        assert time.monotonic() - begun_s > (1500 - 2 * 256) * 10 / 9600
