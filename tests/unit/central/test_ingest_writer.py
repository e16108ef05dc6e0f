"""The writer thread: receipts only after a commit, trouble survived, poison set aside."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DataError, OperationalError

from central import schema
from central.database import writing
from central.incoming import Accepted, Refused, StateReported
from central.ingest import Writer
from central.store import Store, Stored
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, closed, decided, incoming, line_state


class Failing(Store):
    """A store whose database refuses as told."""

    def __init__(self) -> None:
        super().__init__(SITE, KEYRING)
        self.busy = 0
        self.poison = ""

    def write(
        self,
        connection: Connection,
        now: datetime,
        accepted: Sequence[Accepted],
        states: Sequence[StateReported],
        refused: Sequence[Refused],
    ) -> Stored:
        if self.busy:
            self.busy -= 1
            raise OperationalError("x", None, Exception("database or disk is full"))
        if any(each.envelope_id == self.poison for each in accepted):
            raise DataError("x", None, Exception("out of range"))
        return super().write(connection, now, accepted, states, refused)


class Running:
    """A writer with what it reported."""

    def __init__(self, engine: Engine, store: Store, *, capacity: int = 100) -> None:
        self.receipted: list[str] = []
        self.troubles: list[str] = []
        self.failing_report = False
        self.writer = Writer(
            engine,
            SITE,
            store,
            clock=lambda: START,
            on_stored=self._stored,
            on_trouble=self.troubles.append,
            capacity=capacity,
            batch=50,
        )

    def _stored(self, stored: Stored) -> None:
        if self.failing_report:
            raise RuntimeError("the broker is away")
        self.receipted += stored.receipts.get(LINE, ())


@pytest.fixture
def store() -> Failing:
    return Failing()


@pytest.fixture
def running(engine: Engine, store: Failing) -> Iterator[Running]:
    running = Running(engine, store, capacity=200)
    yield running
    running.writer.stop()


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(schema.passages)).scalar_one()


def test_stop_writes_and_receipts_what_waits(engine: Engine, running: Running) -> None:
    for number in range(120):
        assert running.writer.offer(incoming(decided(f"p{number}"), f"e{number}"))
    running.writer.start()
    assert running.writer.stop()
    assert running.receipted == [f"e{number}" for number in range(120)]
    assert count(engine) == 120
    assert not running.writer.offer(incoming(decided("late"), "late"))


def test_a_full_queue_refuses_and_counts(engine: Engine, store: Failing) -> None:
    running = Running(engine, store, capacity=2)
    offered = [running.writer.offer(incoming(decided("p"), f"e{number}")) for number in range(3)]
    assert offered == [True, True, False]
    assert running.writer.overflowed == 1


def test_nothing_is_receipted_until_the_database_takes_it(
    engine: Engine, running: Running, store: Failing, wait_until: Callable[..., None]
) -> None:
    store.busy = 3
    running.writer.start()
    running.writer.offer(incoming(decided("p1"), "e1"))
    wait_until(lambda: running.troubles, "the trouble is told")
    wait_until(lambda: running.receipted == ["e1"], "the message is stored after all")
    assert running.troubles == ["OperationalError", ""]
    assert count(engine) == 1


def test_poison_is_set_aside_and_the_rest_goes_through(
    engine: Engine, running: Running, store: Failing
) -> None:
    store.poison = "e7"
    for number in range(20):
        running.writer.offer(incoming(decided(f"p{number}"), f"e{number}"))
    running.writer.start()
    assert running.writer.stop()
    assert sorted(running.receipted) == sorted(f"e{number}" for number in range(20))
    assert count(engine) == 19
    with engine.connect() as connection:
        aside = connection.execute(select(schema.quarantine.c.envelope_id, schema.quarantine.c.reason)).one()
    assert aside.envelope_id == "e7"
    assert "DataError" in aside.reason


def test_a_number_no_database_holds_is_poison_too(engine: Engine, running: Running) -> None:
    running.writer.offer(incoming(decided("p1", tracking_id=2**70), "e1"))
    running.writer.offer(incoming(decided("p2"), "e2"))
    running.writer.start()
    assert running.writer.stop()
    assert sorted(running.receipted) == ["e1", "e2"]
    assert count(engine) == 1


def test_killed_between_commit_and_receipt_is_a_duplicate_with_a_receipt(
    engine: Engine, running: Running
) -> None:
    message, end = incoming(decided("p1"), "e1"), incoming(closed("p1"), "e2")
    running.failing_report = True  # committed, and the receipt never leaves
    running.writer.offer(message)
    running.writer.offer(end)
    running.writer.start()
    assert running.writer.stop()
    assert running.receipted == []
    with engine.connect() as connection:
        before = connection.execute(select(schema.passages)).all()
    again = Running(engine, Store(SITE, KEYRING))
    stored = again.writer.commit([message, end, message])
    assert stored.receipts == {LINE: ("e1", "e2")}
    assert (stored.accepted, stored.duplicates) == ((), 3)
    with engine.connect() as connection:
        assert connection.execute(select(schema.passages)).all() == before
        assert connection.execute(select(func.count()).select_from(schema.events)).scalar_one() == 2


def test_killed_before_the_commit_leaves_nothing(engine: Engine, store: Failing) -> None:
    with pytest.raises(KeyboardInterrupt), writing(engine) as connection:
        Store(SITE, KEYRING).write(connection, START, [], [], [])
        connection.execute(
            schema.events.insert().values(
                site=SITE, line=LINE, envelope_id="e", type="t", sequence=1, received_at=START
            )
        )
        raise KeyboardInterrupt
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.events)).scalar_one() == 0


def test_garbage_without_an_id_is_kept_once_and_not_receipted(engine: Engine, running: Running) -> None:
    for payload in (b"\xff\xfe", b"not json", b'{"id": 5}', b"[" * 5000, b"not json"):
        message = incoming(decided("p"), "e")
        running.writer.offer(type(message)(message.line, message.channel, payload, message.received_at))
    running.writer.start()
    assert running.writer.stop()
    assert running.receipted == []
    with engine.connect() as connection:
        kept = connection.execute(select(schema.quarantine.c.times)).scalars().all()
    assert sorted(kept) == [1, 1, 1, 2]


def test_a_message_of_another_version_is_quarantined_and_receipted(engine: Engine, running: Running) -> None:
    message = incoming(decided("p1"), "e1")
    other = message.payload.replace(b"redpeak.passage.decided.v1", b"redpeak.passage.decided.v2")
    running.writer.offer(type(message)(message.line, message.channel, other, message.received_at))
    running.writer.offer(incoming(decided("p1"), "e2", line="L9"))
    running.writer.start()
    assert running.writer.stop()
    assert running.receipted == ["e1"]
    with engine.connect() as connection:
        assert connection.execute(select(schema.quarantine.c.line)).scalars().all() == ["L1"]


def test_an_edge_cannot_speak_for_another_line(engine: Engine, running: Running) -> None:
    message = incoming(decided("p1"), "e1", line="L2")
    running.writer.offer(type(message)(LINE, message.channel, message.payload, message.received_at))
    running.writer.start()
    assert running.writer.stop()
    assert count(engine) == 0


def test_the_latest_state_is_kept(engine: Engine, running: Running) -> None:
    for session in ("s1", "s2"):
        running.writer.offer(incoming(line_state(session=session), session, channel="state"))
    running.writer.start()
    assert running.writer.stop()
    with engine.connect() as connection:
        state = connection.execute(select(schema.line_states.c.state)).scalar_one()
    assert state["session"] == "s2"
    assert running.receipted == []


def test_another_writer_holding_the_lock_only_delays(
    engine: Engine, running: Running, wait_until: Callable[..., None]
) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(engine):
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    running.writer.start()
    running.writer.offer(incoming(decided("p1"), "e1"))
    wait_until(lambda: running.writer.lag_s > 0.05, "the writer waits")
    assert running.receipted == []
    release.set()
    holder.join()
    wait_until(lambda: running.receipted == ["e1"], "the message is stored")
