"""The plant of a line with CT scanner and camera: volumes reach storescp, pictures whoever watches."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path

import cv2
import psutil
import pydicom
import pytest
from msgspec.structs import replace
from pymodbus.client import AsyncModbusTcpClient

from config.load import parse_site
from config.settings import Site
from simulators.data_folder import with_free_ports
from simulators.plant import Plant, read_status
from simulators.truth import ScanSent, read

COUNT = 4
SPEED_MM_S = 5_000  # five times the demonstration's, to be done sooner


@pytest.fixture
def site() -> Site:
    content = (files("config") / "sites" / "demo.toml").read_text("utf-8")
    demo = parse_site(with_free_ports(content, "demo.toml").encode(), "demo.toml")
    line = demo.lines[0]
    return replace(demo, lines=(replace(line, belt=replace(line.belt, speed_mm_s=SPEED_MM_S)),))


@pytest.fixture
async def stored(site: Site, tmp_path: Path, require_package: Callable[[str], str]) -> AsyncIterator[Path]:
    """The folder where a storescp keeps what the scanner sends."""
    ct = site.lines[0].ct
    assert ct
    folder = tmp_path / "stored"
    folder.mkdir()
    command = [require_package("storescp"), "-aet", ct.ae_title, "--promiscuous", "-pdu", "131072"]
    with (tmp_path / "storescp.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, "-od", str(folder), str(ct.port), stdout=log, stderr=subprocess.STDOUT
        )
    yield folder
    process.kill()
    await process.wait()


async def test_every_parcel_is_scanned_and_filmed(site: Site, stored: Path, tmp_path: Path) -> None:
    line = site.lines[0]
    plant = Plant(site, line, tmp_path, count=COUNT, seed=3)
    stop = asyncio.Event()
    running = asyncio.create_task(plant.run(stop))
    try:
        async with asyncio.timeout(60):
            while read_status(tmp_path) is None:  # noqa: ASYNC110  what is waited for is on disk
                await asyncio.sleep(0.02)
            client = AsyncModbusTcpClient(line.conveyor.host, port=plant.port, timeout=1, retries=0)
            assert await client.connect()
            beat = 0
            while not plant.done or len(objects(tmp_path)) < 2 * COUNT:
                beat += 1
                await client.write_register(164, beat, device_id=line.conveyor.unit)
                status = await client.read_holding_registers(22, count=1, device_id=line.conveyor.unit)
                assert status.registers == [1]  # the CT scanner is ready
                await asyncio.sleep(0.05)
            client.close()
            assert await asyncio.to_thread(films, line.cameras[0].url)
    finally:
        children = psutil.Process().children(recursive=True)
        stop.set()
        await asyncio.wait_for(running, 15)
    sent = objects(tmp_path)
    assert [(each.tracking_id, each.energy) for each in sent] == [
        (number, energy) for number in range(1, COUNT + 1) for energy in ("low", "high")
    ]
    assert all(each.own_id and each.whole and each.delivered for each in sent)
    assert all(each.time_ms > 0 for each in sent)
    assert named(stored) == {f"{sent[0].epoch}-{number}" for number in range(1, COUNT + 1)}
    left = [child for child in children if child.is_running() and "simulators" in " ".join(child.cmdline())]
    assert left == []


def objects(folder: Path) -> list[ScanSent]:
    return [each for each in read(folder / "plant" / "truth.jsonl") if isinstance(each, ScanSent)]


def named(folder: Path) -> set[str]:
    """The ids that stored objects bear."""
    return {str(pydicom.dcmread(path, stop_before_pixels=True).PatientID) for path in folder.iterdir()}


def films(url: str) -> bool:
    """Whether somebody who calls the camera gets a picture."""
    capture = cv2.VideoCapture(
        url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]
    )
    try:
        return bool(capture.isOpened() and capture.read()[0])
    finally:
        capture.release()
