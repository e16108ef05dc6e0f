"""One life of the agent: production code on adapters in memory, until it is killed between two steps."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog

from edge.composition import LineAgent
from edge.journal import JournalError
from edge.messages import ClearanceDelta, ClearanceSnapshot
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.steps import Killed, Process, Step, Steps

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class InlineWorker:
    """Satisfies `edge.interfaces.Worker` in the loop itself: jobs run in order, a moment later.

    Args:
        killed: told when a job is the agent's end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, killed: Callable[[Killed], None]) -> None:
        self._loop, self._killed = loop, killed

    def do(self, job: Callable[[], object]) -> None:
        """Have a job done."""
        self._loop.call_soon(self._run, job)

    async def ask(self, job: Callable[[], _T]) -> _T:
        """The result of a job, after those before it."""
        await asyncio.sleep(0)
        return job()

    def _run(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            _log.exception("job_failed", job=getattr(job, "__qualname__", str(job)))
        except Killed as killed:
            self._killed(killed)


async def inline(name: str, call: Callable[[], _T]) -> _T:
    """Satisfies `edge.interfaces.Aside`."""
    del name  # for the log of a thread
    await asyncio.sleep(0)
    return call()


class AgentLife:
    """A running agent.

    Args:
        agent: composed, not started.
        died: called once, when it was killed or its end was its own fault.
        heard: told when its clearance list stands as the centre's did then.
    """

    def __init__(
        self,
        agent: LineAgent,
        steps: Steps,
        faults: FaultBoard,
        loop: asyncio.AbstractEventLoop,
        died: Callable[[BaseException], None],
        heard: Callable[[datetime], None],
    ) -> None:
        self.agent, self._steps, self._faults, self._loop, self._died = agent, steps, faults, loop, died
        self._heard = heard
        self.alive, self._over = True, False
        self._tasks: list[asyncio.Task[Any]] = []
        self._watch_files()

    def start(self) -> None:
        """Run all its parts."""
        self.agent.start()
        for name, part in self.agent.parts().items():
            task = self._loop.create_task(part, name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def end(self) -> None:
        """The simulation is over."""
        self._over = True
        self.kill(RuntimeError("the simulation is over"))

    def kill(self, cause: BaseException) -> None:
        """It is gone: nothing of it runs on, its files stay as they are."""
        if not self.alive:
            return
        self.alive = False
        for task in self._tasks:
            task.remove_done_callback(self._ended)
            task.cancel()
        self.agent.close()
        self._steps.forget(Process.AGENT)
        if not self._over:
            self._died(cause)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        self.kill(task.exception() or RuntimeError(f"{task.get_name()} ended"))

    def _watch_files(self) -> None:
        """Let every change of the files be a step at which the agent can be killed or refused."""
        journal, clearance = self.agent.journal, self.agent.clearance
        self._watch(journal, "append", Step.JOURNAL_COMMIT, JournalError)
        self._watch(journal, "receipted", Step.OUTBOX_CLOSED, JournalError)
        refused = sqlite3.OperationalError
        self._watch(clearance, "apply", Step.LIST_CHANGED, refused, self._applied)
        self._watch(clearance, "confirm", Step.LIST_CHANGED, refused, self._confirmed)
        self._watch(clearance, "take_over", Step.LIST_CHANGED, refused, self._taken_over)
        if self.agent.evidence is not None:
            self._watch(self.agent.evidence, "put", Step.FILE_KEPT, OSError)
            self._watch(self.agent.evidence, "recorded", Step.FILE_INDEXED, sqlite3.OperationalError)

    def _applied(self, whole: bool, delta: ClearanceDelta, _now_s: float) -> None:
        if whole and delta.number == self.agent.clearance.number:
            self._heard(delta.made_at)

    def _confirmed(self, confirmed: bool, _number: int, centre_at: datetime, _now_s: float) -> None:
        if confirmed:
            self._heard(centre_at)

    def _taken_over(self, _nothing: None, snapshot: ClearanceSnapshot, _now_s: float) -> None:
        self._heard(snapshot.made_at)

    def _watch(
        self,
        target: object,
        method: str,
        step: Step,
        error: type[Exception],
        done: Callable[..., None] = lambda *_: None,
    ) -> None:
        plain: Callable[..., Any] = getattr(target, method)

        def watched(*arguments: Any) -> Any:
            if not self.alive:
                raise Killed(Process.AGENT)
            self._steps.about_to(Process.AGENT, step)
            for fault in (Fault.EDGE_DISK_FULL, Fault.EDGE_DATABASE_BUSY):
                if self._faults.lasts(fault):
                    raise error(f"simulated: {fault}")
            result = plain(*arguments)
            done(result, *arguments)
            return result

        setattr(target, method, watched)
