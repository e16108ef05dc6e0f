"""A TCP link that can be cut, a process: SIGUSR1 lets everything vanish without a word, SIGUSR2 mends it.

While it is cut both ends stay connected and hear nothing, and new connections find nobody behind: a pulled
cable or a frozen switch, not a closed port. Connections that lost bytes are ended when it is mended.
"""

import argparse
import asyncio
import signal
from contextlib import suppress


class CutLink:
    """Forwards connections to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._cut = False
        self._marred: set[asyncio.StreamWriter] = set()  # ends of connections that lost something

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._cut = True

    def mend(self) -> None:
        """Everything gets through again, on new connections."""
        self._cut = False
        for writer in self._marred:
            writer.transport.abort()
        self._marred.clear()

    async def serve(self, port: int) -> None:
        """Listen until cancelled."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        async with server:
            await server.serve_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self._marred.add(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        await asyncio.gather(self._pump(reader, far_writer, pair), self._pump(far_reader, writer, pair))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        with suppress(OSError):
            while content := await reader.read(65536):
                if self._cut:
                    self._marred.update(pair)
                elif writer not in self._marred:
                    writer.write(content)
                    await writer.drain()
        if self._cut:
            self._marred.update(pair)
        else:
            writer.close()


async def _run(port: int, target: int) -> None:
    link = CutLink(target)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, link.cut)
    loop.add_signal_handler(signal.SIGUSR2, link.mend)
    serving = asyncio.create_task(link.serve(port))
    loop.add_signal_handler(signal.SIGTERM, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("target", type=int)
    given = parser.parse_args()
    asyncio.run(_run(given.port, given.target))


if __name__ == "__main__":
    main()
