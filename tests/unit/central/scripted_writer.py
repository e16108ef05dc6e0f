"""A writer whose store fails as told, with all that it told others."""

import threading
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import (
    OperationalError,
)

from central.incoming import Accepted, Refused, StateReported
from central.ingest import Writer
from central.store import Store, Stored
from tests.unit.central.journeys import KEYRING, LINE, SITE, Clock, decided, incoming

BUSY = OperationalError("x", None, Exception("busy"))


class Scripted(Store):
    """A store that remembers what it was to write, and fails as told, in order, or for one message."""

    def __init__(self) -> None:
        super().__init__(SITE, KEYRING)
        self.failures: list[Exception] = []
        self.poison: dict[str, Exception] = {}
        self.written: list[list[str]] = []  # ids of accepted messages, a list a batch
        self.states: list[str] = []
        self.refused: list[Refused] = []
        self.times: list[datetime] = []
        self.gate = threading.Event()
        self.gate.set()
        self.contradictions = 0

    def write(
        self,
        connection: Connection,
        now: datetime,
        accepted: Sequence[Accepted],
        states: Sequence[StateReported],
        refused: Sequence[Refused],
    ) -> Stored:
        assert connection.in_transaction()
        self.gate.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        ids = [each.envelope_id for each in accepted]
        for id in ids:
            if id in self.poison:
                raise self.poison[id]
        self.written.append(ids)
        self.states += [each.state.session for each in states]
        self.refused += refused
        self.times.append(now)
        receipts = {LINE: (*ids, *(each.envelope_id or "" for each in refused))}
        return Stored(receipts, tuple(accepted), tuple(states), 0, len(refused), self.contradictions)


class Bench:
    """A writer with what it told others."""

    def __init__(self, engine: Engine, **limits: int) -> None:
        self.store = Scripted()
        self.clock = Clock()
        self.now_s = 100.0
        self.receipted: list[str] = []
        self.troubles: list[str] = []
        self.deaf = False
        self.writer = Writer(
            engine,
            SITE,
            self.store,
            clock=self.clock,
            on_stored=self._stored,
            on_trouble=self.troubles.append,
            now_s=lambda: self.now_s,
            **limits,
        )

    def _stored(self, stored: Stored) -> None:
        if self.deaf:
            raise RuntimeError("the broker is away")
        self.receipted += stored.receipts[LINE]

    def offer(self, *ids: str) -> list[bool]:
        return [self.writer.offer(incoming(decided(f"p{id}"), id)) for id in ids]
