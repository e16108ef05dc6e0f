"""The writer turn by turn, without its thread: batches, pauses, what is whose fault, and the way it ends."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
import structlog.testing
from msgspec import structs
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.pool import StaticPool

from central.incoming import Accepted, Refused, StateReported
from central.ingest import Writer
from central.store import Store, Stored
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, Clock, decided, incoming, line_state

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


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    yield made
    made.dispose()


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


@pytest.fixture
def bench(engine: Engine) -> Iterator[Bench]:
    made = Bench(engine, batch=3)
    yield made
    made.store.gate.set()
    made.writer.stop()


def test_what_waits_is_stored_in_batches_in_its_order(bench: Bench) -> None:
    assert bench.offer(*"abcdefg") == [True] * 7
    assert bench.writer.waiting == 7
    assert [bench.writer.turn() for _ in range(4)] == [None] * 4
    assert bench.store.written == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert bench.receipted == list("abcdefg")
    assert bench.store.times == [START] * 3
    assert bench.writer.waiting == 0
    assert (bench.troubles, bench.writer.trouble) == ([], "")


def test_a_batch_holds_messages_of_every_kind(bench: Bench) -> None:
    bench.offer("a")
    bench.writer.offer(incoming(line_state(session="s9"), "s", channel="state"))
    bench.writer.offer(incoming(decided("p"), "strange", line="L2"))
    broken = structs.replace(incoming(decided("p"), "b"), payload=b'{"id":"b"}')
    bench.writer.turn()
    assert (bench.store.written, bench.store.states) == ([["a", "strange"]], ["s9"])
    bench.writer.offer(broken)
    bench.writer.turn()
    assert [each.envelope_id for each in bench.store.refused] == ["b"]


def test_a_busy_database_is_tried_again_with_the_same_batch_after_longer_pauses(bench: Bench) -> None:
    bench.offer("a")
    bench.store.failures = [BUSY, OSError("away"), *[BUSY] * 5]
    pauses: list[float | None] = []
    for _ in range(7):
        pauses.append(bench.writer.turn())
        bench.offer("later")
    assert pauses == [0.05, 0.1, 0.25, 0.5, 1.0, 1.0, 1.0]
    assert bench.receipted == []
    assert bench.writer.turn() is None
    assert bench.store.written == [["a"]]
    assert bench.receipted == ["a"]
    bench.store.failures = [BUSY]
    assert bench.writer.turn() == 0.05  # another batch, another patience


def test_trouble_is_told_when_it_begins_when_it_changes_and_when_it_ends(bench: Bench) -> None:
    bench.offer("a")
    bench.store.failures = [BUSY, BUSY, OSError("away")]
    told: list[str] = []
    with structlog.testing.capture_logs() as logs:
        for _ in range(4):
            bench.writer.turn()
            told.append(bench.writer.trouble)
    assert [entry["event"] for entry in logs] == ["database_refused"] * 2 + ["database_recovered"]
    assert told == ["OperationalError", "OperationalError", "OSError", ""]
    assert bench.troubles == ["OperationalError", "OSError", ""]


def test_a_writer_without_a_listener_has_its_trouble_to_itself(engine: Engine) -> None:
    store = Scripted()
    store.failures = [BUSY]
    quiet = Writer(engine, SITE, store, clock=lambda: START, on_stored=lambda _stored: None)
    quiet.offer(incoming(decided("p"), "a"))
    assert quiet.turn() == 0.05
    assert quiet.turn() is None


def test_the_lag_is_the_age_of_the_oldest_message_not_yet_stored(bench: Bench) -> None:
    assert bench.writer.lag_s == 0.0
    bench.offer("a")
    bench.now_s += 2
    bench.offer("b")
    bench.store.failures = [BUSY]
    bench.writer.turn()
    bench.now_s += 3
    assert bench.writer.lag_s == 5.0
    bench.writer.turn()
    assert bench.writer.lag_s == 0.0


CONTENT = [
    DataError("x", None, Exception("out of range")),
    IntegrityError("x", None, Exception("null")),
    StatementError("x", "x", None, ValueError("no such value")),
    ValueError("x"),
    OverflowError("x"),
    TypeError("x"),
]


@pytest.mark.parametrize("error", CONTENT, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("place", range(5))
def test_the_one_message_at_fault_is_set_aside_and_the_rest_stored(
    engine: Engine, error: Exception, place: int
) -> None:
    bench = Bench(engine, batch=5)
    ids = list("abcde")
    bench.store.poison = {ids[place]: error}
    bench.offer(*ids)
    assert bench.writer.turn() is None
    assert bench.receipted == ids
    assert [id for batch in bench.store.written for id in batch] == ids[:place] + ids[place + 1 :]
    (aside,) = bench.store.refused
    assert aside.envelope_id == ids[place]
    assert aside.reason == f"the database refuses it: {type(error).__name__}"
    assert bench.troubles == []


@pytest.mark.parametrize(
    "error",
    [BUSY, InterfaceError("x", None, Exception("away")), ProgrammingError("x", None, Exception("no table"))],
    ids=lambda error: type(error).__name__,
)
def test_a_database_at_fault_is_waited_for(bench: Bench, error: Exception) -> None:
    bench.offer("a", "b")
    bench.store.failures = [error]
    assert bench.writer.turn() == 0.05
    assert bench.store.refused == []
    assert bench.writer.turn() is None
    assert bench.store.written == [["a", "b"]]


def test_an_error_of_our_own_is_not_taken_for_the_databases(bench: Bench) -> None:
    bench.offer("a")
    bench.store.failures = [LookupError("a mistake in the code")]
    with pytest.raises(LookupError):
        bench.writer.turn()


def test_a_receipt_that_cannot_be_sent_holds_nothing_up(bench: Bench) -> None:
    bench.offer("a", "b")
    bench.deaf = True
    with structlog.testing.capture_logs() as logs:
        assert bench.writer.turn() is None
    assert [entry["event"] for entry in logs] == ["stored_batch_not_reported"]
    bench.deaf = False
    bench.offer("c")
    bench.writer.turn()
    assert (bench.store.written, bench.receipted) == ([["a", "b"], ["c"]], ["c"])


def test_a_person_is_told_of_what_was_set_aside_or_contradicted(bench: Bench) -> None:
    bench.writer.offer(structs.replace(incoming(decided("p"), "b"), payload=b'{"id":"b"}'))
    bench.store.contradictions = 2
    with structlog.testing.capture_logs() as logs:
        bench.writer.turn()
    assert [(entry["event"], entry["count"]) for entry in logs] == [
        ("messages_quarantined", 1),
        ("rulings_contradicted", 2),
    ]
    bench.store.contradictions = 0
    bench.offer("a")
    with structlog.testing.capture_logs() as logs:
        bench.writer.turn()
    assert logs == []


def test_a_batch_may_be_committed_directly_and_fails_aloud(bench: Bench) -> None:
    message = incoming(decided("p"), "a")
    stored = bench.writer.commit([message])
    assert (stored.receipts, [each.envelope_id for each in stored.accepted]) == ({LINE: ("a",)}, ["a"])
    bench.store.failures = [BUSY]
    with pytest.raises(OperationalError):
        bench.writer.commit([message])


def test_a_full_queue_refuses_at_once_or_after_a_wait(engine: Engine) -> None:
    bench = Bench(engine, capacity=2)
    began_s = time.monotonic()
    assert bench.offer("a", "b", "c") == [True, True, False]
    assert time.monotonic() - began_s < 0.5
    assert bench.writer.overflowed == 1
    began_s = time.monotonic()
    assert not bench.writer.offer(incoming(decided("p"), "d"), wait_s=0.2)
    assert time.monotonic() - began_s >= 0.2
    assert bench.writer.overflowed == 2


def test_unless_told_otherwise_10000_wait_and_500_go_together(engine: Engine) -> None:
    bench = Bench(engine)
    message = incoming(line_state(), "s", channel="state")
    offered = [bench.writer.offer(message) for _ in range(10_001)]
    assert offered == [True] * 10_000 + [False]
    bench.writer.turn()
    assert bench.writer.waiting == 9_500


def test_a_writer_that_was_not_started_stops_at_once_and_takes_no_more(bench: Bench) -> None:
    assert bench.writer.stop()
    assert bench.offer("a") == [False]
    assert bench.writer.overflowed == 0


def test_the_thread_has_a_name_and_does_not_keep_the_process_alive(bench: Bench) -> None:
    bench.writer.start()
    (thread,) = [each for each in threading.enumerate() if each.name == "writer"]
    assert thread.daemon
    assert bench.writer.stop()
    assert not thread.is_alive()


def test_the_thread_stores_what_comes_one_after_another(
    bench: Bench, wait_until: Callable[..., None]
) -> None:
    bench.writer.start()
    for id in "abcd":
        bench.offer(id)
        wait_until(lambda: bench.receipted[-1:] == [id], "it is stored", within_s=5)  # noqa: B023
    bench.store.gate.clear()
    bench.offer("e")
    wait_until(lambda: bench.writer.waiting == 0, "it is taken", within_s=5)
    bench.offer(*"fghij")
    bench.store.gate.set()
    assert bench.writer.stop()
    assert bench.receipted == list("abcdefghij")
    assert all(len(batch) <= 3 for batch in bench.store.written)


def test_the_thread_tries_again_by_itself(bench: Bench, wait_until: Callable[..., None]) -> None:
    bench.store.failures = [BUSY, BUSY]
    bench.offer("a")
    bench.writer.start()
    wait_until(lambda: bench.receipted == ["a"], "it is stored after all", within_s=5)


def test_a_thread_without_work_takes_no_time(bench: Bench) -> None:
    bench.writer.start()
    before_s = time.process_time()
    threading.Event().wait(0.3)
    assert time.process_time() - before_s < 0.1


def test_a_stop_that_takes_too_long_says_so(engine: Engine, wait_until: Callable[..., None]) -> None:
    bench = Bench(engine, capacity=1)
    bench.store.gate.clear()
    bench.writer.start()
    bench.offer("a")
    wait_until(lambda: bench.writer.waiting == 0, "it is taken", within_s=5)
    bench.offer("b")
    assert bench.writer.stop(drain_s=0.05) is False  # no place in the queue
    bench.store.gate.set()
    assert bench.writer.stop()
    assert bench.receipted == ["a", "b"]


def test_a_stop_waits_no_longer_than_told_for_the_batch_at_work(
    engine: Engine, wait_until: Callable[..., None]
) -> None:
    bench = Bench(engine)
    bench.store.gate.clear()
    bench.writer.start()
    bench.offer("a")
    wait_until(lambda: bench.writer.waiting == 0, "it is taken", within_s=5)
    assert not bench.writer.stop(drain_s=0.05)
    bench.store.gate.set()
    assert bench.writer.stop()


def test_while_stopping_one_more_failure_ends_a_batch_unreceipted(
    bench: Bench, wait_until: Callable[..., None]
) -> None:
    bench.store.failures = [BUSY] * 1000
    bench.offer("a", "b", "c", "d")
    bench.writer.start()
    wait_until(lambda: bench.troubles, "the trouble is told", within_s=5)
    began_s = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        assert bench.writer.stop()
    assert time.monotonic() - began_s < 2
    left = [entry["messages"] for entry in logs if entry["event"] == "batch_left_unstored"]
    assert left == [3, 1]
    assert bench.receipted == []
    assert bench.writer.lag_s == 0.0
