"""The centre in memory: its production parts on a SQLite file and the broker in memory, until it is killed.

What its threads do in production is done by turns of the loop. A kill takes everything but the files; what
was begun and not committed is rolled back as the stack unwinds.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from msgspec import Struct
from sqlalchemy import Engine, delete
from sqlalchemy.exc import SQLAlchemyError

from central import database, schema
from central.announcer import POLL_S, Announcer
from central.answers import Answers, Sent
from central.bulk import LISTED, as_list, listed
from central.clearance_log import Snapshot, Snapshots
from central.commands import Commands
from central.first_start import lay_ground
from central.importer import Imported, Importer
from central.incoming import Incoming
from central.ingest import Writer
from central.papers import Declaration, Waybill
from central.receipts import receipt, remembered, reported
from central.roles import Principal
from central.store import Store, Stored
from config.keyring import Keyring
from config.settings import Site
from edge.messages import Decision, LineState
from simulators.memory.broker import MemoryBroker
from simulators.memory.centre_http import MemoryClearance, MemoryMedia
from simulators.memory.durable import DurableStore
from simulators.memory.fault_board import FaultBoard
from simulators.memory.link import MemoryLink
from simulators.memory.steps import Killed, Process, Step, Steps
from simulators.memory.virtual_time import Clock

_GATHERS_S = (0.02, 0.3)  # until a message that arrived is written, with those that came meanwhile


class CentreAwayError(Exception):
    """The centre is dead, or died of it, or its database refused: whoever asked may ask again."""


class _Life(Struct):
    """One run of the centre's process."""

    engine: Engine
    link: MemoryLink
    writer: Writer
    announcer: Announcer
    answers: Answers
    importer: Importer
    snapshots: Snapshots
    states: dict[str, LineState]
    timers: dict[str, asyncio.TimerHandle]


