"""paho's client, reading and acknowledging many messages with few calls of the system.

paho takes a packet byte by byte from the socket and sends each acknowledgement by itself. Every such call
gives the interpreter away while the writer wants it, which costs more than what is read.
"""

import socket
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

_AHEAD = 65_536  # bytes read at once
_PACKETS = 200  # read at most before acknowledgements go out


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

    def _create_socket_connection(self) -> socket.socket:
        connection = super()._create_socket_connection()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # receipts go at once
        return _ReadAhead(connection)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        result = super().loop_read(max_packets)
        for _ in range(_PACKETS):
            connection: Any = self.socket()
            if result or not isinstance(connection, _ReadAhead) or not connection.pending():
                break
            result = super().loop_read(max_packets)
        return result

    def loop_write(self) -> MQTTErrorCode:
        connection: Any = self.socket()
        if connection is None:
            return super().loop_write()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        try:
            return super().loop_write()
        finally:
            if connection.fileno() >= 0:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
