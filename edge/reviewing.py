"""The reviewer process seen from the agent: scans go in, reviews come out, each in time or as an exception.

The reviewer runs apart, so that a bad image, a slow model or a crash costs one scan, never the decision loop.
A task that does not get its turn in time is an exception, and so is one that then takes too long: the process
that did not do it is replaced. What waited long and was done is a review; the belt says if it was in time.
A scan's report comes after its review, and costs no other scan anything if it does not.
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
from models.tasks import Answer, Done, Ready, Reported, Task

NAME = "review"
_RESTART_S = 1.0  # between starts of a process that dies again and again
_QUICK_S = 5.0  # what lives no longer has died quickly
_REPORT_SHARE = 0.5  # of a review's time: what waits behind a report that hangs still gets its turn
_LOOK_EVERY_S = 0.1
_START_S = 60.0  # libraries and model are loaded, on a busy machine
_LONGEST_LINE = 1 << 20
_log = structlog.get_logger(__name__)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def reviewer_command(settings: ImageReview, data: Path) -> tuple[str, ...]:
    """The command line of the reviewer process; a relative model lies in the data folder `data`."""
    words = ["--reviewers", ",".join(settings.reviewers)]
    if settings.model:
        words += ["--model", str(data.absolute() / settings.model), "--model-sha256", settings.model_sha256]
    return (sys.executable, "-P", "-m", "models.review.worker", *words)


class _Asked(Struct):
    task: Task
    asked_s: float
    turn_s: float = 0.0  # when the present process could begin with it, or with its report


class ReviewerProcess:
    """Keeps the reviewer running; each task gets exactly one Done, in order, and then exactly one Reported.

    Args:
        command: starts the process.
        timeout_s: from asking to a task's turn, and from there to its review; then it is an exception. Half
            of it from there to its report; then there is none.
        reviewed: told each result.
        now_s: monotonic seconds.
        reported: told of each report; it is not worked on any more.
    """

    def __init__(
        self,
        command: Sequence[str],
        timeout_s: float,
        reviewed: Callable[[Done], None],
        now_s: Callable[[], float],
        reported: Callable[[Reported], None],
    ) -> None:
        self._command, self._timeout_s, self._now_s = command, timeout_s, now_s
        self._reviewed, self._reported = reviewed, reported
        self._asked: deque[_Asked] = deque()  # not given yet
        self._given: _Asked | None = None  # the task that the process has
        self._reporting: _Asked | None = None  # the task before it, whose report it still writes
        self._more = asyncio.Event()
        self._ready = False  # the present process has said so
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
        quick_deaths = 0
        while True:
            began_s, stuck = self._now_s(), False
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
                )
            except OSError as error:
                self._is(DeviceState.OFFLINE, f"did not start: {error.strerror}")
            else:
                stuck = await self._live(process)
                self._is(DeviceState.OFFLINE, f"ended with {process.returncode}")
                self._give_up()
            died_quickly = not stuck and self._now_s() - began_s < _QUICK_S
            quick_deaths = quick_deaths + 1 if died_quickly else 0
            if quick_deaths > 1:
                await asyncio.sleep(_RESTART_S)
            self._expire()

    async def _live(self, process: Process) -> bool:
        """One life of the process, which is gone afterwards; whether it was ended since it was stuck."""
        self._ready = False
        watch = asyncio.create_task(self._watch())
        tasks = [asyncio.create_task(part) for part in (self._give(process), self._take(process))]
        tasks.append(watch)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            _log.warning("reviewer_failed", problem=str(error))
        finally:
            stuck = watch.done()
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return stuck

    async def _give(self, process: Process) -> None:
        """One task at a time, once it is ready: what waits here is not lost with the process."""
        assert process.stdin is not None  # noqa: S101  PIPE was asked for
        while True:
            self._more.clear()
            self._expire()
            if self._ready and self._asked and self._given is None:
                self._given = self._asked.popleft()
                self._given.turn_s = self._now_s()
                process.stdin.write(msgspec.json.encode(self._given.task) + b"\n")
                await process.stdin.drain()
            await self._more.wait()

    async def _take(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101  PIPE was asked for
        while line := await process.stdout.readline():
            answer = _answers.decode(line)
            match answer:
                case Ready():
                    self._is(DeviceState.ONLINE)
                    self._ready = True
                case Done():
                    self._take_review(answer)
                case Reported():
                    self._take_report(answer)
            self._more.set()

    def _take_review(self, done: Done) -> None:
        if self._given is None or self._given.task.scan_id != done.scan_id:
            return
        self._give_up_report()
        self._reporting, self._given = self._given, None
        self._reporting.turn_s = self._now_s()
        self._readings += 1
        self._is(DeviceState.ONLINE)
        self._reviewed(done)

    def _take_report(self, reported: Reported) -> None:
        if self._reporting is None or self._reporting.task.scan_id != reported.scan_id:
            return
        self._reporting = None
        if self._given is not None:
            self._given.turn_s = self._now_s()
        self._reported(reported)

    async def _watch(self) -> None:
        """Return when the start, the task at hand or its report has taken too long: the process is stuck."""
        began_s = self._now_s()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._ready and self._now_s() - began_s > _START_S:
                _log.warning("reviewer_does_not_get_ready")
                return
            if self._reporting is not None:
                if self._now_s() - self._reporting.turn_s > _REPORT_SHARE * self._timeout_s:
                    _log.warning("report_timed_out")
                    return
            elif self._given is not None and self._is_over(self._given.turn_s):
                _log.warning("review_timed_out")
                return
            self._expire()

    def _is_over(self, since_s: float) -> bool:
        return self._now_s() - since_s > self._timeout_s

    def _expire(self) -> None:
        """What waited too long for its turn is not reviewed any more."""
        while self._asked and self._given is None and self._is_over(self._asked[0].asked_s):
            self._fail(self._asked.popleft(), "the reviewer did not come to it in time")

    def _give_up(self) -> None:
        """The process is gone: without the task it was at, while the one it had not begun waits again."""
        given, self._given = self._given, None
        if given is not None and self._reporting is not None:
            self._asked.appendleft(given)
            given = None
        self._give_up_report()
        if given is not None:
            self._fail(given, "the reviewer ended or did not answer")

    def _give_up_report(self) -> None:
        if self._reporting is not None:
            scan_id, self._reporting = self._reporting.task.scan_id, None
            self._reported(Reported(scan_id))

    def _fail(self, asked: _Asked, detail: str) -> None:
        self._errors += 1
        exception = ImageException.NOT_REVIEWED
        review = Review(Outcome.EXCEPTION, NAME, exception, detail=detail)
        self._reviewed(Done(asked.task.scan_id, review))
        self._reported(Reported(asked.task.scan_id))

    def _is(self, state: DeviceState, detail: str = "") -> None:
        if (state, detail) != (self._health.state, self._health.detail):
            since_s = self._health.since_s if state is self._health.state else self._now_s()
            self._health = Health(NAME, state, since_s, detail)
