"""The decision loop: written before done, beating only while it decides, and going on after a kill."""

import base64
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from devices.errors import LinkDown
from devices.interfaces import (
    ItemEventKind,
    LaneCommand,
)
from edge.journal import Entry, JournalError
from edge.messages import (
    AlarmRaised,
    Answer,
    ClearanceState,
    Decision,
    PassageClosed,
    PassageDecided,
    SignedCommand,
)
from tests.unit.edge.lines import EPOCH, KEYS, NOON
from tests.unit.edge.site_in_memory import WAYBILL, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.know()
    return made


async def test_clean_item_gets_its_lane_and_two_records(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    site.controller.see(ItemEventKind.DIVERTED, 1, 13_000, detail=1)
    await site.turn_at(13_000)
    assert [(each.tracking_id, each.lane) for each in site.controller.commands] == [(1, 1)]
    assert len(site.records(PassageDecided)) == len(site.records(PassageClosed)) == 1


async def test_no_label_text_reaches_the_journal(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    site.journal.close()
    for file in site.folder.iterdir():
        assert WAYBILL.encode() not in file.read_bytes()


async def test_verdict_is_durable_before_the_lane_is_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.pass_item()
    written_before: list[int] = []
    send = site.controller.send

    async def watch(commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]:
        written_before.append(len(site.records(PassageDecided)))
        return await send(commands)

    monkeypatch.setattr(site.controller, "send", watch)
    await site.turn_at(5200)
    assert written_before == [1]


async def test_while_the_journal_fails_nothing_is_done_and_no_heartbeat_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.pass_item()
    beats = len(site.controller.beats)
    append = site.journal.append
    tries: list[int] = []

    def full(batch: Sequence[Entry], checkpoint: bytes | None = None) -> None:
        tries.append(len(site.controller.commands) + len(site.controller.beats) - beats)
        if len(tries) < 3:
            raise JournalError("disk full")
        append(batch, checkpoint)

    monkeypatch.setattr("edge.agent._JOURNAL_RETRY_S", 0.0)
    monkeypatch.setattr(site.journal, "append", full)
    await site.turn_at(5200)
    assert tries == [0, 0, 0]
    assert [each.lane for each in site.controller.commands] == [1]
    assert len(site.controller.beats) == beats + 1
    await site.turn_at(5300)
    assert [each.code for each in site.records(AlarmRaised) if isinstance(each, AlarmRaised)] == [
        "journal_failed"
    ]


async def test_killed_after_the_verdict_and_before_the_lane_commands_it_at_the_next_start(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.pass_item()

    async def killed(commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(site.controller, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            await site.turn_at(5200)
    site.start("s2")
    await site.turn_at(5300)
    assert [each.lane for each in site.controller.commands] == [1]
    assert len(site.records(PassageDecided)) == 1


async def test_killed_before_the_verdict_the_item_is_inspected_with_one_record(site: Site) -> None:
    await site.pass_item()
    site.start("s2")
    await site.turn_at(5200)
    assert [each.lane for each in site.controller.commands] == [5]
    assert len(site.records(PassageDecided)) == 1


async def test_an_unanswered_command_is_given_again_but_never_two_at_once(site: Site) -> None:
    site.controller.answering = False
    await site.pass_item()
    for at_mm in (5200, 5300, 6100):
        await site.turn_at(at_mm)
    assert len(site.controller.commands) == 1
    site.controller.answering = True
    await site.turn_at(6300)
    assert [each.lane for each in site.controller.commands] == [1, 1]
    await site.turn_at(9000)
    assert len(site.controller.commands) == 2


async def test_a_release_that_found_no_slot_never_overtakes_the_inspection_after_it(site: Site) -> None:
    site.controller.free_slots = 0
    await site.pass_item()
    await site.turn_at(5200)
    site.know(ClearanceState.INSPECT)
    site.intake.papers_changed({KEYS.waybill_key(WAYBILL)})
    await site.turn_at(5300)
    site.controller.free_slots = 8
    await site.turn_at(5400)
    assert [each.lane for each in site.controller.commands] == [5]


async def test_a_line_without_a_clearance_list_is_held(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.turn_at(100)
    await site.turn_at(100 + 2 * 10_001)
    await site.turn_at(100 + 2 * 10_002)
    assert site.controller.beats == []
    assert [each.code for each in site.records(AlarmRaised) if isinstance(each, AlarmRaised)] == [
        "no_clearance_list"
    ]
    site.know()
    await site.turn_at(30_000)
    assert len(site.controller.beats) == 1


async def test_controller_that_restarts_in_the_same_epoch_is_held(site: Site) -> None:
    await site.pass_item()
    await site.turn_at(5200)
    beats = len(site.controller.beats)
    site.controller.events = []
    site.controller.see(ItemEventKind.INDUCTED, 1, 0)
    for at_mm in range(0, 3000, 100):
        await site.turn_at(at_mm)
    assert len(site.controller.beats) == beats
    assert len(site.records(PassageDecided)) == 1
    assert [each.code for each in site.records(AlarmRaised) if isinstance(each, AlarmRaised)] == [
        "epoch_repeated"
    ]


async def test_silent_controller_is_noted_and_does_not_stop_the_loop(site: Site) -> None:
    await site.turn_at(100)
    site.controller.down = True
    with pytest.raises(LinkDown):
        await site.turn_at(200)
    site.controller.down = False
    await site.turn_at(300)
    assert len(site.controller.beats) == 2


def signed(decision: Decision, passage_id: str, session: str) -> SignedCommand:
    answer = Answer("a1", passage_id, session, EPOCH, decision, ("officer",), NOON)
    payload = msgspec.json.encode(answer)
    return SignedCommand(payload.decode(), base64.b64encode(KEYS.sign(payload)).decode())


async def test_signed_answer_releases_and_a_forged_one_raises_an_alarm(site: Site) -> None:
    site.know(ClearanceState.REVIEW)
    await site.pass_item()
    await site.turn_at(5200)
    command = signed(Decision.RELEASE, f"L1-{EPOCH:08X}-00000001", "s1")
    forged = SignedCommand(command.payload, base64.b64encode(bytes(64)).decode())
    site.intake.command(forged, NOON)
    await site.turn_at(5300)
    assert [each.lane for each in site.controller.commands] == [5]
    assert [each.code for each in site.records(AlarmRaised) if isinstance(each, AlarmRaised)] == [
        "command_forged"
    ]
    site.intake.command(command, NOON)
    await site.turn_at(5400)
    assert [each.lane for each in site.controller.commands] == [5, 1]
