"""The files the plant writes are files the centre reads, in both forms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from central import paper_files
from central.papers import Declaration, PapersError, Waybill
from config.settings import Line
from simulators.papers import collected
from simulators.plant import stream, write_papers

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_the_centre_reads_the_json_file_without_an_error(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "papers.json"
    count = write_papers(line, path, count=300, seed=4, now=NOW)
    read = list(paper_files.read(path))
    assert not [record for record in read if isinstance(record, PapersError)]
    expected = collected(parcel.papers for parcel in stream(line, 300, 4))
    waybills = [record for record in read if isinstance(record, Waybill)]
    assert [w.number for w in waybills] == [w.number for w in expected.waybills]
    assert count == len(waybills)
    declarations = [record for record in read if isinstance(record, Declaration)]
    for record, made in zip(declarations, expected.declarations, strict=True):
        assert record.status_at == NOW - timedelta(seconds=made.age_s)


def test_both_forms_say_the_same(line: Line, tmp_path: Path) -> None:
    write_papers(line, tmp_path / "papers.json", count=60, seed=4, now=NOW)
    write_papers(line, tmp_path, count=60, seed=4, now=NOW)
    tables = [*paper_files.read(tmp_path / "waybills.csv"), *paper_files.read(tmp_path / "declarations.csv")]
    assert tables == list(paper_files.read(tmp_path / "papers.json"))
