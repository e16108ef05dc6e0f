"""A reviewer as its process would answer, and how it fails."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import msgspec

from devices.interfaces import DeviceState, Health
from models.findings import Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.tasks import Done, Reported, Task
from simulators.ct.hazards import Hazard
from simulators.memory.ct import Volume
from simulators.memory.fault_board import Fault, FaultBoard

_REVIEW_S = (0.04, 0.16)
_SLOW_S = 1.5
_QUEUE_OF_ONE = 1  # scans that wait behind the one at hand, on a good day
_BOX = (10.0, 10.0, 10.0, 60.0, 60.0, 60.0)
_NAME = "memory 1"
_volumes = msgspec.json.Decoder(Volume)


class MemoryReviewer:
    """Satisfies `edge.interfaces.Reviewer`; one for each life of the agent.

    Args:
        reviewed, reported: told of each task, once.
        timeout_s: then it is an exception.
        told: told of each task what it was about, what was looked at, and what came of it.
        doubt: told of a fault, before it shows.
    """

    name = "review"

    def __init__(
        self,
        reviewed: Callable[[Done], None],
        reported: Callable[[Reported], None],
        faults: FaultBoard,
        random: Random,
        loop: asyncio.AbstractEventLoop,
        timeout_s: float,
        told: Callable[[Sequence[Volume], Sequence[Volume], Review], None],
        doubt: Callable[[Fault], None],
    ) -> None:
        self._reviewed, self._reported, self._told, self._doubt = reviewed, reported, told, doubt
        self._faults, self._random, self._loop, self._timeout_s = faults, random, loop, timeout_s
        self._health = Health(self.name, DeviceState.ONLINE, 0.0)
        self._tasks: deque[Task] = deque()
        self._more = asyncio.Event()
        self._before: Task | None = None

    def health(self) -> Health:
        """How it stands."""
        return self._health

    def ask(self, task: Task) -> None:
        """Have a scan reviewed."""
        self._tasks.append(task)
        self._more.set()

    async def run(self) -> None:
        """One task after the other until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._tasks:
                await self._do(self._tasks.popleft())

    async def _do(self, task: Task) -> None:
        took_s = self._random.uniform(*_REVIEW_S)
        review: Review | None = None
        if self._faults.strikes(Fault.REVIEWER_OFF):
            self._doubt(Fault.REVIEWER_OFF)
            review = _not_reviewed("the reviewer ended")
        elif self._faults.lasts(Fault.REVIEWER_DELAYED):
            self._doubt(Fault.REVIEWER_DELAYED)
            took_s, review = self._timeout_s, _not_reviewed("the reviewer did not answer")
        elif self._faults.lasts(Fault.REVIEWER_SLOW):
            self._doubt(Fault.REVIEWER_SLOW)
            took_s = min(_SLOW_S, 0.9 * self._timeout_s)
        elif len(self._tasks) > _QUEUE_OF_ONE:  # it has not caught up yet
            self._doubt(Fault.REVIEWER_SLOW)
        looked_at = task
        if review is None and self._before is not None and self._faults.strikes(Fault.REVIEWER_WRONG):
            self._doubt(Fault.REVIEWER_WRONG)
            looked_at = self._before
        asked, hashes = _look(task)
        volumes = asked
        if looked_at is not task:
            volumes, hashes = _look(looked_at)
        review = review or _review(volumes)
        self._before = task
        await asyncio.sleep(took_s)
        self._told(asked, volumes, review)
        self._reviewed(Done(task.scan_id, review, hashes))
        self._reported(Reported(task.scan_id))


def _look(task: Task) -> tuple[list[Volume], tuple[str, ...]]:
    """What its files show, nothing if one of them cannot be read; and the SHA-256 of each."""
    try:
        contents = [Path(file.path).read_bytes() for file in task.files]
        hashes = tuple(hashlib.sha256(content).hexdigest() for content in contents)
        return [_volumes.decode(content) for content in contents], hashes
    except (OSError, msgspec.MsgspecError):
        return [], ()


def _review(volumes: Sequence[Volume]) -> Review:
    """What the classical reviewer would say of such contents."""
    if not volumes:
        return Review(Outcome.EXCEPTION, _NAME, ImageException.UNREADABLE)
    first = volumes[0]
    if any((each.scan, each.tracking_id) != (first.scan, first.tracking_id) for each in volumes):
        return Review(Outcome.EXCEPTION, _NAME, ImageException.UNREADABLE)
    length_mm, mass_g = round(first.length_mm, 1), first.mass_g
    match first.hazard:
        case Hazard.NONE:
            return Review(Outcome.CLEAR, _NAME, length_mm=length_mm, mass_g=mass_g)
        case Hazard.BLOCK:
            return Review(
                Outcome.EXCEPTION,
                _NAME,
                ImageException.IMPENETRABLE,
                length_mm=length_mm,
                mass_g=mass_g,
            )
        case Hazard.BOTTLE:
            finding = Finding(FindingKind.LIQUID, Category.ANOMALY, 0.9, _BOX, Material.ORGANIC, 700.0)
        case _:
            finding = Finding(FindingKind.BLADE, Category.PROHIBITED_ITEM, 0.9, _BOX, Material.METAL, 200.0)
    return Review(Outcome.ALARM, _NAME, findings=(finding,), length_mm=length_mm, mass_g=mass_g)


def _not_reviewed(detail: str) -> Review:
    return Review(Outcome.EXCEPTION, _NAME, ImageException.NOT_REVIEWED, detail=detail)
