"""The reviewer process: every scan gets exactly one review, in time or as an exception."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from devices.interfaces import DeviceState
from edge.reviewing import ReviewerProcess
from models.findings import ImageException, Outcome
from models.tasks import Done, Task

_ANSWERS = """
import sys, json, os
for line in sys.stdin:
    task = json.loads(line)
    what = task["scan_id"].split("-")[0]
    if what == "crash": os._exit(3)
    if what == "hang": continue
    if what == "babble": print("not json", flush=True); continue
    review = {"outcome": "clear", "reviewer": "t"}
    print(json.dumps({"scan_id": task["scan_id"], "review": review}), flush=True)
"""


class Reviews:
    """Collects what comes back."""

    def __init__(self) -> None:
        self.done: list[Done] = []
        self._more = asyncio.Event()

    def came(self, done: Done) -> None:
        self.done.append(done)
        self._more.set()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.done) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def reviewer(reviews: Reviews, timeout_s: float = 3.0) -> AsyncGenerator[ReviewerProcess]:
    command = (sys.executable, "-c", _ANSWERS)
    process = ReviewerProcess(command, timeout_s, reviews.came, time.monotonic)
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def ask(process: ReviewerProcess, *scan_ids: str) -> None:
    for scan_id in scan_ids:
        process.ask(Task(scan_id, ()))


async def test_reviews_come_back_in_order():
    reviews = Reviews()
    async with reviewer(reviews) as process:
        ask(process, "a", "b", "c")
        await reviews.wait_for(3)
        assert process.health().state is DeviceState.ONLINE
    assert [each.scan_id for each in reviews.done] == ["a", "b", "c"]


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
        (sys.executable, "-c", "raise SystemExit(2)"), 0.3, reviews.came, time.monotonic
    )
    task = asyncio.create_task(process.run())
    ask(process, "a")
    await reviews.wait_for(1)
    assert process.health().state is DeviceState.OFFLINE
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert reviews.done[0].review.outcome is Outcome.EXCEPTION
