"""The agent ends within seconds whatever hangs, a line has one agent, and a tile's moment stands still."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices.interfaces import DeviceState, Health
from edge.ending import end_step, end_tasks, in_thread
from edge.line_lock import LineTaken, hold_line
from edge.live import StateMoments
from tests.unit.edge.lines import NOON


async def test_a_task_that_swallows_one_cancellation_is_asked_again() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_tasks([task])
    assert task.cancelled()


async def test_a_task_that_never_ends_is_named_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.ending._TASKS_WITHIN_S", 0.1)
    monkeypatch.setattr("edge.ending._ASK_AGAIN_S", 0.02)
    free = False

    async def immortal() -> None:
        while not free:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(immortal(), name="immortal")
    await asyncio.sleep(0)
    with capture_logs() as logs:
        await end_tasks([task])
    assert [(each["event"], each["task"]) for each in logs] == [("task_did_not_end", "immortal")]
    free = True
    task.cancel()
    await asyncio.wait([task])


async def test_a_step_that_hangs_or_fails_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.ending._STEP_WITHIN_S", 0.05)
    release = threading.Event()

    def fail() -> None:
        raise OSError("broken")

    with capture_logs() as logs:
        await end_step("hangs", in_thread("hangs", release.wait))
        await end_step("fails", in_thread("fails", fail))
    release.set()
    assert [each["event"] for each in logs] == ["ending_took_too_long", "ending_failed"]
    assert await in_thread("works", lambda: 7) == 7


def test_a_second_agent_of_a_line_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "edge-L1"
    told = pytest.raises(LineTaken, match=r"agent\.lock: .*process \d+")
    with hold_line(folder), told, hold_line(folder):
        pass
    with hold_line(folder):
        pass


def test_a_tiles_moment_stands_still_while_the_state_lasts() -> None:
    moments = StateMoments()
    health = Health("top", DeviceState.ONLINE, since_s=10.0)
    first = moments.began_at(health, 12.0, NOON)
    assert first == NOON - timedelta(seconds=2)
    assert moments.began_at(health, 13.0, NOON + timedelta(hours=1)) == first
    changed = Health("top", DeviceState.OFFLINE, since_s=14.0)
    assert moments.began_at(changed, 14.0, NOON + timedelta(seconds=4)) == NOON + timedelta(seconds=4)
