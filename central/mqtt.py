"""The centre's end of the broker: what the lines say comes in, receipts, clearance and answers go out.

MQTT 3.1.1, QoS 1, a persistent session under a fixed client id, so that a broker queues while the centre
starts again. None of that is relied on: an edge sends until it has a receipt.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from central.incoming import Incoming
from central.mqtt_socket import BulkClient
from config.settings import Broker
from edge import messages
from edge.messages import CentreState

_log = structlog.get_logger(__name__)

_KEEPALIVE_S = 20
_LONGEST_MESSAGE = 4_194_304


class Link:
    """One connection to the broker that heals itself; satisfies `central.interfaces.LineLink`.

    Args:
        instance: this run of the centre, as `CentreState` names it.
        on_message: takes a message in; called in the network thread, may block to slow the broker.
        on_connected: called in the network thread after each connection, when subscriptions are asked for.
    """

    def __init__(
        self,
        broker: Broker,
        site: str,
        *,
        password: str,
        instance: str,
        clock: Callable[[], datetime],
        on_message: Callable[[Incoming], object],
        on_connected: Callable[[], None] = lambda: None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._broker = broker
        self._site = site
        self._clock = clock
        self._on_message = on_message
        self._on_connected = on_connected
        self._new_id = new_id
        self._connected_now = False
        self._client = BulkClient(
            CallbackAPIVersion.VERSION2,
            client_id=f"redpeak-{site}-centre",
            clean_session=False,
            protocol=MQTTv311,
        )
        client = self._client
        client.username_pw_set(broker.username, password)
        client.reconnect_delay_set(min_delay=1, max_delay=8)
        client.max_queued_messages_set(20_000)
        client.max_inflight_messages_set(500)
        gone = CentreState(ready=False, at=clock(), clearance_number=0, instance=instance)
        client.will_set(messages.centre_topic(site), self._wrapped(gone), qos=1, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in and not gone since."""
        return self._connected_now

    def start(self) -> None:
        """Begin to connect; a broker that is not there yet is waited for."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye properly: the last will stays unsaid. May be called twice."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, line: str, channel: str, message: Struct) -> bool:
        """Publish to one line; False when it cannot be handed to the broker now."""
        return self._publish(messages.topic(self._site, line, channel), message, retain=False)

    def announce(self, state: CentreState, *, wait_s: float = 0.0) -> bool:
        """Publish the retained state; `wait_s` waits for the broker to have it."""
        return self._publish(messages.centre_topic(self._site), state, retain=True, wait_s=wait_s)

    def _publish(self, topic: str, message: Struct, *, retain: bool, wait_s: float = 0.0) -> bool:
        if not self.connected:  # paho would queue it in memory: an old receipt or state serves nobody
            return False
        sent = self._client.publish(topic, self._wrapped(message), qos=1, retain=retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        if wait_s:
            try:
                sent.wait_for_publish(wait_s)
            except (RuntimeError, ValueError):
                return False
        return True

    def _wrapped(self, message: Struct) -> bytes:
        return messages.wrap(message, id=self._new_id(), source=f"/{self._site}", time=self._clock())

    def _connected(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("broker_refused_connection", reason=str(reason))
            return
        every_line = "+"
        client.subscribe(
            [(messages.topic(self._site, every_line, channel), 1) for channel in ("events", "state")]
        )
        self._connected_now = True
        _log.info("broker_connected", host=self._broker.host, port=self._broker.port)
        self._on_connected()

    def _disconnected(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected_now = False
        _log.warning("broker_disconnected", reason=str(reason))

    def _received(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        *_, line, channel = message.topic.split("/")
        try:
            self._on_message(
                Incoming(
                    line=line,
                    channel=channel,
                    payload=bytes(message.payload[:_LONGEST_MESSAGE]),
                    received_at=self._clock(),
                )
            )
        except Exception:
            _log.exception("message_not_taken")  # paho's thread must live; the edge sends it again
