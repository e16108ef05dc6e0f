"""The checker bites: mistakes put into the production code are found within a few seeds."""

import pytest

from tests.simulation.planted import BUGS, hunt

SEEDS, PARCELS = 3, 2_500
# These show only when much comes together, and take minutes; `python -m tests.simulation.planted` hunts them
# too.
RARE = {"answer_past_the_deadline", "ring_overrun_ignored", "second_release_of_a_waybill"}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", sorted(BUGS.keys() - RARE))
def test_a_planted_mistake_is_found(bug: str) -> None:
    found = hunt(bug, SEEDS, PARCELS)
    assert found.seeds, f"not found in {found.parcels} parcels"
