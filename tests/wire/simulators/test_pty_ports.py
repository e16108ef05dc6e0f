"""Serial lines of the plant, read by pyserial: the bytes, their pace, and lines nobody reads."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import serial

from config.settings import ScannerDevice
from simulators.faults import ScannerFaults
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import ScaleLine
from simulators.wires.scanner_pty import ScannerLine


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[PtyPort]:
    made = PtyPort(tmp_path / "dev" / "top", 9600)
    yield made
    await made.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "dev" / "top")


async def read(reader: serial.Serial, count: int) -> bytes:
    return await asyncio.to_thread(reader.read, count)


async def test_a_scanners_frames_arrive_as_sent(port: PtyPort, path: str) -> None:
    device = ScannerDevice(name="top", driver="sick", port=path, position_mm=700)
    scanner = ScannerLine(device, port, ScannerFaults(), Random(1))
    with serial.Serial(path, 9600, timeout=5) as reader:
        scanner.report(("RB123456785CN", "4901234567894"))
        scanner.report(())
        expected = b"\x02RB123456785CN;4901234567894\x03\x02NoRead\x03"
        assert await read(reader, len(expected)) == expected


async def test_bytes_leave_no_faster_than_the_line_allows(port: PtyPort, path: str) -> None:
    frame = bytes(range(256)) * 2
    with serial.Serial(path, timeout=5) as reader:
        began_s = time.monotonic()
        port.send(frame)
        assert await read(reader, len(frame)) == frame
        took_s = time.monotonic() - began_s
    assert took_s >= len(frame) * 10 / 9600 * 0.99
    assert took_s < len(frame) * 10 / 9600 + 2.0


async def test_a_line_nobody_reads_keeps_nothing_for_later(port: PtyPort, path: str) -> None:
    port.send(b"stale\r\n")
    await port.sent()
    with serial.Serial(path, timeout=5) as reader:
        port.send(b"first\r\n")
        assert await read(reader, 7) == b"first\r\n"
    port.send(b"stale again\r\n")
    await port.sent()
    with serial.Serial(path, timeout=5) as reader:
        port.send(b"next\r\n")
        assert await read(reader, 6) == b"next\r\n"


async def test_a_reader_that_sleeps_overruns_the_line_and_harms_nobody(port: PtyPort, tmp_path: Path) -> None:
    fast = PtyPort(tmp_path / "dev" / "fast", 10_000_000)
    with serial.Serial(str(tmp_path / "dev" / "fast"), timeout=5):
        fast.send(bytes(200_000))
        await asyncio.wait_for(fast.sent(), 5)
    await fast.close()


async def test_the_scale_weighs_and_answers(port: PtyPort, path: str) -> None:
    scale = ScaleLine(port)
    with serial.Serial(path, timeout=5) as reader:
        scale.report(1234.52, stable=True)
        assert await read(reader, 18) == b"S S     1234.5 g\r\n"
        reader.write(b"I4\r\nWHAT\r\n")
        answering = asyncio.create_task(read(reader, 23))
        while not answering.done():
            scale.attend()
            await asyncio.sleep(0.005)
        assert answering.result() == b'I4 A "B021204786"\r\nES\r\n'


async def test_the_link_is_replaced_and_removed(tmp_path: Path) -> None:
    link = tmp_path / "dev" / "top"
    first = PtyPort(link, 9600)
    second = PtyPort(link, 9600)
    await first.close()
    assert link.is_symlink()
    with serial.Serial(str(link), timeout=5) as reader:
        second.send(b"here")
        assert await read(reader, 4) == b"here"
    await second.close()
    assert not link.exists()
    assert list((tmp_path / "dev").iterdir()) == []
