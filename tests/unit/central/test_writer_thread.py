"""The writer in its own thread: it goes on by itself, idles, and stops in time."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import structlog.testing
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from tests.unit.central.scripted_writer import BUSY, Bench


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
