"""The checker on promises 4 to 7: one record a trip, once, decided before it was done, and provable."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from config.settings import Line
from edge.messages import Moment
from simulators.truth import (
    Disturbed,
    FaultTook,
    LaneAccepted,
    ProcessDied,
    TripBegan,
    TripBroken,
    TripEnded,
)
from tests.unit.simulators.promises_story import R1, R2, START, I, Story, W, before, changed, without


@pytest.fixture
def story(ct_line: Line, tmp_path: Path) -> Story:
    return Story(ct_line, tmp_path)


def test_a_trip_without_a_record_is_found_once_at_the_end(story: Story) -> None:
    story.parcel(1, recorded=False)
    assert story.look() == []
    assert story.broken() == [4]
    assert len(story.look(settled=True)) == 1
    assert str(story.checker.violations[0]) == (
        "21.20 s: promise 4: parcel 1 (epoch 7, id 1) has neither a record nor a gap at the centre "
        "3 s after its end"
    )


def test_a_late_record_is_found_when_nothing_is_disturbed(story: Story) -> None:
    story.parcel(1, recorded=False)
    story.checker.feeding_ended()
    story.tell(FaultTook("broker_off", "running", 60.0))
    assert story.look(after_s=100.0) == []
    assert [each.promise for each in story.look(after_s=160.0)] == [4]


def test_a_camera_that_is_off_excuses_no_late_record(story: Story) -> None:
    story.parcel(1, recorded=False)
    story.checker.feeding_ended()
    story.tell(FaultTook("camera_off", "running", 60.0))
    assert [each.promise for each in story.look(after_s=100.0)] == [4]


def test_a_gap_accounts_for_what_the_line_never_saw(story: Story) -> None:
    story.parcel(1, I, changes=[without(LaneAccepted)], recorded=False)
    story.gap(1, 1)
    assert story.broken() == []
    assert story.checker.tallies.in_gaps == 1


def test_a_gap_without_an_end_accounts_for_what_follows(story: Story) -> None:
    story.parcel(1)
    story.parcel(2, I, changes=[without(LaneAccepted)], recorded=False)
    story.gap(2, 1)
    assert story.broken() == []


def test_a_command_of_which_the_line_has_no_record_is_found(story: Story) -> None:
    story.parcel(1, recorded=False)
    story.gap(1, 1)
    assert story.broken() == [6]


def test_record_and_gap_exclude_each_other(story: Story) -> None:
    story.parcel(1)
    story.gap(1, 1)
    assert story.broken() == [4]


def test_two_gaps_for_one_trip_are_one_too_many(story: Story) -> None:
    story.parcel(1, I, changes=[without(LaneAccepted)], recorded=False)
    story.gap(1, 1)
    story.gap(1, 1, envelope="e2")
    assert story.broken() == [5]


def test_two_records_of_one_trip_are_one_too_many(story: Story) -> None:
    key = story.parcel(1)
    story.look()
    story.record(key, R1, passage="another", files=False)
    assert 5 in story.broken()


def test_a_record_of_what_never_was_is_found(story: Story) -> None:
    story.parcel(1)
    story.record((7, 9), I)
    assert story.broken() == [4]


def test_an_id_that_an_eye_gave_to_nothing_may_have_a_record(story: Story) -> None:
    story.parcel(1)
    story.tell(Disturbed(7, 9, "eye_doubled", 5.0))
    story.record((7, 9), I, lane_actual=None)
    assert story.broken() == []


def test_an_open_record_is_found_at_the_end(story: Story) -> None:
    story.parcel(1, closed_at=None)
    assert story.look() == []
    assert story.broken() == [4]


def test_a_record_that_names_another_lane_is_found(story: Story) -> None:
    story.parcel(1, lane_actual=R2)
    assert story.broken() == [4]


def test_a_record_that_changes_after_it_was_judged_is_found(story: Story) -> None:
    story.parcel(1)
    assert story.look() == []
    story.change_row("L1-7-1", lane_actual=W)
    assert story.broken() == [4]


def test_never_seen_is_true_only_of_what_a_fault_touched(story: Story) -> None:
    story.parcel(1, I, lane_actual=None)
    assert story.broken() == [4]


def test_never_seen_is_true_of_what_the_controller_forgot(story: Story) -> None:
    story.parcel(1, I, changes=[changed(TripEnded, touched=True)], lane_actual=None)
    story.parcel(2, lane_actual=None)
    story.tell(FaultTook("controller_restarted", "running", 20.0))
    assert story.broken() == []


def test_what_was_lifted_off_the_belt_is_in_no_lane(story: Story) -> None:
    gone = TripBroken(1, 0, *story.key(), 9.0)
    story.parcel(1, changes=[before(TripEnded, gone), without(TripEnded)], lane_actual=None)
    assert story.broken() == []
    assert story.checker.held == 0
    gone = TripBroken(2, 0, *story.key(), 10.2)
    story.parcel(2, changes=[before(TripEnded, gone), without(TripEnded)])
    assert story.broken() == [4]


def test_ids_begin_again_with_the_controller(story: Story) -> None:
    story.parcel(1)
    story.epoch, story.ids = 8, 0
    story.parcel(2)
    assert story.broken() == []


def test_a_lane_for_an_item_of_an_earlier_boot_is_found(story: Story) -> None:
    story.parcel(1, changes=[without(TripEnded)], recorded=False)
    story.epoch, story.ids = 8, 0
    story.parcel(2, changes=[before(TripEnded, LaneAccepted(7, 1, R1, 9_000))])
    assert story.broken() == [3]


def test_a_lane_commanded_before_it_was_written_is_found(story: Story) -> None:
    key = story.key()
    once = before(LaneAccepted, LaneAccepted(*key, R1, 6_950))
    back = before(TripEnded, LaneAccepted(*key, I, 7_100), ProcessDied("agent", "a", "b", 7.0))
    story.parcel(1, I, changes=[once, back])
    found = story.look(settled=True)
    assert 6 in {each.promise for each in found}


def test_a_lane_recorded_as_accepted_that_never_was_is_found(story: Story) -> None:
    moment = Moment(START, "lane_accepted", None, "", str(R2))
    story.parcel(1, timeline=(moment,))
    assert story.broken() == [6]


def test_a_verdict_on_its_way_is_waited_for(story: Story) -> None:
    story.parcel(1, revision=1)
    assert story.look() == []
    story.change_row("L1-7-1", revision=2)
    assert story.broken() == []


def test_a_verdict_that_never_comes_is_found(story: Story) -> None:
    story.parcel(1, revision=1)
    assert story.broken() == [4]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"reasons": []},
        {"policy": None},
        {"decided_hash": None},
        {"waybill_key": None},
        {"files": False},
        {"evidence": {"codes": ()}},
        {"evidence": {"weight_g": None}},
        {"evidence": {"clearance": None}},
        {"evidence": {"scan": None}},
    ],
    ids=str,
)
def test_a_release_that_cannot_be_proved_is_found(story: Story, spoiled: dict[str, Any]) -> None:
    story.parcel(1, **spoiled)
    assert story.broken() == [7]


def test_files_on_their_way_are_waited_for(story: Story) -> None:
    story.parcel(1, files=False)
    assert story.look() == []
    assert story.checker.held == 1


def test_looking_costs_a_fixed_number_of_statements(story: Story) -> None:
    asked: list[str] = []
    event.listen(story.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    for number in range(1, 31):
        story.parcel(number)
    asked.clear()
    story.look()
    assert story.checker.held == 0
    assert len(asked) <= 6


def test_what_is_judged_is_forgotten(story: Story) -> None:
    for number in range(1, 40):
        story.parcel(number)
        story.look(after_s=18.0)
    assert story.checker.held <= 1
    assert story.broken() == []


def test_an_id_given_twice_in_one_boot_is_found(story: Story) -> None:
    story.parcel(1)
    story.ids = 0
    story.parcel(2, recorded=False, changes=[changed(TripBegan, gap_ahead_mm=None)])
    assert 4 in {each.promise for each in story.checker.violations}
