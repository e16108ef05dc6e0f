"""The checker on promises 2, 3 and 10: who is bothered, and when the belt must stand and when it must not."""

from pathlib import Path

import pytest

from config.settings import LaneRole, Line
from simulators.categories import Category
from simulators.promises import shares
from simulators.truth import (
    CutoffPassed,
    Disturbed,
    FaultTook,
    LaneAccepted,
    LineCleared,
    PaperChanged,
    ParcelMade,
    ProcessBegan,
    ProcessDied,
    StrayEnded,
    StrayLaid,
    TripEnded,
)
from tests.unit.simulators.promises_story import R1, I, Story, W, before, changed, without


@pytest.fixture
def story(ct_line: Line, tmp_path: Path) -> Story:
    return Story(ct_line, tmp_path)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ENOUGH", 50)


def clean(story: Story, count: int, lane: int = R1) -> None:
    for _ in range(count):
        story.parcel(len(story.made) + 1, lane)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("left", "fault", "broken"),
    [(1, "", []), (2, "", [2]), (2, "camera_off", []), (4, "camera_off", [2])],
)
def test_the_share_of_clean_parcels_released(story: Story, left: int, fault: str, broken: list[int]) -> None:
    if fault:
        story.tell(FaultTook(fault, "running", 0.0))
    clean(story, 100 - left)
    clean(story, left, I)
    assert story.broken() == broken


@pytest.mark.usefixtures("few")
def test_what_a_fault_touched_does_not_count(story: Story) -> None:
    clean(story, 50)
    for _ in range(10):
        hit = Disturbed(*story.key(), "eye_missed", 1.0)
        story.parcel(len(story.made) + 1, I, changes=[before(LaneAccepted, hit)])
        story.parcel(len(story.made) + 1, I, changes=[changed(TripEnded, touched=True)])
    assert story.broken() == []
    tallies = story.checker.tallies
    assert (tallies.clean, tallies.clean_untouched) == (70, 50)


@pytest.mark.usefixtures("few")
def test_what_papers_stop_is_not_clean(story: Story) -> None:
    clean(story, 50)
    for _ in range(10):
        story.parcel(len(story.made) + 1, W, changes=[changed(PaperChanged, release=False)])
    assert story.broken() == []
    assert story.checker.tallies.clean == 50


@pytest.mark.usefixtures("few")
def test_a_kill_touches_what_was_on_the_belt_and_no_more(story: Story) -> None:
    clean(story, 60)
    at_s = story.now_s
    story.tell(ProcessDied("agent", "a", "b", at_s - 1), ProcessBegan("agent", at_s))
    story.now_s += 1.0
    clean(story, 1, I)
    assert story.checker.tallies.clean_untouched == 60
    story.now_s = at_s + 10
    clean(story, 5, I)
    assert story.checker.tallies.clean_untouched == 65
    assert story.broken() == [2]


def test_a_fault_of_an_image_touches_what_enters_the_tunnel_until_it_is_noticed(story: Story) -> None:
    hit = Disturbed(*story.key(), "ct_garbage", 6.0)
    story.parcel(1, I, changes=[before(LaneAccepted, hit)])
    for began_s, untouched in ((10.0, 0), (20.0, 1)):  # it is missed 5.9 s after the tunnel
        story.now_s = began_s
        clean(story, 1)
        assert story.checker.tallies.clean_untouched == untouched


def test_nothing_is_inducted_while_the_agent_is_dead(story: Story) -> None:
    clean(story, 3)
    story.tell(ProcessDied("agent", "a", "b", story.now_s - 1.0))
    clean(story, 1)
    assert story.look() == []
    clean(story, 1)
    assert [each.promise for each in story.look()] == [3]


def test_a_dead_centre_stops_no_belt(story: Story) -> None:
    clean(story, 3)
    story.tell(ProcessDied("centre", "a", "b", story.now_s))
    clean(story, 5)
    assert story.broken() == []


@pytest.mark.parametrize(("role", "broken"), [(LaneRole.RELEASE, [1]), (LaneRole.INSPECT, [])])
def test_a_stray_in_a_release_lane_stops_the_line(story: Story, role: LaneRole, broken: list[int]) -> None:
    stray = ParcelMade(100, Category.CLEAN, LaneRole.RELEASE, "JD", "", 1000, 400, None)
    story.tell(stray, StrayLaid(100, 0.0), StrayEnded(100, R1, role, 15.0))
    story.now_s = 15.3
    clean(story, 1)
    assert story.look() == []
    clean(story, 2)
    assert story.broken() == broken
    assert story.checker.tallies.clean == 3


def test_a_lane_nobody_asked_for_is_found(story: Story) -> None:
    story.parcel(1, W, category=Category.NO_PAPERS, changes=[without(LaneAccepted)])
    assert 3 in story.broken()


def test_inspection_is_always_safe(story: Story) -> None:
    story.parcel(1, I, changes=[before(CutoffPassed, LaneAccepted(*story.key(), R1, 7_000))], recorded=False)
    assert story.checker.violations == []


@pytest.mark.parametrize("fault", ["camera_off", "scanner_off", "scale_off", "ct_off"])
def test_one_device_that_is_off_stops_no_belt(story: Story, fault: str) -> None:
    clean(story, 3)
    story.tell(FaultTook(fault, "running", story.now_s))
    found = story.look(after_s=120.0)
    assert [each.promise for each in found] == [10]
    assert len(story.look(after_s=150.0)) == 1


@pytest.mark.parametrize("fault", ["emergency_stop", "link_off"])
def test_a_stopped_belt_is_no_standstill(story: Story, fault: str) -> None:
    clean(story, 3)
    story.tell(FaultTook(fault, "running", story.now_s + 60))
    assert story.look(after_s=120.0) == []
    story.tell(LineCleared(story.now_s + 200))
    assert story.look(after_s=280.0) == []
    assert [each.promise for each in story.look(after_s=300.0)] == [10]


def test_a_dead_agent_and_an_empty_infeed_are_no_standstill(story: Story) -> None:
    clean(story, 3)
    story.tell(ProcessDied("agent", "a", "b", story.now_s))
    assert story.look(after_s=500.0) == []
    story.tell(ProcessBegan("agent", story.now_s + 500))
    story.checker.feeding_ended()
    assert story.look(after_s=900.0) == []
