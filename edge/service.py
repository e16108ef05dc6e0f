"""The process of one line: puts the agent together with its devices, files and the centre, and runs it."""

import asyncio
import secrets
import signal
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from config import keyring as keys
from config.settings import Line, Site
from devices.catalogue import make_conveyor, make_scale, make_scanner
from edge import messages
from edge.agent import Agent, Devices
from edge.clearance import ClearanceList
from edge.clearance_sync import ClearanceSync
from edge.ending import end_step, end_tasks, in_thread
from edge.intake import Intake
from edge.journal import Journal
from edge.line_imaging import Run, make_imaging
from edge.line_lock import hold_line
from edge.live import StateMoments, line_state
from edge.messages import LineState, SignedCommand
from edge.mqtt import PahoClient
from edge.snapshot import HttpClearance
from edge.uplink import Arrivals, Uplink

_STATE_EVERY_S = 0.25
_RESTART_S = 1.0
_log = structlog.get_logger(__name__)


def journal_path(data: Path, line_id: str) -> Path:
    """Where a line's journal lies in the data folder."""
    return data / f"edge-{line_id}" / "journal.db"


def _wall() -> datetime:
    return datetime.now(UTC)


async def run_line(site: Site, line: Line, data: Path) -> None:
    """Run a line until the process is told to stop (SIGTERM, SIGINT); LineTaken if another agent runs it."""
    with hold_line(journal_path(data, line.id).parent):
        await _run_line(site, line, data)


async def _run_line(site: Site, line: Line, data: Path) -> None:
    loop = asyncio.get_running_loop()
    now_s = loop.time
    session = secrets.token_hex(8)
    keyring = keys.load(data / "keys", signing=False)
    password = (data / site.broker.password_file).read_text("utf-8").strip()
    token = (data / "keys" / "edge-token").read_text("utf-8").strip()
    journal = Journal(journal_path(data, line.id), identity=lambda: uuid4().hex)
    clearance = ClearanceList(data / f"edge-{line.id}" / "lists.db")
    intake = Intake(line, keyring, session)
    images = make_imaging(site, line, data, keyring, token, intake, now_s)
    devices = Devices(
        make_conveyor(line.conveyor, now_s),
        [make_scanner(scanner, data, now_s) for scanner in line.scanners],
        make_scale(line.scale, data, now_s) if line.scale else None,
        images.imaging if images else None,
    )
    agent = Agent(line, session, devices, intake, journal, clearance, now_s, _wall)
    url = f"http://{site.centre.host}:{site.centre.port}/api/lines/{line.id}/clearance"
    sync = ClearanceSync(clearance, HttpClearance(url, token), intake.papers_changed, now_s)
    gone = LineState(session, online=False, at=_wall())
    topic = messages.topic(site.id, line.id, "state")
    farewell = messages.wrap(gone, id=f"{session}:gone", source=f"/{site.id}/{line.id}", time=gone.at)
    client = PahoClient(site.broker, password, f"edge-{site.id}-{line.id}", (topic, farewell), loop)

    def command(signed: SignedCommand) -> None:
        intake.command(signed, _wall())

    moments = StateMoments()
    uplink = Uplink(
        site.id, line.id, journal, client, Arrivals(command, sync.delta, sync.centre), now_s, _wall
    )

    async def publish() -> None:
        while True:
            encoder_mm = intake.belt.encoder_mm(now_s())
            uplink.publish_state(
                line_state(
                    line,
                    agent.core,
                    agent.status,
                    encoder_mm,
                    session=session,
                    at=_wall(),
                    outbox=journal.outbox_size(),
                    clearance_number=clearance.number,
                    clearance_age_s=clearance.age_s(now_s(), _wall()),
                    uploads=images.evidence.waiting if images else 0,
                    devices=[
                        (health, moments.began_at(health, now_s(), _wall())) for health in devices.healths()
                    ],
                )
            )
            uplink.drain()
            await asyncio.sleep(_STATE_EVERY_S)

    async def drain() -> None:
        while True:
            await agent.written.wait()
            agent.written.clear()
            uplink.drain()

    parts: dict[str, Coroutine[Any, Any, None]] = {
        "agent": agent.run(),
        "clearance": sync.run(),
        "drain": drain(),
        "publish": publish(),
    }
    runs = _reading(devices, intake) | (images.parts if images else {})
    parts |= {name: _kept_running(name, run) for name, run in runs.items()}
    uplink.start()
    _log.info("edge_started", line=line.id, session=session, outbox=journal.outbox_size())
    try:
        await _until_stopped(parts)
    finally:
        last = LineState(session, online=False, at=_wall())
        await end_step("uplink", in_thread("uplink's end", lambda: uplink.stop(last)))
        await end_step("conveyor", devices.conveyor.close())
        journal.close()
        clearance.close()
        if images:
            images.evidence.close()
        _log.info("edge_stopped", line=line.id)


def _reading(devices: Devices, intake: Intake) -> dict[str, Run]:
    """What reads labels and weights, by name."""
    runs: dict[str, Run] = {
        scanner.name: lambda scanner=scanner: scanner.run(intake.reading) for scanner in devices.scanners
    }
    if (scale := devices.scale) is not None:
        runs[scale.name] = lambda: scale.run(intake.reading)
    return runs


async def _kept_running(name: str, run: Run) -> None:
    """A device's task: whatever it raises is its own trouble, said in the log, and it starts again."""
    while True:
        try:
            await run()
        except Exception:
            _log.exception("device_task_failed", device=name)
        await asyncio.sleep(_RESTART_S)


async def _until_stopped(parts: dict[str, Coroutine[Any, Any, None]]) -> None:
    """Run all parts; end on a signal, or with the first part that fails, which ends the process."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [loop.create_task(part, name=name) for name, part in parts.items()]
    stopping = loop.create_task(stop.wait(), name="signal")
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    _log.info("edge_stopping", cause=" ".join(task.get_name() for task in done))
    await end_tasks([stopping, *tasks])
    for task in done - {stopping}:
        task.result()
