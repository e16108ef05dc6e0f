"""The reviewer process seen from the agent: scans go in, reviews come out, each in time or as an exception.

The reviewer runs apart, so that a bad image, a slow model or a crash costs one scan, never the decision loop.
A task that is not done in time is an exception, and the process that did not do it is replaced.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from config.settings import ImageReview
from devices.interfaces import DeviceState, Health
from models.findings import ImageException, Outcome, Review
from models.tasks import Done, Task

NAME = "review"
_RESTART_S = 1.0
_LOOK_EVERY_S = 0.1
_LONGEST_LINE = 1 << 20
_log = structlog.get_logger(__name__)
_done = msgspec.json.Decoder(Done)


def reviewer_command(settings: ImageReview, data: Path) -> tuple[str, ...]:
    """The command line of the reviewer process; a relative model lies in the data folder `data`."""
    words = ["--reviewers", ",".join(settings.reviewers)]
    if settings.model:
        words += ["--model", str(data.absolute() / settings.model), "--model-sha256", settings.model_sha256]
    return (sys.executable, "-P", "-m", "models.review.worker", *words)


class _Asked(Struct):
    task: Task
    asked_s: float
    given: bool = False  # the present process has it


class ReviewerProcess:
    """Keeps the reviewer running and brings each task's review to `reviewed`, exactly once.

    Args:
        command: starts the process.
        timeout_s: from asking to the review; then it is an exception.
        reviewed: told each result.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        timeout_s: float,
        reviewed: Callable[[Done], None],
        now_s: Callable[[], float],
    ) -> None:
        self._command, self._timeout_s, self._reviewed, self._now_s = command, timeout_s, reviewed, now_s
        self._asked: deque[_Asked] = deque()
        self._more = asyncio.Event()
        self._health = Health(NAME, DeviceState.CONNECTING, now_s())
        self._readings = self._errors = 0

    @property
    def name(self) -> str:
        """The name on its tile."""
        return NAME

    def health(self) -> Health:
        """How it stands; readings are reviews."""
        return msgspec.structs.replace(self._health, readings=self._readings, errors=self._errors)

    def ask(self, task: Task) -> None:
        """Have a scan reviewed."""
        self._asked.append(_Asked(task, self._now_s()))
        self._more.set()

    async def run(self) -> None:
        """Run the process, again and again, until cancelled."""
        while True:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
            )
            tasks = [asyncio.create_task(part) for part in (self._give(process), self._take(process))]
            tasks.append(asyncio.create_task(self._watch()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                _log.warning("reviewer_failed", problem=str(error))
            finally:
                for each in tasks:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            self._is(DeviceState.OFFLINE, f"ended with {process.returncode}")
            self._give_up_on_given()
            await asyncio.sleep(_RESTART_S)
            self._expire()

    async def _give(self, process: Process) -> None:
        """One task at a time: what waits here is not lost with the process."""
        assert process.stdin is not None  # noqa: S101  PIPE was asked for
        while True:
            self._more.clear()
            if self._asked and not self._asked[0].given:
                self._asked[0].given = True
                process.stdin.write(msgspec.json.encode(self._asked[0].task) + b"\n")
                await process.stdin.drain()
            await self._more.wait()

    async def _take(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101  PIPE was asked for
        while line := await process.stdout.readline():
            if line.startswith(b'{"ready"'):
                self._is(DeviceState.ONLINE)
                continue
            done = _done.decode(line)
            if self._asked and self._asked[0].given and self._asked[0].task.scan_id == done.scan_id:
                self._asked.popleft()
                self._readings += 1
                self._is(DeviceState.ONLINE)
                self._reviewed(done)
                self._more.set()

    async def _watch(self) -> None:
        """Return when the task at hand has taken too long: the process is stuck."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            stuck = bool(self._asked) and self._asked[0].given and self._is_late(self._asked[0])
            if stuck:
                _log.warning("review_timed_out", scan=self._asked[0].task.scan_id)
                return
            self._expire()

    def _is_late(self, asked: _Asked) -> bool:
        return self._now_s() - asked.asked_s > self._timeout_s

    def _expire(self) -> None:
        """What waited too long for its turn is not reviewed any more."""
        while self._asked and self._is_late(self._asked[0]) and not self._asked[0].given:
            self._fail(self._asked.popleft(), "the reviewer did not come to it in time")

    def _give_up_on_given(self) -> None:
        if self._asked and self._asked[0].given:
            self._fail(self._asked.popleft(), "the reviewer ended or did not answer")

    def _fail(self, asked: _Asked, detail: str) -> None:
        self._errors += 1
        exception = ImageException.NOT_REVIEWED
        review = Review(Outcome.EXCEPTION, NAME, exception, detail=detail)
        self._reviewed(Done(asked.task.scan_id, review))

    def _is(self, state: DeviceState, detail: str = "") -> None:
        if (state, detail) != (self._health.state, self._health.detail):
            since_s = self._health.since_s if state is self._health.state else self._now_s()
            self._health = Health(NAME, state, since_s, detail)
