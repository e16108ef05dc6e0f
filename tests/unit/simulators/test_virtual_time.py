"""The loop whose time is simulated: it jumps to the next timer, in order, and says when there is none."""

import asyncio

import pytest

from simulators.memory.virtual_time import EPOCH, Clock, Deadlock, VirtualLoop, run


def test_waiting_takes_no_time_of_ours_and_all_of_the_simulation() -> None:
    loop = VirtualLoop()

    async def wait() -> float:
        await asyncio.sleep(3600.0)
        return loop.time()

    assert run(wait(), loop) == 3600.0


def test_timers_run_by_their_moment_and_of_one_moment_the_older_first() -> None:
    loop = VirtualLoop()
    said: list[str] = []
    for when, what in ((2.0, "c"), (1.0, "a"), (2.0, "d"), (1.0, "b")):
        loop.call_at(when, said.append, what)

    async def wait() -> None:
        await asyncio.sleep(5.0)

    run(wait(), loop)
    assert said == ["a", "b", "c", "d"]


def test_what_a_timer_calls_runs_at_its_moment_before_a_later_timer() -> None:
    loop = VirtualLoop()
    said: list[tuple[str, float]] = []
    loop.call_later(1.0, lambda: loop.call_soon(lambda: said.append(("soon", loop.time()))))
    loop.call_later(1.5, lambda: said.append(("later", loop.time())))

    async def wait() -> None:
        await asyncio.sleep(2.0)

    run(wait(), loop)
    assert said == [("soon", 1.0), ("later", 1.5)]


def test_a_timer_of_the_past_runs_now_and_does_not_turn_the_clock_back() -> None:
    loop = VirtualLoop()
    at_s: list[float] = []

    async def wait() -> None:
        await asyncio.sleep(2.0)
        loop.call_at(1.0, lambda: at_s.append(loop.time()))
        await asyncio.sleep(1.0)

    run(wait(), loop)
    assert at_s == [2.0]


def test_what_was_cancelled_neither_runs_nor_moves_the_clock() -> None:
    loop = VirtualLoop()
    said: list[str] = []

    async def wait() -> float:
        loop.call_later(1.0, said.append, "no").cancel()
        ready = loop.call_soon(said.append, "no")
        ready.cancel()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 7.0)
        return loop.time()

    assert run(wait(), loop) == 7.0
    assert not said


def test_to_wait_for_nothing_that_can_come_is_said_at_once() -> None:
    with pytest.raises(Deadlock):
        run(asyncio.Event().wait(), VirtualLoop())


def test_the_wall_clock_can_be_wrong() -> None:
    loop = VirtualLoop()
    clock = Clock(loop)
    clock.wrong_by_s = 3600.0
    assert (clock.wall() - EPOCH).total_seconds() == 3600.0
    assert clock.now_s() == 0.0
    loop.close()
