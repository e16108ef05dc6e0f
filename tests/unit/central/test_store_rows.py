"""What the store writes, row by row, in one batch or several, with few messages or many."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Engine, Table, select

from central import database, schema
from central.database import writing
from central.incoming import Accepted, Incoming, Refused, StateReported, parse
from central.store import Store, Stored
from config.settings import LaneRole
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    ChainLink,
    DeviceChanged,
    GapCause,
    GapRecorded,
    MediaKind,
    MediaRecorded,
    Ruling,
)
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, closed, decided, incoming, line_state

WAYBILL = "SF1234567890123"
LATER = START + timedelta(seconds=30)


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


def write(engine: Engine, *batch: Incoming) -> Stored:
    parsed = [parse(SITE, message) for message in batch]
    with writing(engine) as connection:
        return Store(SITE, KEYRING).write(
            connection,
            LATER,
            [each for each in parsed if isinstance(each, Accepted)],
            [each for each in parsed if isinstance(each, StateReported)],
            [each for each in parsed if isinstance(each, Refused)],
        )


def rows(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        ordered = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def only(engine: Engine, table: Table) -> dict[str, Any]:
    (row,) = rows(engine, table)
    return row


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


def ask(engine: Engine, answer_id: str, ruling: str = "sent") -> None:
    """An answer that is on its way to the line."""
    with writing(engine) as connection:
        connection.execute(
            schema.answers.insert().values(
                answer_id=answer_id,
                site=SITE,
                line=LINE,
                passage_id="p1",
                decision="release",
                officers=["u-1"],
                sealed_reason=b"",
                issued_at=START,
                ruling=ruling,
            )
        )


def ruled(answer_id: str, ruling: Ruling = Ruling.ACCEPTED) -> AnswerRuled:
    return AnswerRuled(answer_id, "p1", ruling, 5000, LATER, "why")


def test_a_ruling_settles_its_answer_and_no_other(engine: Engine) -> None:
    ask(engine, "a1")
    ask(engine, "a2")
    stored = write(engine, incoming(decided("p1"), "first"), incoming(ruled("a1"), "e"))
    first, second = rows(engine, schema.answers)
    settled = ("ruling", "ruled_at", "position_mm", "detail")
    assert [first[name] for name in settled] == ["accepted", LATER, 5000, "why"]
    assert [second[name] for name in settled] == ["sent", None, None, ""]
    assert stored.contradictions == 0


def test_rulings_against_one_that_holds_are_counted(engine: Engine) -> None:
    ask(engine, "a1", "too_late")
    batch = [
        incoming(ruled("a1"), "e1"),
        incoming(ruled("a1", Ruling.TOO_LATE), "e2"),
        incoming(ruled("a1", Ruling.NOT_OPEN), "e3"),
        incoming(ruled("unheard"), "e4"),
    ]
    assert write(engine, *batch).contradictions == 2
    assert only(engine, schema.answers)["ruling"] == "too_late"


@pytest.mark.parametrize("own", ["line", "site"])
def test_a_ruling_of_another_line_or_site_settles_nothing(engine: Engine, own: str) -> None:
    ask(engine, "a1")
    with writing(engine) as connection:
        connection.execute(schema.answers.update().values({own: "elsewhere"}))
    assert write(engine, incoming(ruled("a1"), "e")).contradictions == 0
    assert only(engine, schema.answers)["ruling"] == "sent"


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


def report(seconds: int, *, online: bool = True, line: str = LINE) -> Incoming:
    message = incoming(line_state(session=f"s{seconds}", online=online), "s", channel="state", line=line)
    return structs.replace(message, received_at=START + timedelta(seconds=seconds))


def test_the_last_state_of_each_line_is_kept(engine: Engine) -> None:
    stored = write(engine, report(1), report(2), report(3, line="L2"))
    assert [(each.line, each.state.session) for each in stored.states] == [("L1", "s2"), ("L2", "s3")]
    assert stored.receipts == {}
    write(engine, report(4))
    first, second = rows(engine, schema.line_states)
    assert (first["site"], first["line"], first["state"]["session"]) == (SITE, "L1", "s4")
    assert first["received_at"] == START + timedelta(seconds=4)
    assert second["state"]["session"] == "s3"


@pytest.mark.parametrize("together", [True, False])
def test_an_absence_dates_from_its_first_report(engine: Engine, *, together: bool) -> None:
    with writing(engine) as connection:  # another site's line of that name is away for longer
        away = {"session": "x", "online": False, "at": "2026-01-01T00:00:00Z"}
        connection.execute(
            schema.line_states.insert().values(site="other", line=LINE, state=away, received_at=START)
        )
    batch = [report(1), report(30, online=False), report(90, online=False)]
    stored = [write(engine, *part) for part in ([batch] if together else [[each] for each in batch])]
    (state,) = stored[-1].states
    assert state.state.at == START + timedelta(seconds=30)
    assert write(engine, report(100)).states[0].state.at == START
