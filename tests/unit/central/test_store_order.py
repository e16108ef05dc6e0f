"""Messages in any order, any number of times, leave the same rows."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import Engine, select

from central import schema
from central.database import writing
from central.incoming import Accepted, Incoming, Refused, StateReported, parse
from central.store import Store, Stored
from config.settings import LaneRole
from edge import messages
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    DeviceChanged,
    GapCause,
    GapRecorded,
    LineState,
    Reason,
    Ruling,
)
from tests.unit.central.journeys import KEYRING, LINE, SITE, START, closed, decided, incoming, line_state

REVIEW = (Reason.OFFICER_REVIEW,)
JOURNEY = [
    incoming(
        decided("p1", revision=1, role=LaneRole.INSPECT, lane=5, reasons=REVIEW, awaiting_answer=True), "e1"
    ),
    incoming(decided("p1", revision=2, waybill=None, role=LaneRole.INSPECT, lane=5), "e2"),
    incoming(decided("p1", revision=3), "e3"),
    incoming(closed("p1"), "e4"),
    incoming(decided("p2", role=LaneRole.WAIT, lane=3, awaiting_answer=True, tracking_id=2), "e5"),
    incoming(decided("p5", waybill=None, awaiting_answer=True, tracking_id=5), "e15"),
    incoming(closed("p5", tracking_id=5), "e16"),
    incoming(decided("p4", tracking_id=4), "e13"),
    incoming(closed("p4", waybill=None, tracking_id=4), "e14"),
    incoming(closed("p3", role=None, lane=None, waybill=None, tracking_id=3), "e6"),
    incoming(GapRecorded(7, 4, 6, 40, 60, GapCause.RING_OVERRUN, (1, 0), START), "e7"),
    incoming(AlarmRaised("jam", "lane 2", START), "e8"),
    incoming(DeviceChanged("top", "offline", "", START), "e9"),
    incoming(DeviceChanged("top", "online", "", START + timedelta(seconds=1)), "e10"),
    incoming(AnswerRuled("a1", "p1", Ruling.ACCEPTED, 5000, START), "e11"),
    Incoming(line=LINE, channel="events", payload=b'{"id":"e12","type":"x"}', received_at=START),
]
TABLES = (
    schema.passages,
    schema.events,
    schema.gaps,
    schema.alarms,
    schema.devices,
    schema.answers,
)


def rows(engine: Engine) -> list[list[tuple[object, ...]]]:
    with engine.connect() as connection:
        found = [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in TABLES
        ]
        quarantined = connection.execute(select(schema.quarantine.c.envelope_id)).all()
    return [*found, [tuple(row) for row in quarantined]]


def empty(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in (*TABLES, schema.quarantine):
            connection.execute(table.delete())
        connection.execute(
            schema.answers.insert().values(
                answer_id="a1",
                site=SITE,
                line=LINE,
                passage_id="p1",
                decision="release",
                officers=["u-1"],
                sealed_reason=b"",
                issued_at=START,
                ruling="sent",
            )
        )


def write(engine: Engine, batches: list[list[Incoming]]) -> list[Stored]:
    """Store batches in order; what each came to."""
    written: list[Stored] = []
    for batch in batches:
        parsed = [parse(SITE, message) for message in batch]
        with writing(engine) as connection:
            stored = Store(SITE, KEYRING).write(
                connection,
                START,
                [each for each in parsed if isinstance(each, Accepted)],
                [each for each in parsed if isinstance(each, StateReported)],
                [each for each in parsed if isinstance(each, Refused)],
            )
        written.append(stored)
    return written


def store(engine: Engine, batches: list[list[Incoming]]) -> set[str]:
    """Store batches in order; the ids receipted."""
    return {id for stored in write(engine, batches) for id in stored.receipts.get(LINE, ())}


@pytest.fixture
def expected(engine: Engine) -> list[list[tuple[object, ...]]]:
    empty(engine)
    store(engine, [[message] for message in JOURNEY])
    return rows(engine)


def test_what_the_journey_comes_to(engine: Engine, expected: object) -> None:
    with engine.connect() as connection:
        passages = {row.passage_id: row for row in connection.execute(select(schema.passages))}
        answer = connection.execute(select(schema.answers)).one()
        device = connection.execute(select(schema.devices)).one()
    first = passages["p1"]
    assert (first.revision, first.role_decided, first.role_actual) == (3, "release", "release")
    assert (first.awaiting_answer, first.waybill_key is not None) == (False, True)
    assert (first.decided_sequence, first.closed_sequence) == (6, 99)
    assert passages["p2"].awaiting_answer is True
    assert passages["p2"].closed_at is None
    assert (passages["p5"].awaiting_answer, passages["p5"].waybill_key) == (False, first.waybill_key)
    assert passages["p4"].waybill_key == first.waybill_key
    assert (passages["p3"].revision, passages["p3"].lane_actual) == (None, None)
    assert (answer.ruling, answer.position_mm, device.state) == ("accepted", 5000, "online")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_repetition_change_nothing(
    engine: Engine, expected: list[list[tuple[object, ...]]], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(JOURNEY), max_size=8))
    order = data.draw(st.permutations([*JOURNEY, *repeats]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=4)))
    edges = [0, *cuts, len(order)]
    batches = [order[start:end] for start, end in itertools.pairwise(edges)]
    empty(engine)
    receipted = store(engine, batches)
    assert rows(engine) == expected
    assert receipted == {f"e{number}" for number in range(1, 17)}


def test_another_lines_message_cannot_overwrite_a_record(engine: Engine) -> None:
    store(engine, [[incoming(decided("p1"), "e1")]])
    store(engine, [[incoming(decided("p1", revision=9, lane=5, role=LaneRole.INSPECT), "e1", line="L2")]])
    with engine.connect() as connection:
        lanes = connection.execute(
            select(schema.passages.c.line, schema.passages.c.lane_decided).order_by(schema.passages.c.line)
        ).all()
    assert [tuple(row) for row in lanes] == [("L1", 1), ("L2", 5)]


RULINGS = (
    incoming(AnswerRuled("a1", "p1", Ruling.ACCEPTED, 5000, START), "r1"),
    incoming(AnswerRuled("a1", "p1", Ruling.TOO_LATE, 9700, START, "late"), "r2"),
    incoming(AnswerRuled("a1", "p1", Ruling.NOT_OPEN, None, START + timedelta(seconds=9)), "r3"),
    incoming(AnswerRuled("a1", "p1", Ruling.ACCEPTED, 5001, START), "r4"),  # says the same again
)


@pytest.mark.parametrize("order", list(itertools.permutations(RULINGS)))
@pytest.mark.parametrize("together", [True, False])
def test_the_first_ruling_of_an_answer_holds_and_another_is_counted(
    engine: Engine, order: tuple[Incoming, ...], *, together: bool
) -> None:
    empty(engine)
    batches = [[*order, *order]] if together else [[message] for message in (*order, *order)]
    stored = write(engine, batches)
    rulings = [messages.data(messages.envelope(message.payload), AnswerRuled) for message in order]
    with engine.connect() as connection:
        row = connection.execute(select(schema.answers)).one()
    first = rulings[0]
    assert (row.ruling, row.position_mm, row.detail) == (first.ruling, first.position_mm, first.detail)
    others = sum(each.ruling is not first.ruling for each in rulings)
    assert sum(each.contradictions for each in stored) == others


def test_another_line_does_not_rule_on_an_answer(engine: Engine) -> None:
    empty(engine)
    [stored] = write(
        engine, [[incoming(AnswerRuled("a1", "p1", Ruling.ACCEPTED, 1, START), "e1", line="L2")]]
    )
    with engine.connect() as connection:
        assert connection.execute(select(schema.answers.c.ruling)).scalar_one() == "sent"
    assert stored.contradictions == 0


def test_quarantined_content_is_sealed(engine: Engine, tmp_path: Path) -> None:
    secret = b'{"id":"x","consignee":"Wang Xiaoming"}'
    store(engine, [[Incoming(line=LINE, channel="events", payload=secret, received_at=START)]])
    engine.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("central.db*"))
    assert b"Wang Xiaoming" not in content


def away_since(engine: Engine, reports: list[tuple[bool, int]], *, together: bool) -> datetime:
    """When the line is said to have gone after reports of (online, seconds of arrival)."""
    arrived = [
        structs.replace(
            incoming(line_state(online=online), f"s{second}", channel="state"),
            received_at=START + timedelta(seconds=second),
        )
        for online, second in reports
    ]
    with writing(engine) as connection:
        connection.execute(schema.line_states.delete())
    batches = [arrived] if together else [[each] for each in arrived]
    [reported] = write(engine, batches)[-1].states
    with engine.connect() as connection:
        kept = connection.execute(select(schema.line_states.c.state)).scalar_one()
    assert msgspec.convert(kept, LineState) == reported.state
    return reported.state.at


@pytest.mark.parametrize("together", [True, False])
def test_a_line_is_away_since_the_centre_heard_of_it(engine: Engine, *, together: bool) -> None:
    """Its last will says when the session began, and comes again whenever the centre connects."""

    def since(*reports: tuple[bool, int]) -> float:
        return (away_since(engine, list(reports), together=together) - START).total_seconds()

    assert since((False, 30)) == 30
    assert since((True, 10), (False, 30), (False, 90)) == 30
    assert since((False, 30), (True, 60), (False, 90)) == 90
    assert since((False, 30), (True, 60)) == 0  # its own word, while it is there
