"""The whole plant on its wires: under an agent that only beats, every parcel goes to inspect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import serial
from msgspec.structs import replace
from pymodbus.client import AsyncModbusTcpClient

from config.load import load_site
from config.settings import LaneRole, Line, Site
from simulators.plant import Plant, read_status, run_plant
from simulators.truth import ParcelMade, TripBegan, TripEnded, read

COUNT = 4
SPEED_MM_S = 10_000  # five times the sorting line's, to be done sooner


@pytest.fixture
def site(free_port: Callable[[], int]) -> Site:
    with as_file(files("config") / "sites" / "sorting.toml") as path:
        demo = load_site(path)
    line = demo.lines[0]
    quick = replace(
        line,
        belt=replace(line.belt, speed_mm_s=SPEED_MM_S),
        conveyor=replace(line.conveyor, port=free_port()),
    )
    return replace(demo, lines=(quick,))


@pytest.fixture
def line(site: Site) -> Line:
    return site.lines[0]


@pytest.fixture
async def plant(site: Site, line: Line, tmp_path: Path) -> AsyncIterator[Plant]:
    made = Plant(site, line, tmp_path, count=COUNT, seed=3)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    yield made
    stop.set()
    await asyncio.wait_for(running, 5)


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  what is waited for is on disk
            await asyncio.sleep(0.02)


async def test_every_parcel_is_inducted_scanned_weighed_and_sent_to_inspect(
    plant: Plant, line: Line, tmp_path: Path
) -> None:
    await until(lambda: read_status(tmp_path) is not None)
    before = read_status(tmp_path)
    assert before is not None
    assert (before.inducted, before.agent_alive, before.done) == (0, False, False)
    with (
        serial.Serial(str(tmp_path / "dev" / "side"), timeout=5) as side,
        serial.Serial(str(tmp_path / "dev" / "scale"), timeout=5) as scale,
    ):
        client = AsyncModbusTcpClient(line.conveyor.host, port=plant.port, timeout=1, retries=0)
        assert await client.connect()
        beat = 0
        while not plant.done:
            beat += 1
            await client.write_register(164, beat, device_id=line.conveyor.unit)
            status = await client.read_holding_registers(0, count=92, device_id=line.conveyor.unit)
            assert status.registers[:3] == [0x5250, 0x5343, 1]
            await asyncio.sleep(0.05)
        client.close()
        frames = [await asyncio.to_thread(side.readline) for _ in range(COUNT)]
        weights = [await asyncio.to_thread(scale.readline) for _ in range(COUNT)]
    assert all(frame.endswith(b"\r\n") and len(frame) > 6 for frame in frames)
    assert all(weight.startswith(b"S S ") for weight in weights)
    records = list(read(tmp_path / "plant" / "truth.jsonl"))
    weighed = [float(weight[4:14]) for weight in weights]
    made = [record.weight_g for record in records if isinstance(record, ParcelMade)]
    assert weighed == pytest.approx(made, abs=10)
    assert [r.tracking_id for r in records if isinstance(r, TripBegan)] == [1, 2, 3, 4]
    assert {r.role for r in records if isinstance(r, TripEnded)} == {LaneRole.INSPECT}
    await until(lambda: (shown := read_status(tmp_path)) and shown.done)
    shown = read_status(tmp_path)
    assert shown is not None
    assert (shown.inducted, shown.lanes["I"], shown.on_belt) == (COUNT, COUNT, 0)


async def test_a_stopped_plant_leaves_no_links_and_a_free_port(
    site: Site, line: Line, tmp_path: Path
) -> None:
    for _ in range(2):
        stop = asyncio.Event()
        running = asyncio.create_task(run_plant(site, line, tmp_path, parcels=COUNT, seed=3, stop=stop))
        await until((tmp_path / "dev" / "top").is_symlink)
        stop.set()
        await asyncio.wait_for(running, 5)
        assert list((tmp_path / "dev").iterdir()) == []
