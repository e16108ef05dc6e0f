"""One thread for what may wait for the disk: jobs run in order, the decision loop goes on."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

import structlog

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class WorkerThread:
    """Runs jobs one after the other; it never keeps the process from ending."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], object]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def do(self, job: Callable[[], object]) -> None:
        """Have a job done; if it fails, the log says so."""
        self._jobs.put(job)

    async def ask(self, job: Callable[[], _T]) -> _T:
        """The result of a job, after those before it."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[_T] = loop.create_future()

        def settle(value: _T | None, error: Exception | None) -> None:
            if result.done():
                return
            if error is not None:
                result.set_exception(error)
            else:
                result.set_result(value)  # pyright: ignore[reportArgumentType]

        def run() -> None:
            value: _T | None = None
            failed: Exception | None = None
            try:
                value = job()
            except Exception as error:
                failed = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, value, failed)

        self._jobs.put(run)
        return await result

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception:
                _log.exception("job_failed", job=getattr(job, "__qualname__", str(job)))
