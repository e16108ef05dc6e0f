"""What the store writes, row by row, in one batch or several, with few messages or many."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Engine

from central import database, schema
from central.database import writing
from central.incoming import Incoming
from config.settings import LaneRole
from edge.messages import (
    AlarmRaised,
    ChainLink,
    DeviceChanged,
    GapCause,
    GapRecorded,
    MediaKind,
    MediaRecorded,
)
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, closed, decided, incoming
from tests.unit.central.stored_rows import LATER, only, rows, write

WAYBILL = "SF1234567890123"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database as bytes, without the detour of migrating it."""
    folder = tmp_path_factory.mktemp("tables")
    made = database.connect("sqlite:///central.db", folder)
    schema.metadata.create_all(made)
    with writing(made) as connection:
        connection.execute(schema.sites.insert().values(id=SITE, name="demo"))
    made.dispose()
    return (folder / "central.db").read_bytes()


@pytest.fixture
def engine(tmp_path: Path, tables: bytes) -> Iterator[Engine]:
    (tmp_path / "central.db").write_bytes(tables)
    made = database.connect("sqlite:///central.db", tmp_path)
    yield made
    made.dispose()


def strange(id: str, line: str = LINE) -> Incoming:
    payload = b'{"id":"%s"}' % id.encode()
    return Incoming(line=line, channel="events", payload=payload, received_at=START)


def test_a_batch_says_what_it_came_to(engine: Engine) -> None:
    write(engine, incoming(decided("p1"), "a"))
    batch = [
        incoming(decided("p1"), "a"),
        incoming(decided("p2"), "b", line="L2"),
        incoming(decided("p3"), "c"),
        incoming(decided("p3"), "c"),
        incoming(decided("p4"), "a", line="L2"),
        strange("d"),
        Incoming(line=LINE, channel="events", payload=b"no id", received_at=START),
    ]
    stored = write(engine, *batch)
    assert stored.receipts == {"L1": ("a", "c", "d"), "L2": ("b", "a")}
    assert [(each.line, each.envelope_id) for each in stored.accepted] == [
        ("L2", "b"),
        ("L1", "c"),
        ("L2", "a"),
    ]
    assert (stored.duplicates, stored.quarantined, stored.contradictions) == (2, 2, 0)
    assert stored.states == ()


@pytest.mark.parametrize("many", [0, 1, 5, 6, 7, 8, 40])
@pytest.mark.parametrize("known", [False, True])
def test_however_many_come_each_is_stored_once(engine: Engine, many: int, *, known: bool) -> None:
    """Few and many go different ways, and so do those of which some are known."""
    batch = [incoming(AlarmRaised("jam", str(number), START), f"e{number}") for number in range(many)]
    if known:
        write(engine, *batch[::2])
    write(engine, incoming(AlarmRaised("jam", "another line's", START), "e0", line="L2"))
    stored = write(engine, *batch, *batch)
    new = batch[1::2] if known else batch
    assert [each.raw for each in stored.accepted] == [each.payload for each in new]
    assert stored.duplicates == 2 * many - len(new)
    assert stored.receipts == ({LINE: tuple(f"e{number}" for number in range(many))} if many else {})
    assert len(rows(engine, schema.events)) == len(rows(engine, schema.alarms)) == many + 1
    assert write(engine, *batch).accepted == ()


def test_an_id_of_another_site_is_another_id(engine: Engine) -> None:
    """One database may serve several sites, each with lines of the same name."""
    batch = [incoming(AlarmRaised("jam", str(number), START), f"e{number}") for number in range(9)]
    with writing(engine) as connection:
        values = {"site": "other", "line": LINE, "type": "t", "sequence": 1, "received_at": START}
        connection.execute(schema.events.insert(), [{**values, "envelope_id": f"e{n}"} for n in range(9)])
    write(engine, *batch[:2])
    assert len(write(engine, *batch).accepted) == 7


