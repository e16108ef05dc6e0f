"""The centre killed under load at moments of chance: what was resent changes nothing, nothing is lost."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, select

from central import database, schema
from edge import messages
from edge.messages import CentreState, Receipts
from tests.unit.central.journeys import START, closed, decided
from tests.wire.central.centre_process import Plant

KILLS = 10
ON_THE_WAY = 300  # messages sent and not receipted, at most

pytestmark = pytest.mark.timeout(300)


class Outbox:
    """Sends what it holds until it is receipted, as a line does; everything again when the centre is back."""

    def __init__(self, plant: Plant) -> None:
        self.pending: dict[str, bytes] = {}
        self.receipted: set[str] = set()
        self.sent = 0
        self.ready = False
        self._changed = threading.Condition()
        self._ended = False
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="line", clean_session=True)
        self._client.max_inflight_messages_set(ON_THE_WAY)
        self._client.username_pw_set(plant.mosquitto.username, plant.mosquitto.password)
        self._client.on_message = self._heard
        self._client.connect(plant.mosquitto.host, plant.mosquitto.port)
        self._client.subscribe([(messages.topic("demo", "L1", "receipts"), 1), ("redpeak/v1/demo/state", 1)])
        self._client.loop_start()
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()

    def end(self) -> None:
        """Take nothing more in; what is held goes on."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._feeder.join(10)

    def close(self) -> None:
        self.end()
        self._client.disconnect()
        self._client.loop_stop()

    def _feed(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._ended or (self.ready and len(self.pending) < ON_THE_WAY), timeout=60
                )
                if self._ended:
                    return
                number = self.sent // 2
                message = closed if self.sent % 2 else decided
                self._take(f"e{self.sent}", message(f"p{number}", tracking_id=number, waybill=None))

    def _take(self, id: str, message: messages.Event) -> None:
        self.pending[id] = messages.wrap(message, id=id, source="/demo/L1", time=START, sequence=self.sent)
        self.sent += 1
        self._publish(self.pending[id])

    def _publish(self, payload: bytes) -> None:
        self._client.publish(messages.topic("demo", "L1", "events"), payload, qos=1)

    def _heard(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        envelope = messages.envelope(bytes(message.payload))
        with self._changed:
            if message.topic.endswith("receipts"):
                for id in messages.data(envelope, Receipts).ids:
                    self.receipted.add(id)
                    self.pending.pop(id, None)
            else:
                came = messages.data(envelope, CentreState).ready and not self.ready
                self.ready = messages.data(envelope, CentreState).ready
                for payload in list(self.pending.values()) if came else ():
                    self._publish(payload)
            self._changed.notify_all()


@pytest.fixture
def outbox(plant: Plant) -> Iterator[Outbox]:
    outbox = Outbox(plant)
    yield outbox
    outbox.close()


@pytest.fixture
def engine(plant: Plant) -> Iterator[Engine]:
    engine = database.connect("sqlite:///central.db", plant.data)
    yield engine
    engine.dispose()


def stored(engine: Engine) -> dict[str, datetime]:
    """When each envelope was received that is in the database."""
    events = schema.events
    with engine.connect() as connection:
        return {row.envelope_id: row.received_at for row in connection.execute(select(events))}


def test_killed_anywhere_it_loses_nothing_and_takes_nothing_twice(
    plant: Plant, outbox: Outbox, engine: Engine, wait_until: Callable[..., None]
) -> None:
    chance = random.Random(20261123)
    known: dict[str, datetime] = {}
    unreceipted = 0
    kills = 0
    while kills < KILLS or (unreceipted == 0 and kills < 4 * KILLS):
        kills += 1
        with plant.centre() as centre:
            wait_until(lambda: outbox.ready, "the centre is ready", 60)
            enough = len(outbox.receipted) + chance.randrange(1, 1_500)
            wait_until(lambda wanted=enough: len(outbox.receipted) >= wanted, "results are receipted", 60)
            centre.kill()
            centre.wait()
        wait_until(lambda: not outbox.ready, "its last will, after all it had said", 60)
        now = stored(engine)
        assert outbox.receipted <= now.keys()  # a receipt means: it is on disk
        assert known.items() <= now.items()  # what was sent again changed nothing
        unreceipted += len(now.keys() - outbox.receipted)
        known = now
    assert unreceipted, "no kill came between a commit and its receipts"
    outbox.end()
    with plant.centre():
        wait_until(lambda: not outbox.pending, "everything is receipted", 60)
    assert stored(engine).keys() == outbox.receipted == {f"e{number}" for number in range(outbox.sent)}
    passages = schema.passages
    with engine.connect() as connection:
        rows = connection.execute(select(passages.c.passage_id, passages.c.revision, passages.c.closed_at))
        found = {row.passage_id: row.closed_at is not None for row in rows}
        assert connection.execute(select(schema.quarantine)).first() is None
    assert found == {f"p{number}": 2 * number + 1 < outbox.sent for number in range((outbox.sent + 1) // 2)}
