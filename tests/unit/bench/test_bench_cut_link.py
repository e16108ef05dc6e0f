"""The link that can be cut: silent while it is cut, ended where bytes were lost, whole again afterwards."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest

from tests.bench.rig.site import free_port
from tests.bench.sorting_rig.cut_link import CutLink

_SILENCE_S = 0.1


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while content := await reader.read(100):
        writer.write(content)
    writer.close()


@pytest.fixture
async def linked() -> AsyncGenerator[tuple[CutLink, int]]:
    echo = await asyncio.start_server(_echo, "127.0.0.1", 0)
    link, port = CutLink(echo.sockets[0].getsockname()[1]), free_port()
    serving = asyncio.create_task(link.serve(port))
    await asyncio.sleep(0)
    yield link, port
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    echo.close()


async def _end(reader: asyncio.StreamReader) -> bytes:
    """What still comes before the connection ends, in order or by a reset."""
    try:
        return await reader.read(100)
    except ConnectionResetError:
        return b""


async def _ask(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect once the link listens."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)


async def test_a_cut_link_is_silent_and_a_mended_one_works(linked: tuple[CutLink, int]) -> None:
    link, port = linked
    reader, writer = await _ask(port)
    writer.write(b"one")
    assert await reader.read(100) == b"one"
    link.cut()
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(100), _SILENCE_S)
    late_reader, late_writer = await _ask(port)  # accepted, and nobody behind it
    late_writer.write(b"three")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(late_reader.read(100), _SILENCE_S)
    link.mend()
    for lost in (reader, late_reader):
        assert await asyncio.wait_for(_end(lost), 5) == b""
    fresh_reader, fresh_writer = await _ask(port)
    fresh_writer.write(b"four")
    assert await asyncio.wait_for(fresh_reader.read(100), 5) == b"four"
    for each in (writer, late_writer, fresh_writer):
        each.close()
        with suppress(ConnectionError):
            await each.wait_closed()
    assert await asyncio.wait_for(_end(fresh_reader), 5) == b""
