"""The same seed and code give the same run, event by event, in whatever process."""

import os
import subprocess
import sys

import pytest

RUN = """
from config.load import parse_site, shipped_site
from simulators.memory.fault_plan import Level
from simulators.simulate.seed_run import Order, run_seed
print(run_seed(parse_site(shipped_site("demo"), "demo"), Order({seed}, Level.HEAVY, 3600.0, 250)).hash)
"""


def hash_of(seed: int, hash_seed: str) -> str:
    """Of a run in a process of its own, with its own order of sets."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN.format(seed=seed)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.timeout(300)
def test_a_seed_is_a_run() -> None:
    first = hash_of(21, "1")
    assert len(first) == 64
    assert hash_of(21, "2") == first
    assert hash_of(22, "1") != first
