"""The journal: durable, chained, all or nothing, and enough to go on from after a kill."""

import itertools
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.core import Core
from edge.journal import Entry, Journal, JournalError
from edge.messages import PassageDecided
from edge.observations import Report
from tests.unit.edge.lines import KEYS, Bench, demo_line

WAYBILL = "RB123456785CN"


def open_journal(folder: Path) -> Journal:
    salts = itertools.count()
    return Journal(folder / "journal.db", lambda: "id", lambda: next(salts).to_bytes(16, "big"))


def record(journal: Journal, bench: Bench) -> None:
    """Write what the bench fed and what came of it, observation by observation, as the agent does."""
    core = Core(bench.line, "policy")
    for at, observation in bench.inputs:
        actions = core.step(observation, at)
        entries = [Entry(at, observation, core.subject)]
        entries += [
            Entry(at, action.message, getattr(action.message, "passage_id", None))
            for action in actions
            if isinstance(action, Report)
        ]
        journal.append(entries)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.know(WAYBILL)
    made.pass_item(1, 1000, WAYBILL)
    made.arrive(1, 1000, 1)
    made.pass_item(2, 3000)
    made.induct(3, 4200)
    return made


def test_live_connection_syncs_fully(tmp_path: Path) -> None:
    assert open_journal(tmp_path).synchronous() == 2


def test_what_was_written_is_there_after_a_kill(tmp_path: Path, bench: Bench) -> None:
    """The files as they are on disk at that moment, without any closing: what a killed process leaves."""
    journal = open_journal(tmp_path / "a")
    record(journal, bench)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    left = open_journal(tmp_path / "b")
    assert left.newest(1000) == journal.newest(1000)
    assert [row.sequence for row in left.waiting(0, 100)] == [row.sequence for row in journal.waiting(0, 100)]


def test_replay_builds_the_open_passages_again(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    again = Core(demo_line(), "policy")
    for at, observation in journal.replay():
        again.step(observation, at)
    assert list(again.items) == [2, 3]
    assert again.items[2].verdict == bench.core.items[2].verdict
    assert again.items[2].moments == bench.core.items[2].moments


def test_replay_of_one_passage_gives_the_same_verdict(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    first = next(row.message for row in journal.waiting(0, 100) if isinstance(row.message, PassageDecided))
    again = Core(demo_line(), "policy")
    told = [action for at, observation in bench.inputs for action in again.step(observation, at)]
    verdicts = [a.message for a in told if isinstance(a, Report) and isinstance(a.message, PassageDecided)]
    assert verdicts[0] == first


def test_release_is_remembered_with_its_passage(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    assert journal.released_by(KEYS.waybill_key(WAYBILL)) == "L1-00000007-00000001"
    assert journal.released_by(KEYS.waybill_key("another")) is None


def test_receipts_close_exactly_their_rows(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    waiting = [row.sequence for row in journal.waiting(0, 100)]
    journal.receipted([waiting[0], 999_999])
    assert [row.sequence for row in journal.waiting(0, 100)] == waiting[1:]
    assert journal.outbox_size() == len(waiting) - 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET payload = CAST(replace(CAST(payload AS TEXT), '500.0', '400.0') AS BLOB)",
        "UPDATE entries SET kind = 'Weighed' WHERE sequence = 3",
        "DELETE FROM entries WHERE sequence = 4",
        "UPDATE entries SET salt = NULL, payload = NULL, commitment = zeroblob(32) WHERE sequence = 4",
    ],
)
def test_every_change_breaks_the_chain(tmp_path: Path, bench: Bench, damage: str) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    assert journal.first_broken() is None
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        assert connection.execute(damage).rowcount > 0
    assert journal.first_broken() is not None


def test_erased_content_leaves_the_chain_whole(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE entries SET payload = NULL, salt = NULL WHERE sequence = 4")
    assert journal.first_broken() is None


def test_a_full_disk_writes_nothing_of_the_batch_and_the_next_try_all_of_it(
    tmp_path: Path, bench: Bench
) -> None:
    journal = open_journal(tmp_path)
    pages = sqlite3.connect(tmp_path / "journal.db").execute("PRAGMA page_count").fetchone()[0]
    limit = journal._connection  # pyright: ignore[reportPrivateUsage]  SQLite's own way to say "disk full"
    limit.execute(f"PRAGMA max_page_count = {pages}")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    batch = [Entry(at, observation, None) for _, observation in bench.inputs] * 20
    with pytest.raises(JournalError, match="full"):
        journal.append(batch)
    assert journal.newest(10) == []
    limit.execute("PRAGMA max_page_count = 1073741823")
    journal.append(batch)
    assert len(journal.newest(10_000)) == len(batch)
    assert journal.first_broken() is None


def test_journal_of_another_format_is_refused(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE state SET value = '99' WHERE key = 'format'")
    with pytest.raises(JournalError, match="format 99"):
        open_journal(tmp_path)


def test_a_replay_refuses_what_does_not_fit_the_chain(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE entries SET kind = 'Weighed' WHERE sequence = 3")
    with pytest.raises(JournalError, match=r"journal\.db: cannot be replayed: entry 3 does not fit"):
        list(journal.replay())


@pytest.mark.parametrize("obstacle", ["not a database", "a folder"])
def test_a_journal_that_cannot_be_opened_says_which_file(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "journal.db"
    if obstacle == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"no SQLite file at all" * 100)
    with pytest.raises(JournalError, match=r"journal\.db: cannot be opened: "):
        open_journal(tmp_path)


def test_the_outbox_is_counted_without_looking(tmp_path: Path, bench: Bench) -> None:
    journal = open_journal(tmp_path)
    record(journal, bench)
    waiting = [row.sequence for row in journal.waiting(0, 100)]
    journal.receipted([*waiting[:2], waiting[0]])
    assert journal.outbox_size() == open_journal(tmp_path).outbox_size() == len(waiting) - 2
