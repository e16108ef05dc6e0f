"""paho's client, reading and acknowledging many messages with few calls of the system.

paho takes a packet byte by byte from the socket and sends each acknowledgement by itself. Every such call
gives the interpreter away while the writer wants it, which costs more than what is read.
"""

import socket
import struct
import time
from typing import Any

from paho.mqtt.client import PUBACK, Client
from paho.mqtt.enums import MQTTErrorCode

_AHEAD = 65_536  # bytes read at once
_AT_ONCE_S = 0.05  # after which acknowledgements go out, however much is here to be read


class _ReadAhead(socket.socket):
    """A TCP connection that reads ahead; `pending` tells paho what is here already, as it does with TLS."""

    def __init__(self, connection: socket.socket) -> None:
        timeout = connection.gettimeout()
        super().__init__(fileno=connection.detach())
        self.settimeout(timeout)
        self._ahead = b""
        self._at = 0

    def pending(self) -> int:
        """Bytes that can be read without the system."""
        return len(self._ahead) - self._at

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        if self._at == len(self._ahead):
            self._ahead, self._at = super().recv(max(bufsize, _AHEAD), flags), 0
        found = self._ahead[self._at : self._at + bufsize]
        self._at += len(found)
        return found


class BulkClient(Client):
    """A client for one that receives much; used as its base is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._acknowledgements: list[bytes] = []

    def _create_socket_connection(self) -> socket.socket:
        self._acknowledgements.clear()  # of the connection before; the broker sends those again
        connection = super()._create_socket_connection()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # receipts go at once
        return _ReadAhead(connection)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take in what is here, and acknowledge it together."""
        end_s = time.monotonic() + _AT_ONCE_S
        result = super().loop_read(max_packets)
        while not result and self._has_more() and time.monotonic() < end_s:
            result = super().loop_read(max_packets)
        if self._acknowledgements and not result:
            packets, self._acknowledgements = b"".join(self._acknowledgements), []
            return self._packet_queue(PUBACK, packets, 0, 0)
        return result

    def _has_more(self) -> bool:
        connection: Any = self.socket()
        return isinstance(connection, _ReadAhead) and connection.pending() > 0

    def _send_puback(self, mid: int) -> MQTTErrorCode:
        self._acknowledgements.append(struct.pack("!BBH", PUBACK, 2, mid))
        return MQTTErrorCode.MQTT_ERR_SUCCESS