class MemoryCentre:
    """A centre that can be killed and started again.

    Args:
        data: folder of its files.
        clock: its clocks.
        random: for moments.
        new_id: makes ids that never come again, not even after a kill.
        died: told once for each death, however it came.
        poll_s: how often it looks whether somebody changed the papers.
    """

    def __init__(
        self,
        site: Site,
        data: Path,
        keyring: Keyring,
        broker: MemoryBroker,
        steps: Steps,
        faults: FaultBoard,
        *,
        clock: Clock,
        random: Random,
        new_id: Callable[[], str],
        died: Callable[[Process], None],
        poll_s: float = POLL_S,
    ) -> None:
        self._site, self._keyring, self._broker, self._steps = site, keyring, broker, steps
        self._loop, self._clock, self._random, self._new_id = broker.loop, clock, random, new_id
        self._died, self._poll_s = died, poll_s
        self._store = DurableStore("sqlite:///central.db", data, steps, faults)
        self._life: _Life | None = None
        self.watchers: list[Callable[[Stored], None]] = []  # told what was stored, after its receipt
        self.clearance = MemoryClearance(self._snapshot, faults, random)
        self.media = MemoryMedia(data / "uploads.db", lambda: self.alive)
        self._prepare()

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._life is not None

    def open(self) -> Engine:
        """The database for whoever checks it: no faults, no steps. To be disposed of."""
        return self._store.open_plainly()

    def start(self) -> None:
        """Begin, with what the files hold."""
        if self._life is not None:
            return
        self._steps.forget(Process.CENTRE)
        self._life = life = self._composed()
        life.link.start()
        self._announce_after(self._poll_s)

    def kill(self) -> None:
        """End it at once: nothing of it runs on, its files stay as they are. May be called twice."""
        if self._end():
            self._died(Process.CENTRE)

    def close(self) -> None:
        """Let go of the files: the simulation is over."""
        self._end()
        self.media.close()

    def answer(self, passage_id: str, decision: Decision, officer: Principal) -> Sent:
        """Have an officer's answer recorded and sent; AnswerError, CentreAwayError."""
        life = self._living()
        try:
            with self._store.committing(Step.ANSWER_COMMIT):
                return life.answers.give(passage_id, decision, "", officer)
        except Killed as killed:
            self._killed(killed)
            raise CentreAwayError("it died meanwhile") from None
        except SQLAlchemyError as error:
            raise CentreAwayError(type(error).__name__) from error

    def take_papers(self, records: Iterable[Waybill | Declaration]) -> Imported:
        """Import papers as its command does, at once; CentreAwayError: nothing, or only some, are there."""
        life = self._living()
        try:
            return life.importer.run(records)
        except SQLAlchemyError as error:
            raise CentreAwayError(type(error).__name__) from error

    def file_away(self, numbers: Iterable[str]) -> None:
        """Take these waybills' papers out of the database, as an archive will; CentreAwayError: none is.

        No line is told: one that has them keeps them until it fetches the list.
        """
        life = self._living()
        keys = {LISTED: as_list(self._keyring.waybill_key(number) for number in numbers)}
        try:
            with database.writing(life.engine) as connection:
                for table in (schema.clearance, schema.declarations, schema.waybills):
                    named = table.c.waybill_key.in_(listed(connection.dialect.name))
                    connection.execute(delete(table).where(named), keys)
        except SQLAlchemyError as error:
            raise CentreAwayError(type(error).__name__) from error

    def _end(self) -> bool:
        """Whether it was alive."""
        life, self._life = self._life, None
        if life is None:
            return False
        for timer in life.timers.values():
            timer.cancel()
        life.link.vanish()
        life.engine.dispose()
        self._steps.forget(Process.CENTRE)
        return True

    def _prepare(self) -> None:
        """Make the tables, without faults: it was installed on a good day."""
        engine = self._store.open_plainly()
        database.migrate(engine)
        lay_ground(engine, self._site)
        engine.dispose()

    def _composed(self) -> _Life:
        """The parts as `central.service.compose` puts them together."""
        site, wall, now_s = self._site, self._clock.wall, self._clock.now_s
        engine, instance = self._store.open(), self._new_id()
        link = MemoryLink(
            self._broker,
            site.id,
            self._steps,
            instance=instance,
            clock=wall,
            new_id=self._new_id,
            on_message=self._take,
            on_connected=self._hurry,
            died=self._killed,
        )
        writer = Writer(
            engine,
            site.id,
            Store(site.id, self._keyring),
            clock=wall,
            on_stored=self._report,
            on_trouble=lambda _reason: self._hurry(),
            now_s=now_s,
        )
        announcer = Announcer(
            engine,
            link,
            site.id,
            tuple(line.id for line in site.lines),
            instance=instance,
            clock=wall,
            healthy=lambda: not writer.trouble,
            now_s=now_s,
        )
        states = remembered(engine, site.id)
        commands = Commands(link, self._keyring, states=lambda: states)
        return _Life(
            engine=engine,
            link=link,
            writer=writer,
            announcer=announcer,
            answers=Answers(engine, site, self._keyring, commands, clock=wall, new_id=self._new_id),
            importer=Importer(
                engine, site.id, self._keyring, clock=wall, pause=lambda _took_s: None, now_s=now_s
            ),
            snapshots=Snapshots(engine, site.id),
            states=states,
            timers={},
        )

    def _take(self, message: Incoming) -> None:
        """As the service's `take` does; the network thread does not wait here."""
        if self._life is not None:
            self._life.writer.offer(message)
            self._write_after(self._random.uniform(*_GATHERS_S))

    def _write_after(self, pause_s: float) -> None:
        life = self._life
        if life is not None and "write" not in life.timers:
            life.timers["write"] = self._loop.call_later(pause_s, self._write)

    def _write(self) -> None:
        """A turn of the writer's thread."""
        life = self._life
        if life is None:
            return
        life.timers.pop("write", None)
        try:
            with self._store.committing(Step.INGEST_COMMIT):
                again_s = life.writer.turn()
        except Killed as killed:
            self._killed(killed)
            return
        if again_s is not None or life.writer.waiting:
            self._write_after(again_s or 0.0)

    def _report(self, stored: Stored) -> None:
        life = self._living()
        receipt(life.link, stored)
        life.states.update(reported(stored))
        for watcher in self.watchers:
            watcher(stored)

    def _hurry(self) -> None:
        if self._life is not None:
            self._life.announcer.hurry()
            self._announce_after(0.0)

    def _announce_after(self, pause_s: float) -> None:
        life = self._life
        if life is not None:
            if "announce" in life.timers:
                life.timers.pop("announce").cancel()
            life.timers["announce"] = self._loop.call_later(pause_s, self._announce)

    def _announce(self) -> None:
        """A turn of the announcer's thread."""
        life = self._life
        if life is None:
            return
        self._announce_after(self._poll_s)
        try:
            life.announcer.turn()
        except Killed as killed:
            self._killed(killed)

    def _snapshot(self) -> Snapshot | None:
        if self._life is None:
            return None
        return self._life.snapshots.current(self._clock.wall())

    def _killed(self, killed: Killed) -> None:
        if killed.process is not Process.CENTRE:
            raise killed
        self.kill()

    def _living(self) -> _Life:
        if self._life is None:
            raise CentreAwayError("it is dead")
        return self._life
