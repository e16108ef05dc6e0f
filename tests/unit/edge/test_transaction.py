"""One transaction: all of it or nothing, and afterwards the connection is free again, whatever happened."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.transaction import transaction


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(tmp_path / "some.db", isolation_level=None, timeout=0)
    opened.execute("PRAGMA foreign_keys=ON")
    opened.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
    opened.execute("CREATE TABLE part (thing REFERENCES thing DEFERRABLE INITIALLY DEFERRED)")
    yield opened
    opened.close()


def things(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT id FROM thing ORDER BY id")]


def test_what_was_done_is_there_for_others(connection: sqlite3.Connection, tmp_path: Path) -> None:
    with transaction(connection) as write:
        write.execute("INSERT INTO thing VALUES (1)")
        write.execute("INSERT INTO thing VALUES (2)")
    assert not connection.in_transaction
    other = sqlite3.connect(tmp_path / "some.db")
    assert things(other) == [1, 2]
    other.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_on_the_way_undoes_all_of_it(
    connection: sqlite3.Connection, error: type[BaseException]
) -> None:
    with pytest.raises(error, match="on the way"), transaction(connection) as write:
        write.execute("INSERT INTO thing VALUES (1)")
        raise error("on the way")
    assert not connection.in_transaction
    assert things(connection) == []
    with transaction(connection) as write:
        write.execute("INSERT INTO thing VALUES (3)")
    assert things(connection) == [3]


def test_a_commit_that_fails_undoes_all_of_it(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(connection) as write:
        write.execute("INSERT INTO thing VALUES (1)")
        write.execute("INSERT INTO part VALUES (99)")
    assert not connection.in_transaction
    assert things(connection) == []


def test_an_error_after_which_sqlite_itself_has_rolled_back_stays_the_error(
    connection: sqlite3.Connection,
) -> None:
    """As on a full disk: a second ROLLBACK would fail and hide what happened."""
    with pytest.raises(ValueError, match="the disk"), transaction(connection) as write:
        write.execute("ROLLBACK")
        raise ValueError("the disk")


def test_the_write_lock_is_taken_at_once(connection: sqlite3.Connection, tmp_path: Path) -> None:
    """Not at the first write, when another writer's commit would make what was read stale."""
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None, timeout=0)
    with transaction(connection), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
