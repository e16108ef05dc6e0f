"""The checker bites: mistakes put into the production code are found within a few seeds."""

import pytest

from tests.simulation.planted import BUGS, hunt

SEEDS, PARCELS = 6, 2_500
# Not found so surely yet: too few parcels of the kind, or too rare a moment. The command hunts them too.
RARE = {
    "alias_taken_for_conflict",
    "answer_past_the_deadline",
    "ring_overrun_ignored",
    "second_release_of_a_waybill",
}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", sorted(BUGS.keys() - RARE))
def test_a_planted_mistake_is_found(bug: str) -> None:
    found = hunt(bug, SEEDS, PARCELS)
    assert found.seeds, f"not found in {found.parcels} parcels"
