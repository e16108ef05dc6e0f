"""The uplink: a row leaves the outbox only on the centre's receipt, and everything else is sent again."""

import sqlite3
from pathlib import Path

import msgspec
import pytest
import structlog.testing

from edge import messages
from edge.journal import Journal
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    CentreState,
    ChainLink,
    ClearanceDelta,
    LineState,
    Receipts,
    Ruling,
    SignedCommand,
)
from tests.unit.edge.uplink_bench import NOON, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_nothing_is_sent_before_the_centre_is_ready(bench: Bench) -> None:
    bench.wire.connect()
    bench.uplink.drain()
    bench.centre(ready=False)
    assert bench.wire.ids() == []
    bench.centre()
    assert bench.wire.ids() == ["j1:1", "j1:2", "j1:3"]


def test_rows_stay_until_receipted(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    assert bench.journal.outbox_size() == 3
    bench.receipt("j1:2")
    assert [row.sequence for row in bench.journal.waiting(0, 9)] == [1, 3]


def test_receipt_of_another_journal_closes_nothing(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.receipt("j2:1", "j1:", "j1:x", "1")
    assert bench.journal.outbox_size() == 3


def test_messages_that_are_not_ours_are_counted_and_dropped(bench: Bench) -> None:
    bench.wire.connect()
    bench.wire.received("redpeak/v1/demo/L1/receipts", b"\xff\xfe")
    bench.wire.received("redpeak/v1/demo/L1/commands", b"{}")
    bench.say(Receipts(("a",)), "redpeak/v1/demo/L1/clearance")
    assert bench.uplink.rejected == 3
    assert bench.commands == bench.deltas == []


def test_each_message_reaches_whom_it_concerns(bench: Bench) -> None:
    bench.wire.connect()
    command, delta = SignedCommand("cGF5", "c2ln"), ClearanceDelta(4, NOON, ())
    bench.say(command, "redpeak/v1/demo/L1/commands")
    bench.say(delta, "redpeak/v1/demo/L1/clearance")
    bench.centre()
    assert (bench.commands, bench.deltas) == ([command], [delta])
    assert [state.ready for state in bench.centres] == [True]
    assert sorted(bench.wire.topics) == [
        "redpeak/v1/demo/L1/clearance",
        "redpeak/v1/demo/L1/commands",
        "redpeak/v1/demo/L1/receipts",
        "redpeak/v1/demo/state",
    ]


def test_a_damaged_row_holds_up_no_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE entries SET payload = 'no JSON' WHERE sequence = 2")
    bench.wire.connect()
    bench.centre()
    assert bench.wire.ids() == ["j1:1", "j1:3"]
    assert bench.journal.outbox_size() == 3


def test_a_record_goes_out_under_its_own_id_with_its_place_in_the_chain(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=1)
    ruled = AnswerRuled("a1", "p1", Ruling.ACCEPTED, 10, NOON)
    bench.write(ruled)
    bench.wire.connect()
    bench.centre()
    assert [(topic, retain) for topic, _, retain in bench.wire.sent] == [
        ("redpeak/v1/demo/L1/events", False)
    ] * 2
    assert bench.wire.services == [1, 1]
    alarm, answer = (messages.envelope(content) for _, content, _ in bench.wire.sent)
    assert (answer.id, answer.source, answer.time, answer.sequence) == ("j1:2", "/demo/L1", NOON, 2)
    row = bench.journal.waiting(1, 1)[0]
    assert messages.event(answer) == msgspec.structs.replace(ruled, link=ChainLink(2, row.hash))
    assert messages.event(alarm) == AlarmRaised("code", "0", NOON)  # an alarm has no place for a link


def test_the_lines_state_is_retained_and_not_sent_twice(bench: Bench) -> None:
    bench.wire.connect()
    assert bench.uplink.is_connected
    state = LineState("s1", True, NOON, epoch=7)
    bench.uplink.publish_state(state)
    ((topic, content, retain),) = bench.wire.sent
    assert (topic, retain, bench.wire.services) == ("redpeak/v1/demo/L1/state", True, [0])
    envelope = messages.envelope(content)
    assert (envelope.id, envelope.source, envelope.time) == ("s1:state", "/demo/L1", NOON)
    assert messages.data(envelope, LineState) == state


def test_the_last_word_is_said_before_the_connection_ends(bench: Bench) -> None:
    bench.wire.connect()
    last = LineState("s1", False, NOON)
    bench.uplink.stop(last)
    assert not bench.uplink.is_connected
    assert messages.data(messages.envelope(bench.wire.sent[-1][1]), LineState) == last


def test_nothing_is_sent_while_the_broker_is_away(bench: Bench) -> None:
    bench.wire.connect()
    bench.wire.is_connected = False
    bench.centre()
    assert bench.wire.ids() == []


def test_a_message_nobody_asked_for_concerns_nobody(bench: Bench) -> None:
    bench.wire.connect()
    bench.say(CentreState(True, NOON, 0, "c1"), "redpeak/v1/demo/L1/unheard")
    assert bench.centres == []
    assert not bench.uplink.centre_ready
    assert bench.uplink.rejected == 0


def test_a_receipt_that_cannot_be_written_is_waited_for_again(bench: Bench, tmp_path: Path) -> None:
    bench.wire.connect()
    bench.centre()
    bench.journal.close()
    with structlog.testing.capture_logs() as logs:
        bench.receipt("j1:1")
    assert [entry["event"] for entry in logs] == ["receipt_not_written"]
    assert Journal(tmp_path / "journal.db", lambda: "x").outbox_size() == 3


def test_a_damaged_row_is_complained_of_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE entries SET payload = 'no JSON' WHERE sequence IN (1, 3)")
    bench.wire.connect()
    with structlog.testing.capture_logs() as logs:
        bench.centre()
        bench.now_s += 5.1
        bench.uplink.drain()
    assert bench.wire.ids() == ["j1:2", "j1:2"]
    damaged = [entry["sequence"] for entry in logs if entry["event"] == "outbox_row_unreadable"]
    assert damaged == [1, 3]
