"""Papers into the database: named errors, idempotence, order, clearance changes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from central import clearance_log, schema
from central.database import writing
from central.importer import Imported, Importer
from central.paper_files import Read, read
from central.papers import PapersError
from central.users import Users
from edge.messages import ClearanceState
from tests.unit.central.journeys import KEYRING, SITE, START, Clock

WAYBILL: dict[str, Any] = {
    "number": "SF1234567890123",
    "mode": "9610",
    "courier": "SF",
    "aliases": ["RB123456785GB"],
    "declared_weight_g": 500,
    "consignee": {"name": "王小明", "phone": "13812345612", "address": "长青街12号楼502", "id_number": ""},
    "goods": [{"name": "玩具车", "quantity": 2, "value": 168}],
}
DECLARATION: dict[str, Any] = {
    "number": "D-0001",
    "waybill_number": "SF 1234567890123",
    "mode": "9610",
    "customs_status": 800,
    "status_at": "2026-11-23T01:00:00Z",
    "control_instruction": "",
    "review": False,
}
WAYBILL_CSV = (
    "number,mode,courier,destination,master_bill,aliases,declared_weight_g,consignee_name,consignee_phone,"
    "consignee_address,consignee_id_number,goods\n"
    "SF1234567890123,9610,SF,,,RB123456785GB,500,王小明,13812345612,长青街12号楼502,,"
    '"[{""name"": ""玩具车"", ""quantity"": 2, ""value"": 168}]"\n'
)
DECLARATION_CSV = (
    "number,waybill_number,mode,customs_status,status_at,control_instruction,review\n"
    "D-0001,SF 1234567890123,9610,800,2026-11-23T01:00:00Z,,false\n"
)


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def papers(tmp_path: Path, waybills: list[Any], declarations: list[Any]) -> list[Read]:
    content = {"waybills": waybills, "declarations": declarations}
    return list(read(written(tmp_path / "papers.json", content)))


@pytest.fixture
def importer(engine: Engine, clock: Clock) -> Importer:
    return Importer(engine, SITE, KEYRING, clock=clock, pause=lambda _s: None)


def entries(engine: Engine) -> list[tuple[int, str, ClearanceState]]:
    with engine.connect() as connection:
        return [
            (delta.number, entry.waybill_key, entry.state)
            for delta in clearance_log.deltas(connection, SITE, 0)
            for entry in delta.entries
        ]


KEY = KEYRING.waybill_key("SF1234567890123")


def test_a_waybill_waits_until_its_declaration_is_released(
    tmp_path: Path, engine: Engine, importer: Importer
) -> None:
    importer.run(papers(tmp_path, [WAYBILL], []))
    importer.run(papers(tmp_path, [], [DECLARATION]))
    assert entries(engine) == [(1, KEY, ClearanceState.WAIT), (2, KEY, ClearanceState.RELEASE)]
    with engine.connect() as connection:
        [delta] = clearance_log.deltas(connection, SITE, 1)
    [entry] = delta.entries
    assert entry.version == 2
    assert entry.aliases == (KEYRING.waybill_key("RB123456785GB"),)
    assert (entry.declared_weight_g, entry.courier) == (500.0, "SF")


def test_a_declaration_may_come_before_its_waybill(
    tmp_path: Path, engine: Engine, importer: Importer
) -> None:
    importer.run(papers(tmp_path, [], [DECLARATION]))
    assert entries(engine) == []
    importer.run(papers(tmp_path, [WAYBILL], []))
    assert entries(engine) == [(1, KEY, ClearanceState.RELEASE)]


def test_twice_changes_nothing(tmp_path: Path, engine: Engine, importer: Importer, clock: Clock) -> None:
    records = papers(tmp_path, [WAYBILL], [DECLARATION])
    importer.run(records)
    before = entries(engine)
    clock.pass_time(hours=1)
    again = importer.run(records)
    assert (again.waybills, again.declarations, again.unchanged, again.clearance_changes) == (0, 0, 2, 0)
    assert entries(engine) == before


def test_csv_says_the_same_as_json(tmp_path: Path, importer: Importer) -> None:
    importer.run(papers(tmp_path, [WAYBILL], [DECLARATION]))
    rows = [
        *read(written(tmp_path / "waybills.csv", WAYBILL_CSV)),
        *read(written(tmp_path / "declarations.csv", "\ufeff" + DECLARATION_CSV)),
    ]
    result = importer.run(rows)
    result.longest_chunk_s = 0
    assert result == Imported(unchanged=2)


def test_an_older_status_never_replaces_a_newer(tmp_path: Path, engine: Engine, importer: Importer) -> None:
    received = {**DECLARATION, "customs_status": 120, "status_at": "2026-11-23T00:59:59.950Z"}
    importer.run(papers(tmp_path, [WAYBILL], [DECLARATION]))
    result = importer.run(papers(tmp_path, [], [received]))
    assert (result.declarations, result.unchanged) == (0, 1)
    importer.run(
        papers(tmp_path, [], [{**DECLARATION, "number": "D-0002"}, {**received, "number": "D-0002"}])
    )
    assert entries(engine)[-1][2] is ClearanceState.RELEASE


def test_bad_records_are_named_and_the_rest_goes_in(
    tmp_path: Path, engine: Engine, importer: Importer
) -> None:
    bad = [
        {**WAYBILL, "mode": "wang"},
        {**WAYBILL, "number": 5},
        {**WAYBILL, "colour": "red"},
        {**WAYBILL, "declared_weight_g": -1},
        {**WAYBILL, "SF1234567890123": 1},
        {**WAYBILL, "courier": None},
        {**WAYBILL, "goods": [{"quantity": 1}]},
    ]
    undated = {**DECLARATION, "status_at": "2026-11-23T01:00:00"}
    result = importer.run(papers(tmp_path, [*bad, WAYBILL], [undated]))
    assert result.waybills == 1
    assert [(error.file, error.record, error.field) for error in result.refused] == [
        ("papers.json", "waybills record 1", "mode"),
        ("papers.json", "waybills record 2", "number"),
        ("papers.json", "waybills record 3", "colour"),
        ("papers.json", "waybills record 4", "declared_weight_g"),
        ("papers.json", "waybills record 5", "…"),
        ("papers.json", "waybills record 6", "courier"),
        ("papers.json", "waybills record 7", "goods[0].name"),
        ("papers.json", "declarations record 1", "status_at"),
    ]
    text = "\n".join(map(str, result.refused))
    assert "wang" not in text
    assert "SF1234567890123" not in text


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.json", "{", "x.json"),
        ("x.json", '{"parcels": []}', "parcels"),
        ("x.csv", "mode,courier\n", "column number"),
        ("missing.json", None, "cannot be read"),
        ("x.json", "", "x.json: is empty"),
        ("x.json", " \n", "x.json: is empty"),
        ("x.csv", "", "x.csv: is empty"),
        ("x.json", "{}", "at least one record, found none"),
        ("x.json", '{"waybills": []}', "at least one record, found none"),
        ("x.csv", DECLARATION_CSV.splitlines()[0] + "\n", "at least one record, found none"),
        ("x.xlsx", "PK", "ends in .json or .csv"),
        ("papers", "{}", "ends in .json or .csv"),
    ],
)
def test_an_unreadable_file_says_so(tmp_path: Path, name: str, content: str | None, expected: str) -> None:
    if content is not None:
        written(tmp_path / name, content)
    with pytest.raises(PapersError, match=expected):
        list(read(tmp_path / name))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("D-01,SF123,9610,eight,2026-11-23T01:00:00Z,,false\n", "customs_status"),
        ("D-01,SF123,9610\n", "as many fields"),
        ("D-01,SF123,9610,800,2026-11-23T01:00:00Z,,false,more\n", "as many fields"),
        ("D-01,SF123,9610,800,yesterday,,false\n", "status_at"),
        ('D-01,SF123,9610,800,"2026', "not CSV from here on"),
    ],
)
def test_a_bad_csv_row_is_named(tmp_path: Path, row: str, expected: str) -> None:
    header = DECLARATION_CSV.splitlines()[0] + "\n"
    [found] = read(written(tmp_path / "declarations.csv", header + row))
    assert isinstance(found, PapersError)
    assert "declarations.csv: record 1" in str(found)
    assert expected in str(found)


def test_goods_that_are_no_list_are_named(tmp_path: Path) -> None:
    [found] = read(written(tmp_path / "waybills.csv", "number,mode,goods\nSF123,9610,toys\n"))
    assert isinstance(found, PapersError)
    assert (found.record, found.field) == ("record 1", "goods")


def test_a_table_renamed_to_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04\x00\xff")
    with pytest.raises(PapersError, match="UTF-8"):
        list(read(tmp_path / "x.csv"))


def test_personal_data_is_sealed(tmp_path: Path, engine: Engine, importer: Importer) -> None:
    importer.run(papers(tmp_path, [WAYBILL], [DECLARATION]))
    engine.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("central.db*"))
    for text in ("王小明", "13812345612", "SF1234567890123", "SF 1234567890123", "D-0001", "长青街"):
        assert text.encode() not in content


def test_chunks_are_short_and_many_waybills_share_a_number(
    tmp_path: Path, engine: Engine, clock: Clock
) -> None:
    pauses: list[float] = []
    importer = Importer(engine, SITE, KEYRING, clock=clock, pause=pauses.append)
    many: list[dict[str, Any]] = [
        {**WAYBILL, "number": f"SF{number:013}", "aliases": []} for number in range(1000)
    ]
    result = importer.run(papers(tmp_path, many, []))
    assert result.waybills == result.clearance_changes == 1000
    with engine.connect() as connection:
        found = connection.execute(select(schema.clearance.c.number)).scalars().all()
        assert clearance_log.number(connection, SITE) == max(found) == len(pauses)
    assert set(found) == set(range(1, max(found) + 1))
    assert len(pauses) >= 3


def test_parcels_of_an_express_company_are_its_own(
    tmp_path: Path, engine: Engine, importer: Importer, clock: Clock
) -> None:
    importer.run(papers(tmp_path, [WAYBILL], []))
    Users(engine, SITE, clock=clock).add_express_company("sf", "SF")
    importer.run(
        papers(
            tmp_path,
            [{**WAYBILL, "number": "SF0000000000001"}, {**WAYBILL, "number": "JD01", "courier": "JD"}],
            [],
        )
    )
    with engine.connect() as connection:
        owners = (
            connection.execute(select(schema.waybills.c.organisation).order_by(schema.waybills.c.last4))
            .scalars()
            .all()
        )
    assert owners == ["sf", "sf", None]


def test_what_did_not_change_gets_no_number(tmp_path: Path, engine: Engine, importer: Importer) -> None:
    importer.run(papers(tmp_path, [WAYBILL], [DECLARATION]))
    with writing(engine) as connection:
        before = clearance_log.number(connection, SITE)
        assert clearance_log.refresh(connection, SITE, [KEY, "unknown"], START) == 0
        assert clearance_log.number(connection, SITE) == before


def test_a_snapshot_equals_its_deltas(tmp_path: Path, engine: Engine, importer: Importer) -> None:
    importer.run(papers(tmp_path, [WAYBILL, {**WAYBILL, "number": "JD0001", "aliases": []}], [DECLARATION]))
    snapshots = clearance_log.Snapshots(engine, SITE)
    first = snapshots.current(START)
    content = json.loads(first.body)
    assert content["number"] == 2
    assert {entry["waybill_key"]: entry["state"] for entry in content["entries"]} == {
        KEY: "release",
        KEYRING.waybill_key("JD0001"): "wait",
    }
    assert snapshots.current(START + timedelta(hours=1)) is first  # the same number: the same bytes
