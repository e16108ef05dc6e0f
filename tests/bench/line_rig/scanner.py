"""The plant's CT scanner with a stopwatch, a process: notes how long each image took to hand over."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2

from config import logs
from simulators.ct.orders import Ready, Report, Setup, decode_order, encode_line
from simulators.ct.renderer import Renderer, VoxelRenderer
from simulators.ct.scanner import Scanner
from simulators.ct.sender import Handed, Sender
from tests.bench.rig.marks import Stored, Writer


class TimedSender:
    """Times another sender: from the request for an association to the last object's success.

    Args:
        sender: does the work.
        notes: gets a Stored for each image.
        clock: monotonic seconds.
    """

    def __init__(self, sender: Sender, notes: Writer, clock: Callable[[], float]) -> None:
        self._sender, self._notes, self._clock = sender, notes, clock

    def hand_over(self, files: Sequence[Path]) -> Iterator[Handed]:
        """As the other sender."""
        begun_s = self._clock()
        taken = True
        for count, handed in enumerate(self._sender.hand_over(files), start=1):
            taken = taken and handed.delivered
            if count == len(files):
                now_s = self._clock()
                self._notes.write(Stored(now_s, 1000 * (now_s - begun_s), taken))
                self._notes.flush()
            yield handed


class TimedScanner(Scanner):
    """The simulated scanner, its sender timed."""

    def __init__(
        self, setup: Setup, renderer: Renderer, report: Callable[[Report], None], notes: Writer
    ) -> None:
        super().__init__(setup, renderer, report)
        self._sender = TimedSender(self._sender, notes, time.monotonic)


def work(orders: Iterable[bytes], answer: Callable[[bytes], None], notes: Writer) -> None:
    """Take orders, one a line, until they end; the first is the setup."""
    lines = iter(orders)
    setup = decode_order(next(lines))
    if not isinstance(setup, Setup):
        raise ValueError("the scanner is not set up yet")
    scanner = TimedScanner(setup, VoxelRenderer(), lambda report: answer(encode_line(report)), notes)
    answer(encode_line(Ready()))
    for line in lines:
        scanner.take(decode_order(line))
    scanner.close()


def _answer(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    logs.configure("ct-simulator")
    cv2.setNumThreads(1)
    with Writer(Path(sys.argv[1])) as writer:
        work(sys.stdin.buffer, _answer, writer)
