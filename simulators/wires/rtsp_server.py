"""Serves one live H.264 stream over RTSP/1.0 to several viewers, RTP interleaved on the same TCP connection.

Such a server is a camera's end of the wire: it belongs to the plant and is meant for loopback.
"""

import asyncio
from collections.abc import Sequence
from random import Random

from simulators.wires.rtsp_connection import Connection, Live
from simulators.wires.rtsp_packets import Packetiser

_LONGEST_HEAD = 1 << 14


class RtspServer:
    """A stream at `rtsp://host:port/path`.

    Args:
        host, port: where to listen; port 0 takes a free one.
        path: begins with a slash.
        parameter_sets: the stream's SPS and PPS.
        pictures_a_second: for its description.
        random: for the stream's and the sessions' names and the first numbers (RFC 3550 wants them random).
    """

    def __init__(
        self,
        host: str,
        port: int,
        path: str,
        parameter_sets: tuple[bytes, bytes],
        pictures_a_second: float,
        random: Random,
    ) -> None:
        self._host, self._port, self._random = host, port, random
        packetiser = Packetiser(ssrc=random.getrandbits(32), first_sequence=random.getrandbits(16))
        self._live = Live(host, path, packetiser, pictures_a_second, parameter_sets)
        self._live.speaking.set()
        self._name = f"belt@{host}"
        self._first_timestamp = random.getrandbits(32)
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._refusing = False

    @property
    def port(self) -> int:
        """Where it listens; before `start`, where it was told to."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else self._port

    @property
    def watched(self) -> bool:
        """Whether anybody plays the stream."""
        return any(connection.playing for connection in self._connections)

    @property
    def key_wanted(self) -> bool:
        """Whether a viewer can begin, or go on, only with a key picture."""
        return any(connection.key_wanted for connection in self._connections)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=_LONGEST_HEAD)

    async def stop(self) -> None:
        """Hang up on everybody and listen no more; may be called twice."""
        if self._server:
            self._server.close()
        self._live.speaking.set()
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    def send(
        self, units: Sequence[bytes], timestamp: int, *, following: int, key: bool, wall_s: float
    ) -> None:
        """Send one picture to all who play.

        Args:
            units: its NAL units.
            timestamp, following: its time and that of the next, in 1/90,000 s from any origin.
            key: whether decoding can begin with it.
            wall_s: Unix time at which it was taken.
        """
        on_wire = timestamp + self._first_timestamp
        self._live.next_timestamp = following + self._first_timestamp
        packets = self._live.packetiser.packets(units, on_wire)
        report = self._live.packetiser.sender_report(wall_s, on_wire, self._name)
        for connection in self._connections:
            connection.send(packets, report, key=key)

    def offer(self, parameter_sets: tuple[bytes, bytes]) -> None:
        """Describe the stream with these from now on; who plays it finds them in the stream."""
        self._live.parameter_sets = parameter_sets

    def speak(self, *, speaking: bool) -> None:
        """Answer requests, or leave them unanswered while connections stay open."""
        if speaking:
            self._live.speaking.set()
        else:
            self._live.speaking.clear()

    def refuse(self, *, refusing: bool) -> None:
        """Hang up on everybody, and at once on whoever comes, until told otherwise."""
        self._refusing = refusing
        if refusing:
            for connection in self._connections:
                connection.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.close()
            return
        session = f"{self._random.getrandbits(64):016x}"
        connection = Connection(reader, writer, self._live, session)
        task = asyncio.create_task(connection.serve(), name="rtsp viewer")
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._connections.pop(connection, None))
