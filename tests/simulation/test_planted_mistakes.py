"""The checker bites: mistakes put into the production code are found within a few seeds."""

import pytest

from tests.simulation.planted import BUGS, hunt

SEEDS, PARCELS = 3, 2_500
RARE = {
    "second_release_of_a_waybill": 20,
    "ring_overrun_ignored": 8,
}  # seeds; seen only when much comes together


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", sorted(BUGS.keys() - RARE.keys()))
def test_a_planted_mistake_is_found(bug: str) -> None:
    found = hunt(bug, SEEDS, PARCELS)
    assert found.seeds, f"not found in {found.parcels} parcels"
