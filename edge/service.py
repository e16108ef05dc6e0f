"""The process of one line: brings the agent its drivers and runs it until it is told to stop."""

import asyncio
import os
import secrets
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config import keyring as keys
from config.settings import Line, Site
from devices.catalogue import make_camera, make_conveyor, make_ct, make_scale, make_scanner
from edge.adapters import Adapters
from edge.composition import LineAgent, journal_path
from edge.ending import end_tasks, in_thread
from edge.line_lock import hold_line
from edge.mqtt import PahoClient
from edge.reviewing import ReviewerProcess, reviewer_command
from edge.snapshot import HttpClearance
from edge.uploads import HttpMedia
from edge.worker_thread import WorkerThread

_log = structlog.get_logger(__name__)


async def run_line(site: Site, line: Line, data: Path) -> None:
    """Run a line until the process is told to stop (SIGTERM, SIGINT); LineTaken if another agent runs it."""
    with hold_line(journal_path(data, line.id).parent):
        keyring = keys.load(data / "keys", signing=False)
        running = LineAgent(site, line, data, keyring, _on_wires(site, line, data))
        running.start()
        try:
            await _until_stopped(running)
        finally:
            await running.stop()


def _on_wires(site: Site, line: Line, data: Path) -> Adapters:
    """The line's devices and the centre, as the site file describes them."""
    loop = asyncio.get_running_loop()
    now_s = loop.time
    password = (data / site.broker.password_file).read_text("utf-8").strip()
    token = (data / "keys" / "edge-token").read_text("utf-8").strip()
    folder = (data / f"edge-{line.id}").absolute()
    centre = f"http://{site.centre.host}:{site.centre.port}/api/lines/{line.id}"
    return Adapters(
        conveyor=make_conveyor(line.conveyor, now_s),
        scanners=[make_scanner(scanner, data, now_s) for scanner in line.scanners],
        scale=make_scale(line.scale, data, now_s) if line.scale else None,
        ct=make_ct(line.ct, data, folder, now_s, time.time) if line.ct else None,
        cameras=[make_camera(camera, data, now_s) for camera in line.cameras],
        reviewer=lambda imaging: ReviewerProcess(
            reviewer_command(line.review, data),
            line.review.timeout_ms / 1000,
            imaging.reviewed,
            now_s,
            imaging.reported,
        ),
        client=lambda will: PahoClient(site.broker, password, f"edge-{site.id}-{line.id}", will, loop),
        clearance=HttpClearance(f"{centre}/clearance", token),
        media=HttpMedia(f"{centre}/media", token),
        worker=WorkerThread,
        aside=in_thread,
        now_s=now_s,
        wall=lambda: datetime.now(UTC),
        new_id=lambda: secrets.token_hex(16),
        salt=lambda: os.urandom(16),
    )


async def _until_stopped(running: LineAgent) -> None:
    """Run all parts; end on a signal, or with the first part that fails, which ends the process."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [loop.create_task(part, name=name) for name, part in running.parts().items()]
    stopping = loop.create_task(stop.wait(), name="signal")
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    _log.info("edge_stopping", cause=" ".join(task.get_name() for task in done))
    await end_tasks([stopping, *tasks])
    for task in done - {stopping}:
        task.result()
