"""An uplink with a journal of some alarms; the test is broker and centre."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from edge import messages
from edge.journal import Entry, Journal
from edge.messages import (
    AlarmRaised,
    CentreState,
    ClearanceDelta,
    Event,
    Receipts,
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
