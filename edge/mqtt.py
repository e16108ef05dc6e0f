"""MQTT through paho: one connection with a last will; what its thread hears is brought into the loop."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.settings import Broker

_log = structlog.get_logger(__name__)


class PahoClient:
    """Satisfies `edge.uplink.MqttClient`.

    Args:
        broker: where it is.
        password: for `broker.username`.
        client_id: no personal data; unique at the broker.
        will: topic and content published, retained, if we vanish.
        loop: the loop in which the callbacks are to run.
    """

    def __init__(
        self,
        broker: Broker,
        password: str,
        client_id: str,
        will: tuple[str, bytes],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._broker, self._loop = broker, loop
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        self._client.username_pw_set(broker.username, password)
        self._client.will_set(will[0], will[1], qos=1, retain=True)
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.max_queued_messages_set(1000)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._connected: Callable[[], None] = lambda: None
        self._received: Callable[[str, bytes], None] = lambda topic, content: None

    def start(self, connected: Callable[[], None], received: Callable[[str, bytes], None]) -> None:
        """Connect in the background and keep connected."""
        self._connected, self._received = connected, received
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=10)
        self._client.loop_start()

    def subscribe(self, topics: list[str]) -> None:
        """Subscribe at QoS 1."""
        self._client.subscribe([(topic, 1) for topic in topics])

    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None:
        """Hand a message to paho; only the centre's receipt tells of delivery, so its result is not used."""
        self._client.publish(topic, content, qos=qos, retain=retain)

    @property
    def is_connected(self) -> bool:
        """Whether the broker accepted us and the connection stands."""
        return self._client.is_connected()

    def stop(self) -> None:
        """Disconnect after what was handed over is written."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            _log.error("broker_refused", reason=str(code))
        else:
            self._loop.call_soon_threadsafe(self._connected)

    def _on_disconnect(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            _log.warning("broker_lost", reason=str(code))

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self._received, message.topic, bytes(message.payload))


def _send_at_once(_client: Client, _userdata: object, connection: object) -> None:
    """A record does not wait for the broker's delayed acknowledgement (40 ms on Linux)."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
