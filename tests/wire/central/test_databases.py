"""The same centre on SQLite and on PostgreSQL."""

import random
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec import structs
from sqlalchemy import Engine, select, text

from central import claims, clearance_log, database, figures, passages, reviews, schema
from central.claims import ClaimedError
from central.importer import Importer
from central.incoming import Incoming
from central.ingest import Writer
from central.papers import Declaration, Waybill
from central.roles import Principal, Role
from central.store import Store
from central.users import Users, token_hash
from config.settings import LaneRole, Mode, Site
from edge.messages import AlarmRaised, DeviceChanged, GapCause, GapRecorded, Reason
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, closed, decided, incoming, line_state
from tests.unit.central.scanned_line import ALARM, recorded, scanned

OFFICER = Principal("u", "officer", "officer", "customs", "customs", (Role.CUSTOMS_OFFICER,))
OPERATOR = Principal("u", "operator", "operator", "operator", "operator", (Role.OPERATOR,))
JOURNEY = [
    incoming(decided("p1", revision=1, role=LaneRole.INSPECT, lane=5, reasons=(Reason.CUSTOMS_HOLD,)), "e1"),
    incoming(decided("p1", revision=2), "e2"),
    incoming(closed("p1"), "e3"),
    incoming(decided("p2", role=LaneRole.WAIT, lane=3, tracking_id=2, awaiting_answer=True), "e4"),
    incoming(GapRecorded(7, 4, 6, 40, 60, GapCause.RING_OVERRUN, (1, 0), START), "e5"),
    incoming(AlarmRaised("jam", "lane 2", START), "e6"),
    incoming(DeviceChanged("top", "offline", "", START), "e7"),
    incoming(line_state(), "s", channel="state"),
    Incoming(line=LINE, channel="events", payload=b'{"id":"e8"}', received_at=START),
    incoming(scanned("p2", ALARM, tracking_id=2, revision=3), "e9"),
    incoming(recorded("p2", b"low", part="low"), "e10"),
    incoming(recorded("p2", b"high", part="high", after_s=1), "e11"),
]


def writer(engine: Engine) -> Writer:
    store = Store(SITE, KEYRING)
    return Writer(engine, SITE, store, clock=lambda: START, on_stored=lambda _stored: None)


