"""A slice of the long runs: fixed seeds and fresh ones; no promise is broken.

A fresh seed that fails is replayed by the command in the failure's text.
"""

import os
import secrets
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec
import pytest

from config.load import parse_site, shipped_site
from simulators.memory.fault_plan import Level
from simulators.simulate.seed_run import Order, SeedReport, run_seed

PARCELS = 3_000  # a seed
FIXED = (101, 102, 103, 104)
FRESH = 3
BELT_S = 3 * 3600.0  # more than so many parcels take


@pytest.mark.timeout(1800)
def test_no_promise_is_broken_in_20_000_parcels_with_heavy_faults() -> None:
    seeds = [*FIXED, *(1_000 + secrets.randbelow(1_000_000) for _ in range(FRESH))]
    with ProcessPoolExecutor(
        min(2, os.cpu_count() or 1), get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        found = [msgspec.json.decode(each, type=SeedReport) for each in pool.map(_run, seeds)]
    assert "\n".join(_told(each) for each in found if not each.ok) == ""
    assert sum(each.tallies.parcels for each in found) >= 20_000
    untouched = sum(each.tallies.clean_untouched for each in found)
    assert sum(each.tallies.clean_untouched_released_unaided for each in found) >= 0.97 * untouched > 1_000
    seen = {fault for each in found for fault in each.fault_coverage}
    assert len(seen) > 60  # of 71: the slice meets nearly all of them
    assert sum(sum(each.kill_coverage.values()) for each in found) > 50


@pytest.mark.timeout(600)
def test_without_faults_nearly_every_clean_parcel_is_released_without_a_hand() -> None:
    found = run_seed(parse_site(shipped_site("demo"), "demo"), Order(5, Level.NONE, BELT_S, 800))
    assert _told(found) == ""
    tallies = found.tallies
    assert tallies.clean_untouched_released_unaided >= 0.99 * tallies.clean_untouched > 300


def _run(seed: int) -> bytes:
    order = Order(seed, Level.HEAVY, BELT_S, PARCELS, show=True)
    return msgspec.json.encode(run_seed(parse_site(shipped_site("demo"), "demo"), order))


def _told(found: SeedReport) -> str:
    if found.ok:
        return ""
    replay = f"./redpeak simulate --hours 3 --parcels {PARCELS} --seed {found.seed} --faults heavy --timeline"
    return "\n".join([*found.crashes[:3], found.timeline, f"replay: {replay}"])