def test_an_events_row_names_its_envelope(engine: Engine) -> None:
    write(engine, structs.replace(incoming(decided("p1"), "a", sequence=12), received_at=LATER))
    assert only(engine, schema.events) == {
        "site": SITE,
        "line": LINE,
        "envelope_id": "a",
        "type": "redpeak.passage.decided.v1",
        "sequence": 12,
        "received_at": LATER,
    }


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_verdict_holds(engine: Engine, order: tuple[int, int], *, together: bool) -> None:
    batch = [incoming(decided("p1", revision=number, lane=number), f"e{number}") for number in order]
    batch.append(incoming(decided("p1", revision=1, lane=1), "another line's", line="L2"))
    for part in [batch] if together else [[each] for each in batch]:
        write(engine, *part)
    found = [(row["line"], row["revision"], row["lane_decided"]) for row in rows(engine, schema.passages)]
    assert sorted(found) == [("L1", 2, 2), ("L2", 1, 1)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_ends_of_a_passage_in_a_batch_the_later_holds(engine: Engine, order: tuple[int, int]) -> None:
    """As when the controller saw the item again after it was given up for lost."""
    ends = {
        1: closed("p1", lane=None, role=None),
        2: structs.replace(
            closed("p1", lane=5, role=LaneRole.INSPECT), closed_at=START + timedelta(minutes=2)
        ),
    }
    write(engine, *(incoming(ends[number], f"e{number}") for number in order))
    assert only(engine, schema.passages)["lane_actual"] == 5


def test_what_two_messages_say_of_one_moment_the_first_says(engine: Engine) -> None:
    write(engine, incoming(closed("p1", lane=1), "a"), incoming(closed("p1", lane=2), "b"))
    write(engine, incoming(decided("p2", lane=1), "c"), incoming(decided("p2", lane=2), "d"))
    first, second = rows(engine, schema.passages)
    assert (first["lane_actual"], second["lane_decided"]) == (1, 1)


@pytest.mark.parametrize("release", [True, False])
def test_a_waybill_that_left_by_a_release_lane_is_released_on_the_list(
    engine: Engine, *, release: bool
) -> None:
    key = KEYRING.waybill_key(WAYBILL)
    with writing(engine) as connection:
        connection.execute(
            schema.waybills.insert().values(
                waybill_key=key,
                site=SITE,
                last4="0123",
                sealed_number=b"",
                sealed_master_bill=b"",
                sealed_consignee=b"",
                mode="9610",
                courier="SF",
                destination="",
                aliases=[],
                goods=[],
                digest="",
                imported_at=START,
            )
        )
    role, lane = (LaneRole.RELEASE, 1) if release else (LaneRole.INSPECT, 5)
    write(engine, incoming(decided("p1"), "a"))
    assert rows(engine, schema.clearance) == []
    write(engine, incoming(closed("p1", role=role, lane=lane), "b"))
    listed = rows(engine, schema.clearance)
    found = [(row["waybill_key"], row["number"], row["entry"]["state"], row["made_at"]) for row in listed]
    assert found == ([(key, 1, "released", LATER)] if release else [])
    write(engine, incoming(decided("p2"), "c"))  # of that waybill too, and it went nowhere yet
    assert len(rows(engine, schema.clearance)) == len(found)


def test_a_gap_is_kept_as_it_was_told(engine: Engine) -> None:
    gap = GapRecorded(7, 4, 6, 40, 60, GapCause.RING_OVERRUN, (1, 0), START)
    write(engine, incoming(gap, "a"))
    expected = structs.asdict(gap) | {"cause": "ring_overrun", "lane_counts": [1, 0]}
    assert only(engine, schema.gaps) == {"site": SITE, "line": LINE, "envelope_id": "a", **expected}


def test_an_alarm_is_kept_as_it_was_told(engine: Engine) -> None:
    alarm = AlarmRaised("jam", "lane 2", START)
    write(engine, incoming(alarm, "a"))
    expected = {"site": SITE, "line": LINE, "envelope_id": "a", **structs.asdict(alarm)}
    assert only(engine, schema.alarms) == expected


@pytest.mark.parametrize("link", [ChainLink(3, "h"), None])
def test_a_file_is_kept_as_it_was_told(engine: Engine, link: ChainLink | None) -> None:
    media = MediaRecorded(
        "p1", MediaKind.VOLUME, "ab", 9, "application/dicom", "ct", START, part="low", link=link
    )
    write(engine, incoming(media, "a"), incoming(structs.replace(media, size=10), "b"))
    expected = structs.asdict(media) | {"kind": "volume", "site": SITE, "line": LINE}
    del expected["link"]
    expected |= {"sequence": 3, "hash": "h"} if link else {"sequence": None, "hash": None}
    assert only(engine, schema.media) == expected


def device(seconds: int, state: str, name: str = "top") -> DeviceChanged:
    return DeviceChanged(name, state, f"since {seconds}", START + timedelta(seconds=seconds))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ([(1, "online"), (2, "offline")], "offline"),
        ([(2, "offline"), (1, "online")], "offline"),
        ([(2, "offline"), (2, "online")], "online"),  # in one moment: what was said last
    ],
)
def test_a_devices_newest_state_holds(
    engine: Engine, changes: list[tuple[int, str]], state: str, *, together: bool
) -> None:
    batch = [incoming(device(*change), f"e{place}") for place, change in enumerate(changes)]
    batch += [
        incoming(device(0, "gone", "side"), "other device"),
        incoming(device(0, "gone"), "other line", line="L2"),
    ]
    for part in [batch] if together else [[each] for each in batch]:
        write(engine, *part)
    second, first, other = rows(engine, schema.devices)
    assert (first["device"], first["state"]) == ("top", state)
    assert second == {"site": SITE, "line": LINE, **structs.asdict(device(0, "gone", "side"))}
    assert (other["line"], other["state"]) == ("L2", "gone")


def test_a_message_set_aside_again_is_counted(engine: Engine) -> None:
    first = write(engine, strange("x"))
    assert first.quarantined == 1
    write(engine, strange("x"), strange("x"), strange("y"), strange("x", "L2"))
    kept = rows(engine, schema.quarantine)
    counted = sorted((row["line"], row["envelope_id"], row["times"]) for row in kept)
    assert counted == [("L1", "x", 3), ("L1", "y", 1), ("L2", "x", 1)]
    one = next(row for row in kept if row["envelope_id"] == "y")
    assert KEYRING.unseal(one["sealed_raw"], "quarantine.raw") == b'{"id":"y"}'
    assert one["digest"] == hashlib.sha256(b'{"id":"y"}').hexdigest()
    assert (one["site"], one["received_at"]) == (SITE, START)
