"""Waiting for a condition while the program that is to bring it about must stay alive."""

import time
from collections.abc import Callable


class BenchError(Exception):
    """A benchmark could not be carried out; says what was waited for and where to look."""


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    alive: Callable[[], bool] = lambda: True,
    within_s: float = 60.0,
) -> None:
    """Wait for a condition; BenchError when it does not come in time, or `alive` says it cannot any more."""
    end_s = time.monotonic() + within_s
    while not condition():
        if not alive():
            raise BenchError(f"a program ended before this: {what}")
        if time.monotonic() > end_s:
            raise BenchError(f"after {within_s:.0f} s still not: {what}")
        time.sleep(0.02)


def wait_while_it_grows(count: Callable[[], int], done: Callable[[], bool], quiet_s: float) -> None:
    """Wait until something is done, or until nothing new has been counted for `quiet_s`."""
    seen, since_s = count(), time.monotonic()
    while not done() and time.monotonic() - since_s < quiet_s:
        time.sleep(0.05)
        if (now := count()) != seen:
            seen, since_s = now, time.monotonic()
