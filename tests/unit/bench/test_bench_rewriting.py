"""Plain SQL writes what the centre wrote: else the ratio between them would compare different work."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from central import database
from central.incoming import Incoming
from central.ingest import Writer
from central.store import Store
from config import keyring
from config.load import parse_site
from tests.bench.centre import grown, stream
from tests.bench.centre.plain_sql import Rewriting
from tests.bench.rig import site as bench_site

_SIZE = grown.Size(lines=2, passages=2_000, papers=200)
_RECORDS = 60  # of each line
_TABLES = ("events", "passages", "clearance", "waybills", "sites")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = parse_site(bench_site.text(lines=2, speed_mm_s=2000, poll_ms=10).encode(), "bench")
    return grown.grown(tmp_path_factory.mktemp("cache"), site, _SIZE, lambda _: None)


def _first() -> tuple[int, int]:
    item = _SIZE.passages // _SIZE.lines
    return item, 2 * item + 1


def _run_the_centre(path: Path) -> None:
    """Commit the lines' next records as the centre's writer does, in three batches."""
    engine = database.connect(f"sqlite:///{path.name}", path.parent)
    now = datetime(2026, 2, 1, tzinfo=UTC)
    writer = Writer(
        engine,
        stream.SITE,
        Store(stream.SITE, keyring.for_tests("bench")),
        clock=lambda: now,
        on_stored=lambda _: None,
    )
    item, sequence = _first()
    incoming = [
        Incoming(line, "events", stream.envelope(passage, kind, _SIZE.lines, sequence + n), now)
        for n in range(_RECORDS)
        for line in ("L1", "L2")
        for each, kind in [stream.nth(n)]
        for passage in [stream.number(stream.Place(line, item + each), _SIZE.lines)]
    ]
    for start in range(0, len(incoming), 40):
        stored = writer.commit(incoming[start : start + 40])
        assert (stored.quarantined, stored.duplicates) == (0, 0)
    engine.dispose()


def _rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT * FROM {table}").fetchall()
    connection.close()
    return sorted(found, key=repr)


def test_a_grown_database_holds_what_it_says(prepared: Path) -> None:
    counts = {table: len(_rows(prepared, table)) for table in (*_TABLES, "declarations")}
    assert counts == {
        "passages": 2_000,
        "events": 4_000,
        "waybills": 200,
        "declarations": 200,
        "clearance": 200,
        "sites": 1,
    }


def test_plain_sql_writes_the_same_rows(prepared: Path, tmp_path: Path) -> None:
    ran, fresh = tmp_path / "ran.db", tmp_path / "fresh.db"
    grown.copy(prepared, ran)
    grown.copy(prepared, fresh)
    _run_the_centre(ran)
    item, sequence = _first()
    written = Rewriting(ran, fresh, lines=2, first_item=item, first_sequence=sequence).run(40, 10_000)
    assert (written.records, written.commits) == (2 * _RECORDS, 3)
    for table in _TABLES:
        assert _rows(fresh, table) == _rows(ran, table), table
    assert len(_rows(ran, "clearance")) > 200  # releases did change the clearance list


def test_records_interleave_and_every_verdict_finds_its_end() -> None:
    sent = [stream.nth(n) for n in range(400)]
    verdicts = [item for item, kind in sent if kind is stream.Kind.DECIDED]
    ends = [item for item, kind in sent if kind is stream.Kind.CLOSED]
    assert verdicts == list(range(len(verdicts)))
    assert ends == list(range(len(ends)))
    assert len(verdicts) - len(ends) == stream.OVERLAP
