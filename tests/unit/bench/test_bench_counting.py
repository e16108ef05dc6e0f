"""The benchmarks' arithmetic: percentiles, rates, and what counts as missed or lost."""

import pytest

from tests.bench.rig.counting import per_second, percentile, slowest
from tests.bench.rig.marks import Heard, Mark, What
from tests.bench.rig.steps import first_after, lost, steps


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(each) for each in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0, 1.0], 0.99) == 7.0


def test_a_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_the_slowest_window_shows_a_stall() -> None:
    steady = [each / 10 for each in range(100)]
    stalled = [each for each in steady if not 5 <= each < 6]
    assert per_second(steady, 0.0, 10.0) == 10
    assert slowest(steady, 0.0, 10.0, 1.0) == 10
    assert slowest(stalled, 0.0, 10.0, 1.0) == 0


def _item(number: int, at_s: float, *, lane: int, accepted: bool = True) -> list[Mark]:
    made = [
        Mark(What.INDUCTED, at_s, number),
        Mark(What.DUE, at_s + 1.0, number),
        Mark(What.LATCHED, at_s + 1.5, number, lane),
        Mark(What.DIVERTED, at_s + 2.0, number, lane),
    ]
    return [*made, Mark(What.ACCEPTED, at_s + 1.01, number, lane)] if accepted else made


def test_steps_tell_the_late_the_unreleased_and_the_missed_apart() -> None:
    marks = [*_item(1, 0.0, lane=1), *_item(2, 0.2, lane=5, accepted=False), *_item(3, 0.4, lane=1)]
    heard = [Heard(2.005, "j:1", "closed", 1, 1), Heard(2.3, "j:2", "closed", 2, 2)]
    found = steps(marks, heard, frozenset({1}), 0.0, 1.0)
    assert (found.items, found.diverted, found.released, found.late, found.missed) == (3, 3, 2, 1, 1)
    assert found.accepted_ms == pytest.approx((10.0, 10.0))
    assert found.reported_ms == pytest.approx((5.0, 100.0))


def test_items_outside_the_span_are_not_counted() -> None:
    found = steps([*_item(1, 0.0, lane=1), *_item(2, 5.0, lane=1)], [], frozenset({1}), 4.0, 6.0)
    assert (found.items, found.missed) == (1, 1)


def test_a_lane_accepted_after_the_cut_off_is_late() -> None:
    marks = [*_item(1, 0.0, lane=1, accepted=False), Mark(What.ACCEPTED, 1.6, 1, 1)]
    assert steps(marks, [], frozenset({1}), 0.0, 1.0).late == 1


def test_an_item_is_lost_unless_it_has_a_record_or_lies_in_a_gap() -> None:
    marks = [Mark(What.INDUCTED, 0.1 * number, number) for number in range(1, 7)]
    heard = [Heard(1.0, "j:1", "closed", 1, 1), Heard(1.0, "j:2", "gap", 3, 5), Heard(1.0, "j:3", "alarm")]
    assert lost(marks, heard) == [2, 6]


def test_what_did_not_come_back_took_for_ever() -> None:
    assert first_after([1.0, 4.0], 3.0) == 1.0
    assert first_after([1.0], 3.0) == float("inf")
