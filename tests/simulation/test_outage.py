"""After an outage the backlog drains, nothing lost or doubled, and what happens then does not wait for it."""

import pytest

from tests.simulation.outage import measure


@pytest.mark.timeout(600)
def test_a_backlog_delays_nothing_that_happens_after_it() -> None:
    found = measure(outage_s=600.0)
    assert found.violations == []
    assert found.backlog > 3_000
    assert found.live > 150
    assert found.live_delays_s[-1] < 2.0
