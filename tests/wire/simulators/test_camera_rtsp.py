"""The plant's RTSP server on a TCP connection, byte by byte: methods, refusals, several and slow viewers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

import pytest

from simulators.wires.rtsp_server import RtspServer

SETS = bytes.fromhex("6742c01fda"), bytes.fromhex("68ce0f")
KEY = [*SETS, b"\x65" + bytes(range(1, 200)) * 20]
BETWEEN = [b"\x41" + bytes(range(1, 200))]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Viewer:
    """A client that speaks RTSP by hand."""

    def __init__(self, port: int) -> None:
        self.url = f"rtsp://127.0.0.1:{port}/belt"
        self._port = port
        self._count = 0

    async def connect(self) -> "Viewer":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, method: str, *headers: str, url: str | None = None) -> Answer:
        self._count += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self._count}", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode())
        answer = await self.answer()
        assert answer.headers["cseq"] == str(self._count)
        return answer

    async def answer(self) -> Answer:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(first.split(" ")[1]), headers, body)

    async def play(self, channel: int = 0) -> str:
        transport = f"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        setup = await self.ask("SETUP", transport, url=f"{self.url}/video")
        assert setup.status == 200
        session = setup.headers["session"].partition(";")[0]
        assert (await self.ask("PLAY", f"Session: {session}")).status == 200
        return session

    async def packet(self) -> tuple[int, bytes]:
        dollar, channel, high, low = await asyncio.wait_for(self.reader.readexactly(4), 5)
        assert dollar == ord("$")
        return channel, await self.reader.readexactly(high << 8 | low)

    async def hung_up(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    made = RtspServer("127.0.0.1", 0, "/belt", SETS, 12.5, Random(1))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def viewer(server: RtspServer) -> AsyncIterator[Viewer]:
    made = await Viewer(server.port).connect()
    yield made
    made.writer.close()


def send(server: RtspServer, units: list[bytes], number: int = 0) -> None:
    server.send(units, number * 7200, following=(number + 1) * 7200, key=units is KEY, wall_s=1e9)


async def test_a_viewer_from_its_first_word_to_its_last(server: RtspServer, viewer: Viewer) -> None:
    assert "DESCRIBE" in (await viewer.ask("OPTIONS")).headers["public"]
    described = await viewer.ask("DESCRIBE", "Accept: application/sdp")
    assert described.headers["content-type"] == "application/sdp"
    assert b"sprop-parameter-sets=Z0LAH9o=,aM4P" in described.body
    assert not server.watched
    session = await viewer.play(channel=4)
    assert server.watched
    assert server.key_wanted
    send(server, BETWEEN)
    send(server, KEY, 1)
    assert not server.key_wanted
    packets = [await viewer.packet() for _ in range(6)]
    assert [channel for channel, _ in packets] == [4] * 5 + [5]  # nothing came of the one before the key
    assert packets[0][1][12:] == SETS[0]
    assert packets[-1][1][1] == 200  # the sender report
    assert (await viewer.ask("GET_PARAMETER", f"Session: {session}")).status == 200
    assert (await viewer.ask("TEARDOWN", f"Session: {session}")).status == 200
    assert await viewer.hung_up()
    assert not server.watched


async def test_play_announces_the_first_packet(server: RtspServer, viewer: Viewer) -> None:
    send(server, KEY, 7)
    setup = await viewer.ask("SETUP", "Transport: RTP/AVP/TCP;interleaved=0-1")
    play = await viewer.ask("PLAY", f"Session: {setup.headers['session']}")
    send(server, KEY, 8)
    _, packet = await viewer.packet()
    assert f"seq={int.from_bytes(packet[2:4], 'big')};" in play.headers["rtp-info"]
    assert play.headers["rtp-info"].endswith(f"rtptime={int.from_bytes(packet[4:8], 'big')}")


async def test_refusals_leave_the_connection_open(viewer: Viewer) -> None:
    assert (await viewer.ask("RECORD")).status == 405
    assert (await viewer.ask("DESCRIBE", url=viewer.url + "x")).status == 404
    assert (await viewer.ask("PLAY")).status == 455
    assert (await viewer.ask("SETUP", "Transport: RTP/AVP;unicast;client_port=5000-5001")).status == 461
    assert (await viewer.ask("SETUP", "Transport: RTP/AVP/TCP")).status == 200
    assert (await viewer.ask("PLAY", "Session: other")).status == 454
    assert (await viewer.ask("OPTIONS")).status == 200


@pytest.mark.parametrize(
    "noise", [b"\x80\x00nonsense\r\n\r\n", b"A" * 40_000, b"OPTIONS * RTSP/1.0\r\nContent-Length: x\r\n\r\n"]
)
async def test_noise_is_hung_up_on_and_harms_nobody(server: RtspServer, viewer: Viewer, noise: bytes) -> None:
    await viewer.play()
    babbler = await Viewer(server.port).connect()
    babbler.writer.write(noise)
    assert (await babbler.answer()).status == 400
    assert await babbler.hung_up()
    babbler.writer.close()
    send(server, KEY)
    assert (await viewer.packet())[0] == 0


async def test_a_clients_own_reports_are_passed_over(viewer: Viewer) -> None:
    viewer.writer.write(b"$\x01\x00\x04abcd")
    assert (await viewer.ask("OPTIONS")).status == 200


async def test_a_viewer_that_does_not_read_misses_pictures_and_holds_nobody_up(
    server: RtspServer, viewer: Viewer
) -> None:
    await viewer.play()
    slow = await Viewer(server.port).connect()
    await slow.play()
    big = [b"\x65" + b"\x55" * 400_000]
    for number in range(40):
        server.send(big, number * 7200, following=0, key=True, wall_s=1e9)
        ended = False
        while not ended:  # the quick one reads each picture to its report
            channel, _ = await viewer.packet()
            ended = channel == 1
    assert not server.key_wanted, "the slow one has no room for a key picture"
    async with asyncio.timeout(5):
        while not server.key_wanted:
            await slow.reader.read(1 << 16)
    send(server, KEY)
    assert not server.key_wanted
    slow.writer.close()


async def test_a_frozen_server_answers_when_it_thaws(server: RtspServer, viewer: Viewer) -> None:
    await viewer.ask("OPTIONS")
    server.speak(speaking=False)
    asked = asyncio.create_task(viewer.ask("DESCRIBE"))
    done, _ = await asyncio.wait({asked}, timeout=0.2)
    assert not done
    server.speak(speaking=True)
    assert (await asked).status == 200


async def test_a_refusing_server_hangs_up_until_it_is_told_otherwise(
    server: RtspServer, viewer: Viewer
) -> None:
    await viewer.ask("OPTIONS")
    server.refuse(refusing=True)
    assert await viewer.hung_up()
    again = await Viewer(server.port).connect()
    assert await again.hung_up()
    again.writer.close()
    server.refuse(refusing=False)
    third = await Viewer(server.port).connect()
    assert (await third.ask("OPTIONS")).status == 200
    third.writer.close()
