"""A line's ear, a process: hears a line's records at the broker and receipts them.

It says that a centre is ready and the clearance list current, notes when each record arrived, and sends the
receipts of what came in a moment together; without them the line's outbox would fill its window and stop.
"""

import argparse
import signal
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.load import load_site
from config.settings import Site
from edge import messages
from edge.messages import CentreState, Receipts
from tests.bench.rig.broker import send_at_once
from tests.bench.rig.hearing import heard
from tests.bench.rig.marks import Writer
from tests.bench.rig.papers import LIST_NUMBER

_TOGETHER_S = 0.01  # records that come within so long are receipted together
_STATE_S = 2.0


class Ear:
    """One subscriber; paho's thread listens, the caller's thread receipts."""

    def __init__(self, site: Site, password: str, notes: Writer) -> None:
        self._site, self._notes = site, notes
        self._line = site.lines[0].id
        self._instance = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="bench-ear", clean_session=False)
        self._client.username_pw_set(site.broker.username, password)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._connected
        self._client.on_socket_open = send_at_once
        self._client.on_message = self._received

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set."""
        self._client.connect_async(self._site.broker.host, self._site.broker.port, keepalive=10)
        self._client.loop_start()
        said_s = time.monotonic()
        while not stop.wait(_TOGETHER_S):
            with self._lock:
                ids, self._waiting = self._waiting, []
                self._notes.flush()
            if ids and self._client.is_connected():
                topic = messages.topic(self._site.id, self._line, "receipts")
                self._client.publish(topic, self._wrapped(Receipts(tuple(ids))), qos=1)
            if time.monotonic() - said_s > _STATE_S:
                said_s = time.monotonic()
                self._announce()
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _extra: Properties | None
    ) -> None:
        if not code.is_failure:
            client.subscribe(messages.topic(self._site.id, self._line, "events"), qos=1)
            self._announce()

    def _announce(self) -> None:
        if self._client.is_connected():
            state = CentreState(True, datetime.now(UTC), LIST_NUMBER, self._instance)
            self._client.publish(
                messages.centre_topic(self._site.id), self._wrapped(state), qos=1, retain=True
            )

    def _wrapped(self, message: Receipts | CentreState) -> bytes:
        return messages.wrap(message, id=uuid.uuid4().hex, source=f"/{self._site.id}", time=datetime.now(UTC))

    def _received(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        at_s = time.monotonic()
        envelope = messages.envelope(bytes(message.payload))
        event = messages.event(envelope)
        with self._lock:
            self._notes.write(heard(event, envelope, at_s))
            self._waiting.append(envelope.id)


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("site", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("notes", type=Path)
    given = parser.parse_args()
    site = load_site(given.site)
    password = (given.data / site.broker.password_file).read_text("utf-8").strip()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with Writer(given.notes) as notes:
        Ear(site, password, notes).run(stop)


if __name__ == "__main__":
    main()
