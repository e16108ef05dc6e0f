"""Waiting for a condition while the programs under test must stay alive."""

import time
from collections.abc import Callable


class BenchError(Exception):
    """A benchmark could not be carried out; says what was waited for and where to look."""


def wait_until(condition: Callable[[], object], what: str, *, within_s: float = 60.0) -> float:
    """Wait for a condition; how long it took in seconds. BenchError when it does not come."""
    begun_s = time.monotonic()
    while not condition():
        if time.monotonic() - begun_s > within_s:
            raise BenchError(f"after {within_s:.0f} s still not: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun_s
