"""What the store makes of rulings on answers and of the lines' states."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Engine

from central import database, schema
from central.database import writing
from central.incoming import Incoming
from edge.messages import (
    AnswerRuled,
    Ruling,
)
from tests.unit.central.journeys import LINE, SITE, START, decided, incoming, line_state
from tests.unit.central.stored_rows import LATER, only, rows, write


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
