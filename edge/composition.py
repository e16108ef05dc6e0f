"""Puts one line's agent together from its adapters: on wires and in memory alike."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog

from config.keyring import Keyring
from config.settings import Line, Site
from edge import messages
from edge.adapters import Adapters
from edge.agent import Agent, Devices
from edge.clearance import ClearanceList
from edge.clearance_sync import ClearanceSync
from edge.ending import end_step
from edge.evidence import Evidence
from edge.intake import Intake
from edge.journal import Journal
from edge.line_imaging import Run, make_imaging
from edge.live import StateMoments, line_state
from edge.messages import LineState, SignedCommand
from edge.uplink import Arrivals, Uplink

_RESTART_S = 1.0
_log = structlog.get_logger(__name__)


def journal_path(data: Path, line_id: str) -> Path:
    """Where a line's journal lies in the data folder."""
    return data / f"edge-{line_id}" / "journal.db"


class LineAgent:
    """One line's agent with everything that runs beside it.

    Args:
        data: the data folder.
        adapters: what touches the world.

    JournalError if the journal cannot be opened.
    """

    def __init__(self, site: Site, line: Line, data: Path, keyring: Keyring, adapters: Adapters) -> None:
        self._line, self._adapters = line, adapters
        now_s, wall = adapters.now_s, adapters.wall
        folder = (data / f"edge-{line.id}").absolute()
        self.session = adapters.new_id()[:16]
        self.journal = Journal(folder / "journal.db", identity=adapters.new_id, salt=adapters.salt)
        self.clearance = ClearanceList(folder / "lists.db")
        self.intake = Intake(line, keyring, self.session)
        self._images = make_imaging(line, folder, keyring, adapters, self.intake)
        self.devices = Devices(
            adapters.conveyor,
            adapters.scanners,
            adapters.scale,
            self._images.imaging if self._images else None,
        )
        self.agent = Agent(
            line, self.session, self.devices, self.intake, self.journal, self.clearance, now_s, wall
        )
        self._sync = ClearanceSync(
            self.clearance, adapters.clearance, self.intake.papers_changed, now_s, adapters.aside
        )
        gone = LineState(self.session, online=False, at=wall())
        topic = messages.topic(site.id, line.id, "state")
        source = f"/{site.id}/{line.id}"
        farewell = messages.wrap(gone, id=f"{self.session}:gone", source=source, time=gone.at)
        self.client = adapters.client((topic, farewell))
        arrivals = Arrivals(self._command, self._sync.delta, self._sync.centre)
        self.uplink = Uplink(site.id, line.id, self.journal, self.client, arrivals, now_s, wall)
        self._moments = StateMoments()

    @property
    def evidence(self) -> Evidence | None:
        """The index of the line's evidence, if it has any."""
        return self._images.evidence if self._images else None

    def start(self) -> None:
        """Connect to the broker."""
        self.uplink.start()
        _log.info("edge_started", line=self._line.id, session=self.session, outbox=self.journal.outbox_size())

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """All that has to run, by name; the end of any of them is the end of the agent."""
        runs = self._reading() | (self._images.parts if self._images else {})
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "agent": self.agent.run(),
            "clearance": self._sync.run(),
            "drain": self._drain(),
            "publish": self._publish(),
        }
        return parts | {name: _kept_running(name, run) for name, run in runs.items()}

    async def stop(self) -> None:
        """Say goodbye, disconnect and close the files; the parts have ended before."""
        last = LineState(self.session, online=False, at=self._adapters.wall())
        await end_step("uplink", self._adapters.aside("uplink's end", lambda: self.uplink.stop(last)))
        await end_step("conveyor", self.devices.conveyor.close())
        self.close()
        _log.info("edge_stopped", line=self._line.id)

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.clearance.close()
        if self._images:
            self._images.evidence.close()

    def _command(self, signed: SignedCommand) -> None:
        self.intake.command(signed, self._adapters.wall())

    def _state(self) -> LineState:
        now_s, wall = self._adapters.now_s(), self._adapters.wall()
        return line_state(
            self._line,
            self.agent.core,
            self.agent.status,
            self.intake.belt.encoder_mm(now_s),
            session=self.session,
            at=wall,
            outbox=self.journal.outbox_size(),
            clearance_number=self.clearance.number,
            clearance_age_s=self.clearance.age_s(now_s, wall),
            uploads=self._images.evidence.waiting if self._images else 0,
            devices=[
                (health, self._moments.began_at(health, now_s, wall)) for health in self.devices.healths()
            ],
        )

    async def _publish(self) -> None:
        while True:
            self.uplink.publish_state(self._state())
            self.uplink.drain()
            await asyncio.sleep(self._adapters.state_every_s)

    async def _drain(self) -> None:
        while True:
            await self.agent.written.wait()
            self.agent.written.clear()
            self.uplink.drain()

    def _reading(self) -> dict[str, Run]:
        """What reads labels and weights, by name."""
        runs: dict[str, Run] = {
            scanner.name: lambda scanner=scanner: scanner.run(self.intake.reading)
            for scanner in self.devices.scanners
        }
        if (scale := self.devices.scale) is not None:
            runs[scale.name] = lambda: scale.run(self.intake.reading)
        return runs


async def _kept_running(name: str, run: Run) -> None:
    """A device's task: whatever it raises is its own trouble, said in the log, and it starts again."""
    while True:
        try:
            await run()
        except Exception:
            _log.exception("device_task_failed", device=name)
        await asyncio.sleep(_RESTART_S)
