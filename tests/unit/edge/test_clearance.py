"""The clearance list: deltas in order, gaps noticed, and an age that errs on the old side."""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.clearance import ClearanceList
from edge.clearance_sync import ClearanceSync
from edge.ending import in_thread
from edge.interfaces import FetchError
from edge.messages import CentreState, ClearanceDelta, ClearanceSnapshot, ClearanceState
from tests.unit.edge.lines import KEYS, NOON, entry

A, B = "RB123456785CN", "LX987654321CN"


def key(number: str) -> str:
    return KEYS.waybill_key(number)


@pytest.fixture
def list_(tmp_path: Path) -> ClearanceList:
    made = ClearanceList(tmp_path / "lists.db")
    made.replace(ClearanceSnapshot(10, NOON, (entry(A, aliases=(key("ORDER-1"),)),)), 1000.0)
    return made


def test_waybill_is_found_by_itself_and_by_its_alias(list_: ClearanceList) -> None:
    for code in (A, "ORDER-1"):
        paper = list_.find(key(code), 1000.0, NOON)
        assert paper is not None
        assert paper.entry.waybill_key == key(A)
    assert list_.find(key(B), 1000.0, NOON) is None


def test_deltas_apply_in_order_and_a_gap_is_noticed(list_: ClearanceList) -> None:
    assert list_.apply(ClearanceDelta(11, NOON, (entry(B),)), 1000.0)
    assert list_.apply(
        ClearanceDelta(11, NOON, (entry(A, ClearanceState.INSPECT),)), 1000.0
    )  # again: nothing happens
    assert not list_.apply(ClearanceDelta(13, NOON, (entry(A, ClearanceState.INSPECT),)), 1000.0)
    assert list_.number == 11
    paper = list_.find(key(A), 1000.0, NOON)
    assert paper is not None
    assert paper.entry.state is ClearanceState.RELEASE


def test_a_change_replaces_aliases_and_a_removal_forgets(list_: ClearanceList) -> None:
    list_.apply(ClearanceDelta(11, NOON, (entry(A, aliases=(key("ORDER-2"),)),)), 1000.0)
    assert list_.find(key("ORDER-1"), 1000.0, NOON) is None
    assert list_.find(key("ORDER-2"), 1000.0, NOON) is not None
    list_.apply(ClearanceDelta(12, NOON, (entry(A, removed=True),)), 1000.0)
    assert list_.find(key(A), 1000.0, NOON) is None
    assert list_.find(key("ORDER-2"), 1000.0, NOON) is None


def age(list_: ClearanceList, now_s: float, wall: datetime) -> float | None:
    paper = list_.find(key(A), now_s, wall)
    assert paper is not None
    return paper.age_s


def test_age_counts_on_by_the_clock_that_makes_it_older(list_: ClearanceList) -> None:
    """The entry was an hour old when the centre confirmed the list at 1,000 s."""
    assert age(list_, 1000.0, NOON) == 3600
    assert age(list_, 1060.0, NOON - timedelta(hours=1)) == 3660
    assert age(list_, 1060.0, NOON + timedelta(hours=1)) == 7200


def test_a_confirmation_that_lay_at_the_broker_does_not_make_the_list_young(list_: ClearanceList) -> None:
    list_.confirm(10, NOON + timedelta(hours=1), 50_000.0)
    assert list_.age_s(50_000.0, NOON + timedelta(hours=9)) == 8 * 3600


def test_confirmation_makes_the_list_young_but_not_its_entries(list_: ClearanceList) -> None:
    two_hours_on = NOON + timedelta(hours=2)
    assert list_.confirm(10, two_hours_on, 8200.0)
    assert list_.age_s(8200.0, two_hours_on) == 0
    assert age(list_, 8200.0, two_hours_on) == 3 * 3600
    assert not list_.confirm(11, two_hours_on, 8200.0)


def test_after_a_restart_the_wall_clock_serves_unless_it_went_back(
    tmp_path: Path, list_: ClearanceList
) -> None:
    list_.close()
    again = ClearanceList(tmp_path / "lists.db")
    assert again.number == 10
    assert age(again, 5.0, NOON + timedelta(minutes=10)) == 3600 + 600
    assert age(again, 5.0, NOON - timedelta(seconds=1)) is None
    again.confirm(10, NOON + timedelta(minutes=11), 6.0)
    assert age(again, 6.0, NOON - timedelta(seconds=1)) == 3600 + 660


