"""The reviewer process: every scan gets exactly one review, in time or as an exception."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from devices.interfaces import DeviceState
from edge.reviewing import ReviewerProcess
from models.findings import ImageException, Outcome
from models.tasks import Done, Reported, Task

_ANSWERS = """
import sys, json, os, time
def say(said, **rest): print(json.dumps({"said": said, **rest}), flush=True)
say("ready", ready=["t"])
for line in sys.stdin:
    task = json.loads(line)
    what = task["scan_id"].split("-")[0]
    if what == "crash": os._exit(3)
    if what == "hang": continue
    if what == "slow": time.sleep(0.5)
    if what == "babble": print("not json", flush=True); continue
    say("done", scan_id=task["scan_id"], review={"outcome": "clear", "reviewer": "t"})
    if what == "stuck": time.sleep(60)
    if what == "torn": os._exit(3)
    if what != "silent": say("reported", scan_id=task["scan_id"], written=bool(task["report"]))
"""


class Reviews:
    """Collects what comes back."""

    def __init__(self) -> None:
        self.done: list[Done] = []
        self.reports: list[Reported] = []
        self._more = asyncio.Event()

    def came(self, done: Done) -> None:
        self.done.append(done)
        self._more.set()

    def reported(self, reported: Reported) -> None:
        assert len(self.reports) < len(self.done)
        self.reports.append(reported)
        self._more.set()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.done) < count or len(self.reports) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def reviewer(reviews: Reviews, timeout_s: float = 3.0) -> AsyncGenerator[ReviewerProcess]:
    command = (sys.executable, "-c", _ANSWERS)
    process = ReviewerProcess(command, timeout_s, reviews.came, time.monotonic, reviews.reported)
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def ask(process: ReviewerProcess, *scan_ids: str, report: str = "") -> None:
    for scan_id in scan_ids:
        process.ask(Task(scan_id, (), report))


async def test_reviews_come_back_in_order():
    reviews = Reviews()
    async with reviewer(reviews) as process:
        ask(process, "a", "b", "c")
        await reviews.wait_for(3)
        assert process.health().state is DeviceState.ONLINE
    assert [each.scan_id for each in reviews.done] == ["a", "b", "c"]


async def test_each_review_is_followed_by_word_of_its_report():
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=1.0) as process:
        ask(process, "a", report="a.tdr")
        ask(process, "b", "hang", "c")
        await reviews.wait_for(4)
    said = [(each.scan_id, each.written) for each in reviews.reports]
    assert said == [("a", True), ("b", False), ("hang", False), ("c", False)]


@pytest.mark.parametrize("trouble", ["stuck", "torn"])
async def test_a_report_that_fails_costs_no_review(trouble: str):
    """The scan that waited in the pipe behind the report is given to the next process."""
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=2.0) as process:
        ask(process, "a", trouble, "b", "c")
        await reviews.wait_for(4)
        assert process.health().errors == 0
    assert [(each.scan_id, each.review.outcome) for each in reviews.done] == [
        (scan_id, Outcome.CLEAR) for scan_id in ("a", trouble, "b", "c")
    ]
    assert not any(each.written for each in reviews.reports)


async def test_a_reviewer_that_never_speaks_of_reports_holds_nobody_up():
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=60.0) as process:
        ask(process, "silent-1", "silent-2", "b")
        await reviews.wait_for(3)
    assert [each.scan_id for each in reviews.done] == ["silent-1", "silent-2", "b"]
    assert [each.scan_id for each in reviews.reports] == ["silent-1", "silent-2", "b"]


async def test_after_a_time_out_the_next_process_starts_at_once():
    """Two in a row: what waits behind each of them is still reviewed."""
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=0.95) as process:
        ask(process, "a")
        await reviews.wait_for(1)
        for number in (1, 2):
            ask(process, f"hang-{number}")
            await reviews.wait_for(len(reviews.done) + 1)
            ask(process, f"b-{number}")
            await reviews.wait_for(len(reviews.done) + 1)
    outcomes = [each.review.outcome for each in reviews.done]
    assert outcomes == [Outcome.CLEAR, *[Outcome.EXCEPTION, Outcome.CLEAR] * 2]


async def test_a_crash_costs_one_scan():
    reviews = Reviews()
    async with reviewer(reviews) as process:
        ask(process, "a", "crash", "b")
        await reviews.wait_for(3)
    outcomes = {each.scan_id: each.review for each in reviews.done}
    assert outcomes["crash"].exception is ImageException.NOT_REVIEWED
    assert outcomes["a"].outcome is outcomes["b"].outcome is Outcome.CLEAR


async def test_a_reviewer_that_hangs_is_replaced_and_nothing_is_left_waiting():
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=0.5) as process:
        ask(process, "hang")
        await reviews.wait_for(1)
        assert process.health().errors == 1
        await _asked_until_clear(process, reviews)
    assert reviews.done[0].review.exception is ImageException.NOT_REVIEWED


async def _asked_until_clear(process: ReviewerProcess, reviews: Reviews) -> None:
    """A later scan is reviewed again once the process is back; those that came too early are exceptions."""
    for number in range(20):
        ask(process, f"again-{number}")
        await reviews.wait_for(number + 2)
        if reviews.done[-1].review.outcome is Outcome.CLEAR:
            return
    raise AssertionError("the reviewer did not come back")


async def test_babble_is_an_exception_for_the_scan_at_hand():
    reviews = Reviews()
    async with reviewer(reviews) as process:
        ask(process, "babble", "b")
        await reviews.wait_for(2)
    assert [each.review.outcome for each in reviews.done] == [Outcome.EXCEPTION, Outcome.CLEAR]


async def test_what_waits_too_long_for_its_turn_is_an_exception():
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=0.4) as process:
        ask(process, "hang", "b", "c")
        await reviews.wait_for(3)
    assert [each.scan_id for each in reviews.done] == ["hang", "b", "c"]
    assert {each.review.exception for each in reviews.done} == {ImageException.NOT_REVIEWED}


async def test_a_reviewer_that_cannot_be_started_is_no_clear():
    reviews = Reviews()
    process = ReviewerProcess(
        (sys.executable, "-c", "raise SystemExit(2)"), 0.3, reviews.came, time.monotonic, reviews.reported
    )
    task = asyncio.create_task(process.run())
    ask(process, "a")
    await reviews.wait_for(1)
    assert process.health().state is DeviceState.OFFLINE
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert reviews.done[0].review.outcome is Outcome.EXCEPTION


async def test_what_dies_again_and_again_is_not_started_in_a_tight_loop(tmp_path: Path):
    reviews, starts = Reviews(), tmp_path / "starts"
    dies = f"open({str(starts)!r}, 'a').write('x')"
    process = ReviewerProcess(
        (sys.executable, "-c", dies), 1.5, reviews.came, time.monotonic, reviews.reported
    )
    task = asyncio.create_task(process.run())
    ask(process, "a")
    await reviews.wait_for(1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert 2 <= starts.stat().st_size <= 4


async def test_many_at_once_do_not_cost_the_process_that_works_on_them():
    """The last gets its turn late; killing the process for that would cost all that wait behind it too."""
    reviews = Reviews()
    async with reviewer(reviews, timeout_s=1.2) as process:
        ask(process, "a")
        await reviews.wait_for(1)
        ask(process, "slow-1", "slow-2", "slow-3", "slow-4", "slow-5")
        await reviews.wait_for(6)
        ask(process, "b")
        await reviews.wait_for(7)
        assert process.health().errors == 2
    outcomes = {each.scan_id: each.review.outcome for each in reviews.done}
    assert [outcomes[f"slow-{number}"] for number in (1, 2, 3)] == [Outcome.CLEAR] * 3
    assert outcomes["slow-4"] is outcomes["slow-5"] is Outcome.EXCEPTION
    assert outcomes["b"] is Outcome.CLEAR


async def test_a_slow_start_is_no_reason_to_start_again(wait_until: Callable[..., None]):
    reviews = Reviews()
    command = (sys.executable, "-c", "import time; time.sleep(1.5)\n" + _ANSWERS)
    process = ReviewerProcess(command, 0.5, reviews.came, time.monotonic, reviews.reported)
    task = asyncio.create_task(process.run())
    ask(process, "too soon")
    await reviews.wait_for(1)
    await asyncio.to_thread(
        wait_until, lambda: process.health().state is DeviceState.ONLINE, "it is ready at its first try"
    )
    ask(process, "b")
    await reviews.wait_for(2)
    assert [each.review.outcome for each in reviews.done] == [Outcome.EXCEPTION, Outcome.CLEAR]
    assert process.health().errors == 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_reviewer_that_does_not_exist_fails_each_scan_and_goes_on_trying():
    reviews = Reviews()
    process = ReviewerProcess(("/nowhere/to/be/found",), 0.3, reviews.came, time.monotonic, reviews.reported)
    task = asyncio.create_task(process.run())
    ask(process, "a", "b")
    await reviews.wait_for(2)
    assert not task.done()
    assert process.health().state is DeviceState.OFFLINE
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
