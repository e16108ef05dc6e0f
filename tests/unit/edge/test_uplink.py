"""The uplink: a row leaves the outbox only on the centre's receipt, and everything else is sent again."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from edge import messages
from edge.journal import Entry, Journal
from edge.messages import AlarmRaised, CentreState, ClearanceDelta, Receipts, SignedCommand
from edge.uplink import Arrivals, Uplink

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Wire:
    """An MQTT client that only remembers; the test is the broker."""

    def __init__(self) -> None:
        self.is_connected = False
        self.sent: list[tuple[str, bytes, bool]] = []
        self.topics: list[str] = []

    def start(self, connected: Callable[[], None], received: Callable[[str, bytes], None]) -> None:
        self.connected, self.received = connected, received

    def connect(self) -> None:
        self.is_connected = True
        self.connected()

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None:
        self.sent.append((topic, content, retain))

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
    assert len(bench.wire.ids()) == 200
    bench.receipt(*(f"j1:{number}" for number in range(1, 151)))
    assert len(bench.wire.ids()) == 350


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
