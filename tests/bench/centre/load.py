"""The load of the ingest benchmark, a process: all lines' records, published and awaited as outboxes do it.

Each line has a window of records sent and not yet receipted, as the edge's uplink has, and sends again what
was not receipted in time. It prints `began`, and at the end one line of JSON, an `Outcome`.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.load import load_site
from config.settings import Site
from edge import messages
from edge.messages import CentreState, Receipts
from tests.bench.centre import stream
from tests.bench.rig.broker import send_at_once

WINDOW = 200  # records of a line, as edge.uplink has it
_RESEND_S = 5.0
_INFLIGHT = 20  # of a line, unacknowledged by the broker: paho's own default, which the edge keeps
_DRAIN_S = 20.0
_READY_S = 30.0


class Task(Struct, frozen=True):
    """What to send. `first`, `last`: of each line's items; `rate`: records a second of all lines together, 0
    for as many as go.
    """

    site: str
    data: str
    first: int
    last: int
    first_sequence: int
    warm_s: float
    seconds: float
    rate: float


class Outcome(Struct, frozen=True):
    """What came of it; times are seconds since the measured span began."""

    receipted_s: list[float]
    latencies_s: list[float]  # from handing a record to MQTT to its receipt, of those receipted in the span
    sent: int
    resent: int
    unreceipted: int
    used_s: float  # processor time of this process in the span
    next_item: int  # the first of each line's items that was not touched
    next_sequence: int


class _Outbox:
    """One line's records: what was sent, what waits for its receipt."""

    def __init__(self, line: str, first: int, last: int, sequence: int) -> None:
        self.line = line
        self._first, self._last, self._first_sequence = first, last, sequence
        self.sent = 0
        self.waiting: dict[int, float] = {}  # sequence → when it was sent first

    @property
    def exhausted(self) -> bool:
        """Whether the items given to it are used up."""
        return self._first + stream.nth(self.sent)[0] >= self._last

    @property
    def next_item(self) -> int:
        """The first item of which nothing was sent."""
        return self._first + max(stream.nth(n)[0] for n in range(max(0, self.sent - 2), self.sent + 1)) + 1

    @property
    def next_sequence(self) -> int:
        """The first sequence not used."""
        return self._first_sequence + self.sent

    def content(self, sequence: int, lines: int) -> bytes:
        """The envelope of a sequence, the same whenever it is made."""
        item, kind = stream.nth(sequence - self._first_sequence)
        at = stream.Place(self.line, self._first + item)
        return stream.envelope(stream.number(at, lines), kind, lines, sequence)


class Load:
    """The publisher; everything happens in `run`'s thread."""

    def __init__(self, site: Site, password: str, task: Task) -> None:
        self._site, self._task = site, task
        self._outboxes = {
            line.id: _Outbox(line.id, task.first, task.last, task.first_sequence) for line in site.lines
        }
        self._begun_s = self._now_s = 0.0
        self._receipts: list[tuple[float, float]] = []  # when, and after how long
        self._resent = 0
        self._ready = False
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="bench-load")
        self._client.username_pw_set(site.broker.username, password)
        self._client.max_inflight_messages_set(_INFLIGHT * len(site.lines))
        self._client.on_connect = self._connected
        self._client.on_socket_open = send_at_once
        self._client.on_message = self._received

    def run(self) -> Outcome:
        """Warm up, measure, wait for what is on the way."""
        self._client.connect(self._site.broker.host, self._site.broker.port)
        begun_s = time.monotonic()
        while not self._ready:
            self._client.loop(0.05)
            if time.monotonic() - begun_s > _READY_S:
                raise TimeoutError("the centre does not say that it is ready")
        self._begun_s = time.monotonic()
        self._publish_until(self._task.warm_s)
        print("began", flush=True)
        used_s = time.process_time()
        self._publish_until(self._task.warm_s + self._task.seconds)
        used_s = time.process_time() - used_s
        print("ended", flush=True)
        end_s = time.monotonic() + _DRAIN_S
        while self._waiting and time.monotonic() < end_s:
            self._turn()
        self._client.disconnect()
        return self._outcome(used_s)

    @property
    def _waiting(self) -> int:
        return sum(len(outbox.waiting) for outbox in self._outboxes.values())

    def _publish_until(self, end_s: float) -> None:
        while (now_s := time.monotonic() - self._begun_s) < end_s:
            allowed = int(self._task.rate * now_s) if self._task.rate else sys.maxsize
            for outbox in self._outboxes.values():
                self._fill(outbox, allowed // len(self._outboxes))
            self._turn()

    def _turn(self) -> None:
        self._client.loop(0.001 if self._task.rate else 0.005)
        now_s = time.monotonic()
        for outbox in self._outboxes.values():
            oldest = next(iter(outbox.waiting.items()), None)
            if oldest is not None and now_s - oldest[1] > _RESEND_S:
                for sequence in list(outbox.waiting):
                    self._publish(outbox, sequence)
                    self._resent += 1

    def _fill(self, outbox: _Outbox, allowed: int) -> None:
        while len(outbox.waiting) < WINDOW and outbox.sent < allowed:
            if outbox.exhausted:
                raise RuntimeError("more records were taken than papers were prepared for; prepare more")
            sequence = outbox.next_sequence
            self._publish(outbox, sequence)
            outbox.sent += 1

    def _publish(self, outbox: _Outbox, sequence: int) -> None:
        content = outbox.content(sequence, len(self._outboxes))
        outbox.waiting[sequence] = time.monotonic()
        self._client.publish(messages.topic(self._site.id, outbox.line, "events"), content, qos=1)

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _extra: Properties | None
    ) -> None:
        if code.is_failure:
            raise ConnectionError(f"the broker refused: {code}")
        channels = ("receipts", "clearance")  # an edge takes both
        topics = [messages.topic(self._site.id, line, name) for line in self._outboxes for name in channels]
        client.subscribe([(each, 1) for each in (*topics, messages.centre_topic(self._site.id))])

    def _received(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic == messages.centre_topic(self._site.id):
            self._ready = messages.data(messages.envelope(bytes(message.payload)), CentreState).ready
        elif message.topic.endswith("/receipts"):
            now_s = time.monotonic()
            outbox = self._outboxes[message.topic.split("/")[-2]]
            for each in messages.data(messages.envelope(bytes(message.payload)), Receipts).ids:
                sent_s = outbox.waiting.pop(int(each.rpartition(":")[2]), None)
                if sent_s is not None:
                    self._receipts.append((now_s, now_s - sent_s))

    def _outcome(self, used_s: float) -> Outcome:
        start_s = self._begun_s + self._task.warm_s
        inside = [
            (at_s - start_s, latency_s)
            for at_s, latency_s in self._receipts
            if 0 <= at_s - start_s < self._task.seconds
        ]
        outboxes = self._outboxes.values()
        return Outcome(
            receipted_s=[at_s for at_s, _ in inside],
            latencies_s=[latency_s for _, latency_s in inside],
            sent=sum(outbox.sent for outbox in outboxes),
            resent=self._resent,
            unreceipted=self._waiting,
            used_s=used_s,
            next_item=max(outbox.next_item for outbox in outboxes),
            next_sequence=max(outbox.next_sequence for outbox in outboxes),
        )


def main(arguments: Sequence[str]) -> None:
    """Carry out the task given as JSON."""
    task = msgspec.json.decode(arguments[0], type=Task)
    site = load_site(Path(task.site))
    password = (Path(task.data) / site.broker.password_file).read_text("utf-8").strip()
    print(msgspec.json.encode(Load(site, password, task).run()).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