def test_a_line_that_was_never_given_a_list_knows_that(tmp_path: Path) -> None:
    list_ = ClearanceList(tmp_path / "lists.db")
    assert not list_.is_known
    assert list_.age_s(5.0, NOON) is None
    list_.replace(ClearanceSnapshot(0, NOON, ()), 5.0)
    assert list_.is_known


class Source:
    """A centre that gives its list, or fails first."""

    def __init__(self, *answers: ClearanceSnapshot | FetchError) -> None:
        self.answers = list(answers)

    async def fetch(self) -> ClearanceSnapshot:
        answer = self.answers.pop(0)
        if isinstance(answer, FetchError):
            raise answer
        return answer


async def test_a_gap_fetches_the_whole_list_and_tells_what_changed(list_: ClearanceList) -> None:
    fetched = asyncio.Event()
    changed: list[set[str] | None] = []

    def note(keys: set[str] | None) -> None:
        changed.append(keys)
        fetched.set()

    snapshot = ClearanceSnapshot(13, NOON, (entry(B),))
    sync = ClearanceSync(list_, Source(snapshot), note, lambda: 1000.0, in_thread)
    sync.delta(ClearanceDelta(13, NOON, (entry(A),)))
    task = asyncio.create_task(sync.run())
    async with asyncio.timeout(5):
        await fetched.wait()
    task.cancel()
    assert (list_.number, changed) == (13, [None])
    assert list_.find(key(A), 1000.0, NOON) is None


async def test_a_list_behind_the_centres_is_fetched_when_the_delta_does_not_come(
    list_: ClearanceList,
) -> None:
    now_s = [1000.0]
    sync = ClearanceSync(list_, Source(), lambda keys: None, lambda: now_s[0], in_thread)
    sync.centre(CentreState(True, NOON, 11, "c"))
    assert not sync.wants_list
    now_s[0] += 2.0
    sync.centre(CentreState(True, NOON, 11, "c"))
    assert sync.wants_list


def test_a_delta_the_disk_does_not_take_is_not_counted_as_taken(list_: ClearanceList) -> None:
    connection = list_._connection  # pyright: ignore[reportPrivateUsage]  SQLite's own way to say "disk full"
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    many = tuple(entry(f"RB{number:09}CN") for number in range(2000))
    with pytest.raises(sqlite3.Error, match="full"):
        list_.apply(ClearanceDelta(11, NOON, many), 1000.0)
    assert list_.number == 10
    connection.execute("PRAGMA max_page_count = 1073741823")
    assert list_.apply(ClearanceDelta(11, NOON, many), 1000.0)


@pytest.mark.parametrize("damage", ["header", "middle"])
def test_a_damaged_list_is_begun_anew(tmp_path: Path, list_: ClearanceList, damage: str) -> None:
    many = tuple(entry(f"RB{number:09}CN") for number in range(2000))
    list_.replace(ClearanceSnapshot(11, NOON, many), 1000.0)
    list_.close()
    file = tmp_path / "lists.db"
    content = bytearray(file.read_bytes())
    start = 0 if damage == "header" else 8192
    content[start : start + 4096] = bytes(range(256)) * 16
    file.write_bytes(content)
    again = ClearanceList(file)
    assert (again.number, again.is_known) == (0, False)
    again.replace(ClearanceSnapshot(12, NOON, (entry(A),)), 1000.0)
    assert again.find(key(A), 1000.0, NOON) is not None


async def test_deltas_that_come_while_the_list_is_fetched_are_not_lost(list_: ClearanceList) -> None:
    done, asked, answer = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Slow:
        async def fetch(self) -> ClearanceSnapshot:
            asked.set()
            await answer.wait()
            return ClearanceSnapshot(20, NOON, (entry(A),))

    def note(keys: set[str] | None) -> None:
        if list_.number == 22:
            done.set()

    sync = ClearanceSync(list_, Slow(), note, lambda: 1000.0, in_thread)
    sync.delta(ClearanceDelta(15, NOON, ()))
    task = asyncio.create_task(sync.run())
    async with asyncio.timeout(5):
        await asked.wait()
        for number in (20, 21, 22):
            sync.delta(ClearanceDelta(number, NOON, (entry(B),)))
        answer.set()
        await done.wait()
    assert not sync.wants_list
    task.cancel()
    assert list_.find(key(B), 1000.0, NOON) is not None


def test_an_alias_that_changes_hands_is_told(list_: ClearanceList) -> None:
    told: list[set[str] | None] = []
    sync = ClearanceSync(list_, Source(), told.append, lambda: 1000.0, in_thread)
    sync.delta(ClearanceDelta(11, NOON, (entry(B, aliases=(key("ORDER-1"),)),)))
    assert told == [{key(B), key("ORDER-1")}]
