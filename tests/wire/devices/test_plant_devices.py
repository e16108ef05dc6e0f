"""The drivers against the plant's own wires, which were written from the same contract apart from them."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from config.settings import ConveyorDevice, ScaleDevice, ScannerDevice
from devices.catalogue import make_conveyor, make_scale, make_scanner
from devices.interfaces import (
    CodesRead,
    CommandOutcome,
    CommandResult,
    Cursor,
    DeviceState,
    Health,
    ItemEventKind,
    LaneCommand,
    WeightRead,
)
from simulators.contract import Event, EventKind, Outcome, Result, State, Status
from simulators.faults import ScannerFaults
from simulators.wires import register_map
from simulators.wires.plc_image import PlcImage
from simulators.wires.plc_modbus import PlcServer
from simulators.wires.pty_port import PtyPort
from simulators.wires.scale_pty import ScaleLine
from simulators.wires.scanner_pty import ScannerLine

LONGEST_WAIT_S = 10.0
BAUD = 9600
STATUS = Status(
    epoch=70_000,
    state=State.EXECUTE,
    heartbeat=3,
    induction_open=True,
    agent_alive=False,
    time_ms=1_000,
    encoder_mm=72_000,
    speed_mm_s=2000,
    lanes_available=frozenset({1, 2, 5}),
    inducted=1,
    last_tracking_id=1,
    lane_counts=(4, *([0] * 15)),
)


async def until_online(health: Callable[[], Health]) -> None:
    async with asyncio.timeout(LONGEST_WAIT_S):
        while health().state is not DeviceState.ONLINE:  # noqa: ASYNC110  the driver has no event to wait for
            await asyncio.sleep(0.005)


async def test_the_conveyor_driver_and_the_plants_controller_mean_the_same() -> None:
    image = PlcImage(register_map.load("redpeak_sorter_v1"))
    image.publish(STATUS, [Event(EventKind.INDUCTED, 990, 71_980, 1, detail=255)], ())
    server = PlcServer(image, "127.0.0.1", 0, 1)
    await server.start()
    conveyor = make_conveyor(ConveyorDevice("127.0.0.1", port=server.port), time.monotonic)
    try:
        poll = await conveyor.poll(Cursor())
        status = poll.status
        assert (status.epoch, status.state, status.encoder_mm) == (70_000, 6, 72_000)
        assert (status.induction_open, status.agent_alive) == (True, False)
        assert (status.lanes_available, status.lane_counts) == ({1, 2, 5}, STATUS.lane_counts)
        [event] = poll.events
        assert (event.kind, event.tracking_id, event.encoder_mm, event.time_ms, event.detail) == (
            ItemEventKind.INDUCTED,
            1,
            71_980,
            990,
            255,
        )
        await conveyor.beat(77)
        assert image.heartbeat == 77
        await conveyor.send([LaneCommand(5, 70_000, 1, 2)])
        [command] = image.commands()
        assert (command.epoch, command.tracking_id, command.lane) == (70_000, 1, 2)
        image.publish(STATUS, (), [Result(command, Outcome.TOO_LATE, 1_000)])
        assert (await conveyor.poll(Cursor(70_000, 1))).results == (
            CommandResult(5, CommandOutcome.TOO_LATE),
        )
        image.publish(replace(STATUS, epoch=70_001), [Event(EventKind.LINE_STATE, 1, 1, detail=2)], ())
        poll = await conveyor.poll(Cursor(70_000, 1))
        assert (poll.status.epoch, [event.sequence for event in poll.events]) == (70_001, [1])
    finally:
        await conveyor.close()
        await server.stop()


@pytest.mark.parametrize("driver", ["sick", "cognex", "keyence", "lines"])
async def test_a_scanner_driver_reads_the_plants_scanner(tmp_path: Path, driver: str) -> None:
    settings = ScannerDevice(name="top", driver=driver, port="dev/top", position_mm=0, baud=BAUD)
    port = PtyPort(tmp_path / "dev" / "top", BAUD)
    plant = ScannerLine(settings, port, ScannerFaults(), Random(1))
    device, readings = make_scanner(settings, tmp_path, time.monotonic), asyncio.Queue[CodesRead]()
    reading = asyncio.create_task(device.run(readings.put_nowait))
    try:
        await until_online(device.health)
        sent_s = time.monotonic()
        plant.report(["RB123456785CN", "SF1234567890123"])
        plant.report([])
        first = await asyncio.wait_for(readings.get(), LONGEST_WAIT_S)
        assert first.codes == ("RB123456785CN", "SF1234567890123")
        assert first.at_s >= sent_s - 0.002  # the plant begins to send at once; the wire's time is taken off
        assert first.at_s < time.monotonic() - len(first.raw) * 10 / BAUD
        assert (await asyncio.wait_for(readings.get(), LONGEST_WAIT_S)).codes == ()
        assert device.health().errors == 0
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await port.close()


async def test_the_scale_driver_reads_the_plants_scale(tmp_path: Path) -> None:
    settings = ScaleDevice(name="scale", port="dev/scale", position_mm=0, length_mm=1, baud=BAUD)
    port = PtyPort(tmp_path / "dev" / "scale", BAUD)
    plant = ScaleLine(port)
    device, weights = make_scale(settings, tmp_path, time.monotonic), asyncio.Queue[WeightRead]()
    weighing = asyncio.create_task(device.run(weights.put_nowait))
    try:
        await until_online(device.health)
        plant.attend()
        plant.report(1234.5, stable=True)
        plant.report(50.0, stable=False)
        found = [await asyncio.wait_for(weights.get(), LONGEST_WAIT_S) for _ in range(2)]
        assert [(weight.weight_g, weight.stable) for weight in found] == [(1234.5, True), (50.0, False)]
        assert device.health().errors == 0
    finally:
        weighing.cancel()
        await asyncio.gather(weighing, return_exceptions=True)
        await port.close()
