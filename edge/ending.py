"""How the agent's process ends: within seconds, whatever hangs, and with a word in the log on what did."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

import structlog

_T = TypeVar("_T")
_ASK_AGAIN_S = 0.2
_TASKS_WITHIN_S = 4.0
_STEP_WITHIN_S = 2.0
_log = structlog.get_logger(__name__)


async def in_thread(name: str, call: Callable[[], _T]) -> _T:
    """The result of a blocking call; unlike `asyncio.to_thread` it never keeps the process from ending."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[_T] = loop.create_future()

    def settle(settled: Callable[[], None]) -> None:
        if not result.done():
            settled()

    def run() -> None:
        try:
            value = call()
        except Exception as error:
            outcome, argument = result.set_exception, error
        else:
            outcome, argument = result.set_result, value
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, lambda: outcome(argument))  # pyright: ignore[reportArgumentType]

    threading.Thread(target=run, name=name, daemon=True).start()
    return await result


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: Python 3.11's `wait_for` swallows a cancellation that races with its
    result. One that does not end in time is named in the log and left behind."""
    waiting = {task for task in tasks if not task.done()}
    give_up_s = asyncio.get_running_loop().time() + _TASKS_WITHIN_S
    while waiting and asyncio.get_running_loop().time() < give_up_s:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_ASK_AGAIN_S)
    for task in waiting:
        frames = [f"{frame.f_code.co_filename}:{frame.f_lineno}" for frame in task.get_stack()]
        _log.error("task_did_not_end", task=task.get_name(), stack=frames)


async def end_step(name: str, step: Awaitable[object]) -> None:
    """One step of tidying up: in time or left, failed or not, the next one follows."""
    try:
        async with asyncio.timeout(_STEP_WITHIN_S):
            await step
    except TimeoutError:
        _log.error("ending_took_too_long", step=name)
    except Exception:
        _log.exception("ending_failed", step=name)
