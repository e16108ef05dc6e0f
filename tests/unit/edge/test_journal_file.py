"""The journal's file, read by SQL alone as an auditor would, and every table kept beside the log."""

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from config.settings import LaneRole
from devices.interfaces import CommandOutcome
from edge.journal import Entry, Journal, JournalError, Row
from edge.messages import AlarmRaised, Evidence, PassageClosed, PassageDecided
from edge.observations import ControllerStalled, LaneRuled, Observation

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FACT = LaneRuled(1, 2, CommandOutcome.ACCEPTED)
RECORD = AlarmRaised("code", "detail", NOON)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path, lambda: "id")
    yield opened
    opened.close()


def append(journal: Journal, *contents: object, passage_id: str | None = None) -> None:
    journal.append([Entry(NOON, each, passage_id) for each in contents])  # type: ignore[arg-type]


def sql(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


def link(previous: bytes, sequence: int, kind: str, commitment: bytes) -> bytes:
    """As the documentation has it: SHA-256(previous hash ‖ sequence ‖ kind ‖ commitment)."""
    return hashlib.sha256(previous + sequence.to_bytes(8, "big") + kind.encode() + commitment).digest()


def forge(path: Path, sequence: int, kind: str, payload: bytes) -> None:
    """Add an entry that fits the chain, which our journal would not have written."""
    (previous,) = sql(path, "SELECT hash FROM entries ORDER BY sequence DESC LIMIT 1")[0]
    assert isinstance(previous, bytes)
    commitment = hashlib.sha256(b"salt" + payload).digest()
    row = (sequence, NOON.isoformat(), kind, None, payload, b"salt", commitment)
    values = (*row, link(previous, sequence, kind, commitment))
    sql(path, "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", *values)


def decided(role: LaneRole, waybill: str | None = "w1", passage_id: str = "p1") -> PassageDecided:
    return PassageDecided(passage_id, 7, 1, 1, NOON, NOON, waybill, role, 1, (), Evidence(), "policy")


def closed(
    lane: int | None, role: LaneRole | None, waybill: str | None = "w1", passage_id: str = "p1"
) -> PassageClosed:
    return PassageClosed(passage_id, 7, 1, NOON, NOON, lane, role, True, waybill, ())


def test_the_chain_can_be_followed_with_a_hash_function_and_sql(path: Path, journal: Journal) -> None:
    append(journal, FACT, RECORD)
    append(journal, FACT)
    rows = sql(path, "SELECT sequence, kind, payload, salt, commitment, hash FROM entries ORDER BY sequence")
    previous = bytes(32)
    for expected, row in enumerate(rows, 1):
        sequence, kind, payload, salt, commitment, found = row
        assert isinstance(kind, str)
        assert isinstance(payload, bytes)
        assert isinstance(salt, bytes)
        assert isinstance(commitment, bytes)
        assert sequence == expected
        assert commitment == hashlib.sha256(salt + payload).digest()
        previous = link(previous, expected, kind, commitment)
        assert found == previous
    assert [row[1] for row in rows] == ["LaneRuled", "redpeak.alarm.raised.v1", "LaneRuled"]


def test_each_entry_is_salted_with_16_bytes_of_its_own(path: Path, journal: Journal) -> None:
    append(journal, FACT, FACT)
    first, second = (salt for (salt,) in sql(path, "SELECT salt FROM entries"))
    assert isinstance(first, bytes)
    assert len(first) == 16
    assert first != second


def test_identity_and_format_are_written_once_under_their_names(path: Path, journal: Journal) -> None:
    journal.close()
    again = Journal(path, lambda: "another")
    assert again.identity == "id"
    assert sql(path, "SELECT key, value FROM state ORDER BY key") == [("format", "1"), ("identity", "id")]
    again.close()


def test_readers_do_not_hold_up_the_writer(path: Path, journal: Journal) -> None:
    assert sql(path, "PRAGMA journal_mode") == [("wal",)]
    append(journal, FACT)


def test_a_journal_that_was_closed_is_one_file(path: Path, journal: Journal) -> None:
    append(journal, FACT)
    journal.close()
    assert [each.name for each in path.parent.iterdir()] == ["journal.db"]


def test_another_start_goes_on_with_the_same_chain(path: Path, journal: Journal) -> None:
    append(journal, FACT, RECORD)
    journal.close()
    again = Journal(path, lambda: "another")
    append(again, FACT)
    assert [row.sequence for row in again.newest(9)] == [1, 2, 3]
    assert again.first_broken() is None
    again.close()


def test_the_folder_is_made_with_all_above_it(tmp_path: Path) -> None:
    Journal(tmp_path / "a" / "b" / "journal.db", lambda: "id").close()
    assert (tmp_path / "a" / "b" / "journal.db").is_file()


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("no folder")
    with pytest.raises(JournalError, match=r"folder/journal\.db: cannot be opened: .*File exists"):
        Journal(tmp_path / "folder" / "journal.db", lambda: "id")


def test_another_format_is_named_with_ours(path: Path, journal: Journal) -> None:
    journal.close()
    sql(path, "UPDATE state SET value = '99' WHERE key = 'format'")
    with pytest.raises(JournalError) as refused:
        Journal(path, lambda: "id")
    assert str(refused.value) == f"{path}: journal format 99, this version reads format 1"


def test_entries_are_given_back_as_they_were_written(journal: Journal) -> None:
    append(journal, FACT, passage_id="p1")
    append(journal, RECORD, passage_id="p2")
    append(journal, ControllerStalled(), passage_id="p1")
    first = Row(1, NOON, "p1", "LaneRuled", msgspec.json.encode(FACT))
    third = Row(3, NOON, "p1", "ControllerStalled", msgspec.json.encode(ControllerStalled()))
    assert journal.passage("p1") == [first, third]
    assert [row.sequence for row in journal.newest(2)] == [2, 3]
    assert [row.sequence for row in journal.newest(3)] == [1, 2, 3]


@pytest.mark.parametrize("table", ["entries", "releases"])
def test_a_passage_is_found_without_reading_the_whole_table(path: Path, journal: Journal, table: str) -> None:
    journal.close()
    (plan,) = sql(path, f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE passage_id = 'p1'")
    assert str(plan[3]).startswith("SEARCH")


def test_an_outbox_row_says_where_it_stands_in_the_chain(path: Path, journal: Journal) -> None:
    append(journal, FACT, RECORD)
    (row,) = journal.waiting(0, 9)
    ((found,),) = sql(path, "SELECT hash FROM entries WHERE sequence = 2")
    assert isinstance(found, bytes)
    assert (row.sequence, row.at, row.message, row.hash) == (2, NOON, RECORD, found.hex())


def test_the_outbox_may_be_read_from_one_entry_up_to_another(journal: Journal) -> None:
    assert journal.last_sequence == 0
    append(journal, FACT, *[RECORD] * 5)
    assert journal.last_sequence == 6
    assert [row.sequence for row in journal.waiting(0, 9)] == [2, 3, 4, 5, 6]
    assert [row.sequence for row in journal.waiting(2, 9, 5)] == [3, 4, 5]
    assert [row.sequence for row in journal.waiting(2, 2, 5)] == [3, 4]


def test_an_outbox_row_whose_content_was_erased_has_no_message(path: Path, journal: Journal) -> None:
    append(journal, RECORD, RECORD)
    sql(path, "UPDATE entries SET payload = NULL, salt = NULL WHERE sequence = 1")
    assert [row.message for row in journal.waiting(0, 9)] == [None, RECORD]


def test_an_outbox_row_that_cannot_be_read_has_no_message(path: Path, journal: Journal) -> None:
    append(journal, RECORD)
    sql(path, "UPDATE entries SET payload = 'no JSON' WHERE sequence = 1")
    assert [row.message for row in journal.waiting(0, 9)] == [None]


def test_nothing_is_written_or_receipted_through_a_file_that_is_gone(path: Path, journal: Journal) -> None:
    append(journal, RECORD)
    journal.close()
    reason = "Cannot operate on a closed database."
    for attempt in (
        lambda: append(journal, FACT),
        lambda: journal.receipted([1]),
    ):
        with pytest.raises(JournalError) as failed:
            attempt()
        assert str(failed.value) == f"{path}: {reason}"
    with pytest.raises(JournalError) as failed:
        list(journal.replay())
    assert str(failed.value) == f"{path}: cannot be replayed: {reason}"
    assert journal.outbox_size() == 1


def replayed(journal: Journal, after: int = 0) -> list[Observation]:
    return [observation for _, observation in journal.replay(after)]


def test_a_replay_gives_observations_alone_with_their_times(path: Path, journal: Journal) -> None:
    journal.append([Entry(NOON + timedelta(seconds=1), FACT), Entry(NOON, RECORD)])
    append(journal, ControllerStalled(), FACT)
    sql(path, "UPDATE entries SET payload = NULL, salt = NULL WHERE sequence = 4")
    assert list(journal.replay()) == [(NOON + timedelta(seconds=1), FACT), (NOON, ControllerStalled())]


def test_a_replay_begins_behind_the_checkpoint(journal: Journal) -> None:
    assert journal.checkpoint() is None
    append(journal, FACT, FACT)
    assert journal.checkpoint() is None
    journal.append([Entry(NOON, FACT), Entry(NOON, RECORD)], b"state one")
    assert journal.checkpoint() == (4, b"state one")
    append(journal, ControllerStalled())
    assert replayed(journal, 4) == [ControllerStalled()]
    journal.append([Entry(NOON, FACT)], b"state two")
    assert journal.checkpoint() == (6, b"state two")
    assert replayed(journal, 6) == []


def test_a_replay_from_an_entry_that_is_gone_is_refused(path: Path, journal: Journal) -> None:
    """Nobody could tell whether what follows belongs to it."""
    append(journal, FACT, FACT, FACT)
    sql(path, "DELETE FROM entries WHERE sequence = 2")
    with pytest.raises(JournalError, match="entry 3 does not fit the chain"):
        replayed(journal, 2)


def test_a_replay_of_something_unknown_is_refused(path: Path, journal: Journal) -> None:
    append(journal, FACT)
    forge(path, 2, "Unheard", b'{"type":"Unheard"}')
    assert journal.first_broken() is None
    with pytest.raises(JournalError, match=r"journal\.db: cannot be replayed: .*Unheard"):
        replayed(journal)


def test_the_first_entry_is_checked_like_any_other(path: Path, journal: Journal) -> None:
    append(journal, FACT, FACT)
    sql(path, "UPDATE entries SET kind = 'Weighed' WHERE sequence = 1")
    assert journal.first_broken() == 1


def test_a_number_left_out_is_a_break_even_if_the_hashes_fit(path: Path, journal: Journal) -> None:
    append(journal, FACT)
    forge(path, 3, "LaneRuled", msgspec.json.encode(FACT))
    assert journal.first_broken() == 2


@pytest.mark.parametrize("role", list(LaneRole))
def test_a_waybill_is_held_by_the_passage_that_was_to_release_it(journal: Journal, role: LaneRole) -> None:
    append(journal, decided(role))
    assert journal.released_by("w1") == ("p1" if role is LaneRole.RELEASE else None)


@pytest.mark.parametrize(
    ("lane", "role", "holds"),
    [
        (1, LaneRole.RELEASE, True),
        (3, LaneRole.WAIT, False),
        (5, LaneRole.INSPECT, False),
        (None, None, True),  # never seen again: it may have been released
        (9, None, False),  # a lane this site no longer has
    ],
)
def test_it_is_held_until_the_item_is_seen_in_another_lane(
    journal: Journal, lane: int | None, role: LaneRole | None, holds: bool
) -> None:
    append(journal, decided(LaneRole.RELEASE), decided(LaneRole.RELEASE, "w2", "p2"))
    append(journal, closed(lane, role))
    assert journal.released_by("w1") == ("p1" if holds else None)
    assert journal.released_by("w2") == "p2"


def test_a_release_lane_counts_whatever_the_verdict_was(journal: Journal) -> None:
    append(journal, decided(LaneRole.INSPECT), closed(1, LaneRole.RELEASE))
    assert journal.released_by("w1") == "p1"


def test_a_waybill_stays_held_if_the_closing_does_not_name_it(journal: Journal) -> None:
    append(journal, decided(LaneRole.RELEASE), closed(1, LaneRole.RELEASE, None))
    assert journal.released_by("w1") == "p1"


def test_a_release_without_a_waybill_holds_nothing(path: Path, journal: Journal) -> None:
    append(journal, decided(LaneRole.RELEASE, None), closed(1, LaneRole.RELEASE, None))
    assert sql(path, "SELECT * FROM releases") == []


def test_of_two_releases_of_one_waybill_the_last_holds(journal: Journal) -> None:
    append(journal, decided(LaneRole.RELEASE), decided(LaneRole.RELEASE, passage_id="p2"))
    assert journal.released_by("w1") == "p2"
