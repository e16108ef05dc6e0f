"""The uplink: a row leaves the outbox only on the centre's receipt, and everything else is sent again."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import structlog.testing

from edge import messages
from edge.journal import Entry, Journal
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    CentreState,
    ChainLink,
    ClearanceDelta,
    Event,
    LineState,
    Receipts,
    Ruling,
    SignedCommand,
)
from edge.uplink import Arrivals, Uplink

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Wire:
    """An MQTT client that only remembers; the test is the broker."""

    def __init__(self) -> None:
        self.is_connected = False
        self.sent: list[tuple[str, bytes, bool]] = []
        self.topics: list[str] = []
        self.services: list[int] = []  # the quality asked for, of each message sent

    def start(self, connected: Callable[[], None], received: Callable[[str, bytes], None]) -> None:
        self.connected, self.received = connected, received

    def connect(self) -> None:
        self.is_connected = True
        self.connected()

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None:
        self.sent.append((topic, content, retain))
        self.services.append(qos)

    def stop(self) -> None:
        self.is_connected = False

    def ids(self) -> list[str]:
        return [messages.envelope(content).id for topic, content, _ in self.sent if topic.endswith("/events")]


class Bench:
    """An uplink with a journal of some alarms."""

    def __init__(self, folder: Path, alarms: int = 3) -> None:
        self.journal = Journal(folder / "journal.db", lambda: "j1")
        self.now_s = 100.0
        self.commands: list[SignedCommand] = []
        self.deltas: list[ClearanceDelta] = []
        self.centres: list[CentreState] = []
        self.add(alarms)
        arrivals = Arrivals(self.commands.append, self.deltas.append, self.centres.append)
        self.wire = Wire()
        self.uplink = Uplink(
            "demo", "L1", self.journal, self.wire, arrivals, lambda: self.now_s, lambda: NOON
        )
        self.uplink.start()

    def write(self, event: Event) -> None:
        self.journal.append([Entry(NOON, event)])

    def add(self, alarms: int) -> None:
        entries = [Entry(NOON, AlarmRaised("code", str(number), NOON)) for number in range(alarms)]
        self.journal.append(entries)

    def say(self, message: msgspec.Struct, topic: str) -> None:
        self.wire.received(topic, messages.wrap(message, id="x", source="/demo", time=NOON))

    def centre(self, *, ready: bool = True, instance: str = "c1") -> None:
        self.say(CentreState(ready, NOON, 0, instance), "redpeak/v1/demo/state")

    def receipt(self, *ids: str) -> None:
        self.say(Receipts(ids), "redpeak/v1/demo/L1/receipts")


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


def test_what_is_not_receipted_in_time_is_sent_again(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:1")
    bench.now_s += 4.9
    bench.uplink.drain()
    assert bench.wire.ids() == ["j1:1", "j1:2", "j1:3"]
    bench.now_s += 0.2
    bench.uplink.drain()
    assert bench.wire.ids()[3:] == ["j1:2", "j1:3"]


@pytest.mark.parametrize("event", ["reconnected", "centre restarted"])
def test_a_new_connection_or_centre_gets_everything_open_again(bench: Bench, event: str) -> None:
    bench.wire.connect()
    bench.centre()
    if event == "reconnected":
        bench.wire.connect()
        bench.uplink.drain()
    else:
        bench.centre(instance="c2")
    assert bench.wire.ids()[3:] == ["j1:1", "j1:2", "j1:3"]


def test_at_most_a_window_is_unreceipted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=450)
    bench.wire.connect()
    bench.centre()
    assert len(bench.wire.ids()) == 150
    bench.receipt(*(f"j1:{number}" for number in range(1, 101)))
    assert len(bench.wire.ids()) == 250
    bench.add(100)
    bench.uplink.drain()
    assert len(bench.wire.ids()) == 300  # what happens now may fill the rest of the window


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


def test_what_was_sent_is_not_sent_again_at_the_very_limit(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.now_s += 5.0
    bench.uplink.drain()
    assert len(bench.wire.ids()) == 3


def test_the_centre_may_say_again_that_it_is_there(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.centre()
    assert len(bench.wire.ids()) == 3


def test_one_receipt_makes_room_for_one_record(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=202)
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:7")
    assert bench.wire.ids()[150:] == ["j1:151"]


def test_after_a_new_connection_a_full_window_is_sent_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=202)
    bench.wire.connect()
    bench.centre()
    bench.wire.connect()
    bench.uplink.drain()
    assert bench.wire.ids()[150:] == bench.wire.ids()[:150]


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


def test_what_happens_now_goes_before_the_backlog(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=400)
    bench.wire.connect()
    bench.centre()
    bench.add(2)
    bench.uplink.drain()
    assert bench.wire.ids()[149:] == ["j1:150", "j1:401", "j1:402"]
    for number in range(1, 403):
        bench.receipt(f"j1:{number}")
    assert sorted(bench.wire.ids(), key=lambda id_: int(id_[3:])) == [f"j1:{n}" for n in range(1, 403)]
    assert bench.journal.outbox_size() == 0


def test_what_waited_for_the_centre_is_backlog_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=0)
    bench.wire.connect()
    bench.centre(ready=False)
    bench.add(160)
    bench.centre()
    bench.add(1)
    bench.uplink.drain()
    assert bench.wire.ids()[-2:] == ["j1:150", "j1:161"]


def test_only_what_is_late_is_sent_again(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.now_s += 4.0
    bench.add(1)
    bench.uplink.drain()
    bench.now_s += 2.0
    bench.receipt("j1:2")
    assert bench.wire.ids() == ["j1:1", "j1:2", "j1:3", "j1:4", "j1:1", "j1:3"]


def test_a_live_record_that_is_late_is_sent_again_though_it_was_no_backlog(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:1", "j1:2", "j1:3")
    bench.add(1)
    bench.uplink.drain()
    bench.now_s += 5.1
    bench.uplink.drain()
    assert bench.wire.ids()[3:] == ["j1:4", "j1:4"]


def test_between_late_records_one_that_was_sent_lately_is_passed_over(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()  # at 100.0 s: 1, 2, 3
    for at_s, added, sent in (
        (104.0, 1, ["j1:4"]),
        (105.0, 1, ["j1:5"]),
        (105.1, 0, ["j1:1", "j1:2", "j1:3"]),
        (109.2, 0, ["j1:4"]),
        (110.2, 0, ["j1:1", "j1:2", "j1:3", "j1:5"]),
    ):
        before = len(bench.wire.ids())
        bench.now_s = at_s
        bench.add(added)
        bench.uplink.drain()
        assert bench.wire.ids()[before:] == sent, at_s