def test_migrations_make_exactly_the_tables(engine: Engine) -> None:
    database.migrate(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    assert differences == []


def test_order_and_repetition_change_nothing(engine: Engine) -> None:
    expected: list[object] | None = None
    chance = random.Random(20261123)
    for _ in range(6):
        order = [*JOURNEY, *chance.sample(JOURNEY, 3)]
        chance.shuffle(order)
        with database.writing(engine) as connection:
            for table in (
                schema.passages,
                schema.events,
                schema.gaps,
                schema.quarantine,
                schema.alarms,
                schema.media,
            ):
                connection.execute(table.delete())
        receipted: set[str] = set()
        for start in range(0, len(order), 4):
            receipted |= set(writer(engine).commit(order[start : start + 4]).receipts.get(LINE, ()))
        assert receipted == {f"e{number}" for number in range(1, 12)}
        with engine.connect() as connection:
            found: list[object] = [
                connection.execute(select(table).order_by(*table.primary_key.columns)).all()
                for table in (
                    schema.passages,
                    schema.events,
                    schema.gaps,
                    schema.alarms,
                    schema.devices,
                    schema.media,
                )
            ]
        expected = expected or found
        assert found == expected


def test_what_is_read_back_is_what_was_sent(engine: Engine, site: Site) -> None:
    writer(engine).commit(JOURNEY)
    with engine.connect() as connection:
        listed = passages.listed(connection, SITE, OFFICER)
        hold = passages.listed(connection, SITE, OFFICER, reason="cleared", role=LaneRole.RELEASE)
        masked = passages.listed(connection, SITE, OPERATOR, reason="customs_hold")
        before = passages.listed(connection, SITE, OFFICER, before=listed.items[0].passage_id)
        counted = figures.today(connection, SITE, "Asia/Shanghai", START, OFFICER, {})
        [review] = reviews.queue(connection, site, OFFICER, {}, START)
    assert [row.passage_id for row in listed.items] == ["p2", "p1"]
    assert [row.passage_id for row in hold.items] == ["p1"]
    assert (masked.items, [row.passage_id for row in before.items]) == ((), ["p1"])
    assert listed.items[1].inducted_at == START
    assert (counted.inducted, counted.recorded, counted.gaps, counted.quarantined) == (5, 2, 3, 1)
    assert counted.per_hour[-1].count == 2
    assert (review.passage_id, review.outcome, review.has_image) == ("p2", "alarm", True)


def test_an_older_database_is_brought_up_to_date(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    for url in ("sqlite:///central.db", str(request.getfixturevalue("postgres_url"))):
        engine = database.connect(url, tmp_path)
        database.migrate(engine, "0001")
        with database.writing(engine) as connection:
            for number, awaits in enumerate(("true", "false")):
                connection.execute(
                    text(
                        "INSERT INTO passages (passage_id, site, line, epoch, tracking_id, inducted_at,"
                        f" awaiting_answer) VALUES ('p{number}', 'demo', 'L1', 7, {number},"
                        f" '2026-11-23 02:00:00', {awaits})"
                    )
                )
        database.migrate(engine)
        passages_ = schema.passages
        with engine.connect() as connection:
            rows = connection.execute(select(passages_.c.passage_id, passages_.c.flagged))
            assert {row.passage_id: row.flagged for row in rows} == {"p0": True, "p1": False}
        engine.dispose()


def test_of_two_officers_at_once_one_claims(engine: Engine) -> None:
    other = structs.replace(OFFICER, user_id="u2", display_name="second")
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def claim(who: Principal) -> None:
        barrier.wait(10)
        try:
            with database.writing(engine) as connection:
                claims.take(connection, SITE, "p2", who, START)
        except ClaimedError:
            outcomes.append("refused")
        else:
            outcomes.append("taken")

    threads = [threading.Thread(target=claim, args=(who,)) for who in (OFFICER, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["refused", "taken"]
    with database.writing(engine) as connection:
        claims.take(connection, SITE, "p2", other, START + claims.LASTS)
        assert claims.of(connection, SITE, ["p2"], START + claims.LASTS)["p2"].officer == "u2"


def test_poison_that_only_this_database_refuses(engine: Engine) -> None:
    """PostgreSQL has no NUL in text and no integer beyond 64 bits; SQLite refuses the second only."""
    running = writer(engine)
    running.start()
    for number, message in enumerate((decided("p\x001"), decided("p2", tracking_id=2**70), decided("p3"))):
        running.offer(incoming(message, f"e{number}"))
    assert running.stop()
    with engine.connect() as connection:
        stored = set(connection.execute(select(schema.passages.c.passage_id)).scalars())
        aside = set(connection.execute(select(schema.quarantine.c.envelope_id)).scalars())
    assert "p3" in stored
    assert aside == ({"e0", "e1"} if engine.dialect.name == "postgresql" else {"e1"})


def test_importer_and_writer_at_once_leave_no_hole_in_the_log(engine: Engine) -> None:
    numbers = [f"SF{number:013}" for number in range(60)]
    importer = Importer(engine, SITE, KEYRING, clock=lambda: START, pause=lambda _s: None)
    importer.run([Waybill(number=number, mode=Mode.DIRECT_PURCHASE) for number in numbers])

    def declare() -> None:
        for number in numbers:
            importer.run(
                [
                    Declaration(
                        number=f"D{number}",
                        waybill_number=number,
                        mode=Mode.DIRECT_PURCHASE,
                        customs_status=800,
                        status_at=START,
                    )
                ]
            )

    thread = threading.Thread(target=declare)
    thread.start()
    running = writer(engine)
    for index, number in enumerate(numbers):
        running.commit([incoming(closed(f"p{index}", waybill=number), f"e{index}")])
    thread.join()
    with engine.connect() as connection:
        newest = clearance_log.number(connection, SITE)
        found = clearance_log.deltas(connection, SITE, 0, limit=10_000)
    assert [delta.number for delta in found] == list(range(1, newest + 1))
    latest = {entry.waybill_key: entry for delta in found for entry in delta.entries}
    assert {entry.state.value for entry in latest.values()} == {"released"}
    snapshot = clearance_log.Snapshots(engine, SITE).current(START)
    assert snapshot.body.count(b'"released"') == len(numbers)


def test_accounts(engine: Engine, tmp_path: Path) -> None:
    users = Users(engine, SITE, clock=lambda: START)
    users.add("officer", "关员", "customs", [Role.CUSTOMS_OFFICER], "long enough!")
    principal = users.verify("officer", "long enough!")
    assert principal is not None
    assert users.of_session(token_hash(users.open_session(principal))) is not None
