"""The centre's SQLite file as a process under test meets it: killed before a commit, full, busy.

A kill of a process loses nothing that the kernel has, so that waiting for the disk would prove nothing here:
`synchronous` is off. All else is as in production.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from central import database
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.steps import Process, Step, Steps

_PAGES_CACHED_KIB = 16_000  # so that a long run shows soon whether something else grows


class DurableStore:
    """Opens the database, again after each kill.

    The engine is one for all lives, its connections are not: what it compiled it need not compile again.

    Args:
        data: folder of `central.db`.
    """

    def __init__(self, url: str, data: Path, steps: Steps, faults: FaultBoard) -> None:
        self._url, self._data = url, data
        self._steps, self._faults = steps, faults
        self._step: Step | None = None  # what a commit is, now
        self._engine = self.open_plainly()
        event.listen(self._engine, "begin", self._beginning)
        event.listen(self._engine, "commit", self._committing)

    def open_plainly(self) -> Engine:
        """An engine that meets no faults."""
        engine = database.connect(self._url, self._data)
        event.listen(engine, "connect", _hurry)
        return engine

    def open(self) -> Engine:
        """The engine whose transactions meet the faults; `dispose` closes its connections."""
        return self._engine

    @contextmanager
    def committing(self, step: Step) -> Generator[None]:
        """What is committed within is that step of the centre."""
        before, self._step = self._step, step
        try:
            yield
        finally:
            self._step = before

    def _beginning(self, connection: Connection) -> None:
        if _writes(connection) and self._faults.lasts(Fault.CENTRE_DATABASE_BUSY):
            raise _refusal("BEGIN IMMEDIATE", "database is locked")

    def _committing(self, connection: Connection) -> None:
        if not _writes(connection):
            return
        if self._faults.lasts(Fault.CENTRE_DISK_FULL):
            raise _refusal("COMMIT", "database or disk is full")
        if self._step is not None:
            self._steps.about_to(Process.CENTRE, self._step)


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writes"))


def _refusal(statement: str, why: str) -> OperationalError:
    return OperationalError(statement, None, sqlite3.OperationalError(why))


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("synchronous=OFF", f"cache_size=-{_PAGES_CACHED_KIB}"):
        connection.execute(f"PRAGMA {pragma}").close()
