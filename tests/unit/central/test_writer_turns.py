"""The writer turn by turn, without its thread: batches, pauses and what is whose fault."""

import time
from collections.abc import Iterator

import pytest
import structlog.testing
from msgspec import structs
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.pool import StaticPool

from central.ingest import Writer
from tests.unit.central.journeys import LINE, SITE, START, decided, incoming, line_state
from tests.unit.central.scripted_writer import BUSY, Bench, Scripted


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    yield made
    made.dispose()


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
