"""The decision loop where others fail it: second kills, frozen controllers, lost answers."""

from pathlib import Path

import msgspec
import pytest

from devices.errors import ControllerFrozen
from devices.interfaces import (
    CodesRead,
    ItemEventKind,
    WeightRead,
)
from edge.messages import (
    AlarmRaised,
    ClearanceState,
    PassageClosed,
    PassageDecided,
)
from tests.unit.edge.site_in_memory import WAYBILL, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.know()
    return made


def alarms(site: Site) -> list[str]:
    return [each.code for each in site.records(AlarmRaised) if isinstance(each, AlarmRaised)]


async def test_a_second_kill_changes_no_verdict(site: Site) -> None:
    """An item inducted while the agent was away is doubtful, also for the agent after next."""
    await site.turn_at(500)
    site.controller.see(ItemEventKind.INDUCTED, 1, 1000)
    site.controller.see(ItemEventKind.LENGTH, 1, 1400, detail=400)
    site.start("s2")
    await site.turn_at(1500)
    site.intake.reading(CodesRead("top", 1900 / 2000, (WAYBILL,), b""))
    await site.turn_at(2000)
    site.intake.reading(WeightRead("scale", 4000 / 2000, 500.0, True, b""))
    await site.turn_at(4100)
    site.controller.see(ItemEventKind.EYE, 1, 5200, point=2)
    await site.turn_at(5200)
    for session in ("s3", "s4"):
        site.start(session)
        await site.turn_at(5300)
    assert {each.lane for each in site.controller.commands} == {5}
    assert len(site.records(PassageDecided)) == 1


async def test_a_checkpoint_is_as_good_as_all_that_was_before_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.agent._CHECKPOINT_AFTER", 3)
    await site.pass_item()
    await site.turn_at(5200)
    before = msgspec.to_builtins(site.agent.core.state)
    site.start("s2")
    assert site.journal.checkpoint() is not None
    assert msgspec.to_builtins(site.agent.core.state) == before


async def test_papers_revoked_just_before_a_kill_are_looked_up_at_the_next_start(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    site.know(ClearanceState.INSPECT)  # in the list's file, and the agent died before it looked
    site.start("s2")
    await site.turn_at(5300)
    assert [each.lane for each in site.controller.commands] == [1, 5]


async def test_papers_that_age_on_a_belt_that_stands_still_are_looked_up_again(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    assert [each.lane for each in site.controller.commands] == [1]
    site.controller.now_s += 172_800
    status = site.agent.status
    assert status is not None
    site.controller.encoder_mm = status.encoder_mm
    await site.agent.turn()
    assert [each.lane for each in site.controller.commands] == [1, 3]


async def test_a_frozen_controller_is_said_once_and_distrusted(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    beats = len(site.controller.beats)
    site.controller.frozen = True
    for _ in range(3):
        with pytest.raises(ControllerFrozen):
            await site.agent.turn()
    assert len(site.controller.beats) == beats
    site.controller.frozen = False
    await site.turn_at(5400)
    assert alarms(site) == ["controller_frozen"]
    assert [each.lane for each in site.controller.commands] == [1, 5]


async def test_commands_left_unanswered_raise_one_alarm(site: Site) -> None:
    site.controller.answering = False
    await site.pass_item()
    for at_mm in range(5200, 12_000, 200):
        await site.turn_at(at_mm)
    assert alarms(site) == ["command_unanswered"]


async def test_nothing_falls_due_while_its_event_may_still_lie_in_the_ring(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    for number in range(3):
        site.controller.see(ItemEventKind.LINE_STATE, 0, 6000 + number, detail=6)
    site.controller.see(ItemEventKind.DIVERTED, 1, 13_000, detail=1)
    site.controller.most_events = 2
    await site.turn_at(60_000)
    await site.turn_at(60_010)
    closed = site.records(PassageClosed)
    assert [each.lane for each in closed if isinstance(each, PassageClosed)] == [1]
    assert alarms(site) == []


async def test_a_repeated_epoch_is_seen_by_its_tracking_ids_too(site: Site) -> None:
    """While the agent was away the controller restarted and has come further in events, but not in items."""
    await site.turn_at(100)
    for item in range(1, 6):
        site.controller.see(ItemEventKind.INDUCTED, item, item * 1000)
    await site.turn_at(6000)
    beats, site.controller.events = len(site.controller.beats), []
    for number in range(20):
        site.controller.see(ItemEventKind.LINE_STATE, 0, number, detail=6)
    site.controller.inducted = 2
    for at_mm in range(6000, 9000, 100):
        await site.turn_at(at_mm)
    assert len(site.controller.beats) == beats
    assert alarms(site) == ["epoch_repeated"]
