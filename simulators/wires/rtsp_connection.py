"""One viewer's RTSP connection: its requests answered, the live stream's packets between the answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.wires.rtsp_packets import Packetiser
from simulators.wires.rtsp_requests import (
    METHODS,
    OK,
    Request,
    RequestRefusedError,
    description,
    interleaved_channel,
    parse_request,
    response,
)

_MOST_UNSENT = 1 << 20  # bytes waiting for a slow viewer; it then misses pictures until the next key picture
_LONGEST_BODY = 1 << 16
_INTERLEAVED = b"$"


@dataclass
class Live:
    """The stream on offer, as all its connections see it."""

    host: str
    path: str
    packetiser: Packetiser
    pictures_a_second: float
    parameter_sets: tuple[bytes, bytes]
    next_timestamp: int = 0  # of the picture to come
    speaking: asyncio.Event = field(default_factory=asyncio.Event)  # clear: nothing is sent, nor answered


class Connection:
    """A client of the stream; it sees pictures from the first key picture after its PLAY."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, live: Live, session: str
    ) -> None:
        self._reader, self._writer, self._live, self._session = reader, writer, live, session
        self._channel: int | None = None  # of RTP; set by SETUP
        self._waits_for_key = False
        self.playing = False

    @property
    def key_wanted(self) -> bool:
        """Whether it can begin, or go on, only with a key picture, and has room for one."""
        return self.playing and self._waits_for_key and self._unsent < _MOST_UNSENT // 2

    async def serve(self) -> None:
        """Answer requests until the client leaves, or says what is no RTSP."""
        try:
            while await self._answer_next():
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # it left
        except (RequestRefusedError, asyncio.LimitOverrunError):
            self._writer.write(response(400, "0", {}))
        finally:
            self.close()

    def send(self, packets: Sequence[bytes], report: bytes, *, key: bool) -> None:
        """Send a picture; a report of its time goes with each key picture."""
        if self._channel is None or not self.playing or self._writer.is_closing():
            return
        full = self._unsent > _MOST_UNSENT
        self._waits_for_key = full or (self._waits_for_key and not key)
        if self._waits_for_key:
            return
        framed = [_framed(self._channel, packet) for packet in packets]
        if key:
            framed.append(_framed(self._channel + 1, report))
        self._writer.write(b"".join(framed))

    def close(self) -> None:
        """Hang up; may be called twice."""
        self.playing = False
        self._writer.close()

    @property
    def _unsent(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    async def _answer_next(self) -> bool:
        start = await self._reader.readexactly(1)
        if start == _INTERLEAVED:  # the client's own RTCP
            header = await self._reader.readexactly(3)
            await self._reader.readexactly(int.from_bytes(header[1:], "big"))
            return True
        request = parse_request(start + await self._reader.readuntil(b"\r\n\r\n"))
        if request.body_length > _LONGEST_BODY:
            raise RequestRefusedError(400)
        await self._reader.readexactly(request.body_length)
        await self._live.speaking.wait()
        cseq = request.headers.get("cseq", "0")
        try:
            answer = self._answer(request, cseq)
        except RequestRefusedError as refusal:
            allow = {"Allow": ", ".join(METHODS)} if refusal.status == 405 else {}
            answer = response(refusal.status, cseq, allow)
        self._writer.write(answer)
        return request.method != "TEARDOWN"

    def _answer(self, request: Request, cseq: str) -> bytes:
        live = self._live
        if request.method not in METHODS:
            raise RequestRefusedError(405)
        if request.method == "OPTIONS":
            return response(OK, cseq, {"Public": ", ".join(METHODS)})
        if request.path not in (live.path, f"{live.path}/video"):
            raise RequestRefusedError(404)
        base = f"rtsp://{live.host}{live.path}/"
        session = {"Session": f"{self._session};timeout=60"}
        match request.method:
            case "DESCRIBE":
                body = description(live.host, "belt camera", live.parameter_sets, live.pictures_a_second)
                return response(OK, cseq, {"Content-Base": base, "Content-Type": "application/sdp"}, body)
            case "SETUP":
                channel = self._channel = interleaved_channel(request.headers.get("transport", ""))
                transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
                return response(OK, cseq, {"Transport": transport, **session})
            case _:
                self._require_session(request)
        if request.method == "PLAY":
            self.playing = self._waits_for_key = True
            sequence, timestamp = live.packetiser.next_sequence, live.next_timestamp & 0xFFFFFFFF
            info = f"url={base}video;seq={sequence};rtptime={timestamp}"
            return response(OK, cseq, {**session, "Range": "npt=now-", "RTP-Info": info})
        return response(OK, cseq, session)  # GET_PARAMETER, the usual sign of life, and TEARDOWN

    def _require_session(self, request: Request) -> None:
        if self._channel is None:
            raise RequestRefusedError(455)
        if request.headers.get("session", "").partition(";")[0] != self._session:
            raise RequestRefusedError(454)


def _framed(channel: int, packet: bytes) -> bytes:
    """A packet between RTSP messages: `$`, channel, length."""
    return _INTERLEAVED + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet
