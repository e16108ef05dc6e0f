"""A centre in memory and the production uplink of a line with it, under a virtual clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import Table, func, select

from central import schema
from config.keyring import for_tests
from config.load import parse_site, shipped_site
from config.settings import Belt
from edge import messages
from edge.clearance import ClearanceList
from edge.clearance_sync import ClearanceSync
from edge.journal import Entry, Journal
from edge.messages import Event, LineState, SignedCommand
from edge.uplink import Arrivals, Uplink
from simulators.memory.broker import MemoryBroker
from simulators.memory.centre import MemoryCentre
from simulators.memory.fault_board import FaultBoard
from simulators.memory.life import inline
from simulators.memory.mqtt_client import MemoryClient
from simulators.memory.steps import Process, Steps
from simulators.memory.virtual_time import Clock, VirtualLoop

SITE = parse_site(shipped_site("demo"), "demo")
KEYS = for_tests("memory centre", nonce=bytes)
BELT: Belt = SITE.lines[0].belt


def counted(prefix: str) -> Callable[[], str]:
    """Ids that can be read."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


class CentreRig:
    """A centre, its broker and a line's uplink, clearance list included."""

    def __init__(self, folder: Path, *, seed: int = 1) -> None:
        self.folder = folder
        self.loop = VirtualLoop()
        self.clock = Clock(self.loop)
        self.faults = FaultBoard(lambda: "test")
        self.log: list[tuple[float, str, str, bytes]] = []
        random = Random(seed)
        self.broker = MemoryBroker(self.loop, self.faults, Random(random.random()), self._note)
        self.steps = Steps()
        self.deaths = 0
        self.centre = MemoryCentre(
            SITE,
            folder,
            KEYS,
            self.broker,
            self.steps,
            self.faults,
            clock=self.clock,
            random=Random(random.random()),
            new_id=counted("c"),
            died=self._died,
        )
        self.engine = self.centre.open()
        self.centre.start()
        self.restarts_after_s = 2.0
        self.commands: list[SignedCommand] = []
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def now_s(self) -> float:
        return self.loop.time()

    def connect_line(self) -> None:
        """A line: journal, uplink, clearance list, all as in production."""
        self.journal = Journal(self.folder / "journal.db", identity=lambda: "j1", salt=lambda: bytes(16))
        self.clearance = ClearanceList(self.folder / "lists.db")
        self.fetched = 0

        def changed(keys: set[str] | None) -> None:
            self.fetched += keys is None

        self.sync = ClearanceSync(self.clearance, self.centre.clearance, changed, self.clock.now_s, inline)
        topic = messages.topic(SITE.id, "L1", "state")
        self.client = MemoryClient(self.broker, "edge-L1", (topic, self._state(online=False)), self._cannot)
        arrivals = Arrivals(self.commands.append, self.sync.delta, self.sync.centre)
        self.uplink = Uplink(
            SITE.id, "L1", self.journal, self.client, arrivals, self.clock.now_s, self.clock.wall
        )
        self.uplink.start()
        self.tasks = [self.loop.create_task(self.sync.run()), self.loop.create_task(self._publish())]

    def record(self, *events: Event) -> None:
        """The line has something to tell."""
        self.journal.append([Entry(self.wall, event) for event in events])
        self.uplink.drain()

    @property
    def wall(self) -> datetime:
        return self.clock.wall()

    def pass_time(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def until(self, condition: Callable[[], object], within_s: float = 120.0) -> None:
        last_s = self.now_s + within_s
        while not condition():
            assert self.now_s < last_s, "it never came about"
            self.pass_time(0.05)

    def count(self, table: Table) -> int:
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """What the lines reported, as it lies in the database."""
        tables = (schema.passages, schema.events, schema.alarms, schema.gaps, schema.answers)
        with self.engine.connect() as connection:
            return {
                table.name: [
                    tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
                ]
                for table in tables
            }

    def close(self) -> None:
        self.centre.close()
        self.engine.dispose()
        self.broker.close()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            self.loop.run_until_complete(asyncio.wait(self.tasks))
            self.journal.close()
            self.clearance.close()
        self.loop.close()

    def _died(self, process: Process) -> None:
        assert process is Process.CENTRE
        self.deaths += 1
        self.loop.call_later(self.restarts_after_s, self.centre.start)

    def _note(self, kind: str, topic: str, content: bytes) -> None:
        self.log.append((self.now_s, kind, topic, content))

    def _cannot(self, killed: BaseException) -> None:
        raise AssertionError(f"nobody kills the line here: {killed}")

    def _state(self, *, online: bool) -> bytes:
        state = LineState("s1", online=online, at=self.wall, epoch=7, speed_mm_s=1000)
        return messages.wrap(state, id="s1:state", source=f"/{SITE.id}/L1", time=self.wall)

    async def _publish(self) -> None:
        topic = messages.topic(SITE.id, "L1", "state")
        while True:
            self.client.publish(topic, self._state(online=True), qos=0, retain=True)
            self.uplink.drain()
            await asyncio.sleep(0.5)
