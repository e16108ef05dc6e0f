"""The CT scanner's process: images are made while parcels are on their way, and sent when they are due.

Three threads, each with one task: orders come in, images are rendered, objects are sent. Orders that are due
later wait, so that sendings of different parcels may lie between those of one.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import assert_never

import structlog

from simulators.ct import dicos
from simulators.ct.dicos import Study
from simulators.ct.orders import (
    Forget,
    ObjectSent,
    Order,
    Prepare,
    Ready,
    Report,
    Send,
    Setup,
    decode_order,
    encode_line,
)
from simulators.ct.packing import Parcelled, packed
from simulators.ct.renderer import DualImage, Renderer
from simulators.ct.sender import FolderSender, Handed, Sender, StoreSender

_log = structlog.get_logger()
_FORGET_AFTER_S = 5.0  # late enough for whatever was ordered before
_UUID_BITS = 119  # and three 0: the parts of a study have the numbers after it


class Scanner:
    """One scanner at work.

    Args:
        setup: where objects go.
        renderer: makes the images.
        report: tells the plant; called from the sending thread.
    """

    def __init__(self, setup: Setup, renderer: Renderer, report: Callable[[Report], None]) -> None:
        self._folder = Path(setup.work_folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sender = _sender(setup)
        self._renderer = renderer
        self._report = report
        self._random = Random(f"{setup.seed} studies {time.time_ns()}")  # noqa: S311  names, not secrets
        self._images: dict[int, Future[DualImage]] = {}
        self._studies: dict[tuple[int, int], int] = {}
        self._orders: queue.SimpleQueue[tuple[float, Send | Forget] | None] = queue.SimpleQueue()
        self._drawing = ThreadPoolExecutor(1, "drawing")
        self._sending = threading.Thread(target=self._work_off, name="sending", daemon=True)
        self._sending.start()

    def take(self, order: Order) -> None:
        """Act on an order of the plant."""
        match order:
            case Prepare(key=key, parcel=parcel):
                self._images[key] = self._drawing.submit(self._draw, parcel)
            case Send():
                self._orders.put((order.due_s, order))
            case Forget():
                self._orders.put((time.monotonic() + _FORGET_AFTER_S, order))
            case Setup():
                raise ValueError("the scanner is set up already")
            case _:
                assert_never(order)

    def close(self) -> None:
        """End; what is not sent yet never is."""
        self._orders.put(None)
        self._sending.join()
        self._drawing.shutdown(cancel_futures=True)

    def _draw(self, parcel: Parcelled) -> DualImage:
        return self._renderer.render(packed(parcel), parcel.seed)

    def _work_off(self) -> None:
        """Do each order when it is due."""
        waiting: list[tuple[float, int, Send | Forget]] = []
        count = 0
        while True:
            wait_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            try:
                taken = self._orders.get(timeout=wait_s)
            except queue.Empty:
                order = heappop(waiting)[2]
                if isinstance(order, Send):
                    self._send(order)
                else:
                    self._images.pop(order.key, None)
                continue
            if taken is None:
                return
            count += 1
            heappush(waiting, (taken[0], count, taken[1]))

    def _send(self, order: Send) -> None:
        reported = 0
        try:
            files = self._written(order)
            for energy, handed in zip(order.energies, self._sender.hand_over(files), strict=True):
                self._tell(order, energy, handed)
                reported += 1
            for path in files:
                path.unlink()
        except (OSError, ValueError) as error:  # no room, or no image
            _log.exception("scan_not_sent")
            for energy in order.energies[reported:]:
                self._tell(order, energy, Handed(False, time.monotonic(), type(error).__name__))

    def _written(self, order: Send) -> list[Path]:
        """The order's objects as files, in its order."""
        image = self._images[order.key].result()
        number = self._studies.setdefault((order.key, order.scan), self._random.getrandbits(_UUID_BITS) << 3)
        study = Study(number, order.ooi_id, order.acquired_at, order.duration_s)
        files: list[Path] = []
        for energy in order.energies:
            files.append(self._folder / f"{number:x}-{energy}.dcs")
            volume = image.low if energy == "low" else image.high
            dicos.write(files[-1], volume, energy, study, cut=_breaks_off(order, energy))
        return files

    def _tell(self, order: Send, energy: str, handed: Handed) -> None:
        whole = not _breaks_off(order, energy)
        if not handed.delivered:
            _log.warning("object_not_delivered", energy=energy, whole=whole, why=handed.why)
        self._report(
            ObjectSent(order.key, order.scan, energy, whole, handed.delivered, handed.sent_s, handed.why)
        )


def work(orders: Iterable[bytes], answer: Callable[[bytes], None], renderer: Renderer) -> None:
    """Take orders, one a line, until they end; the first is the setup."""
    scanner: Scanner | None = None
    for line in orders:
        order = decode_order(line)
        if scanner is not None:
            scanner.take(order)
        elif isinstance(order, Setup):
            scanner = Scanner(order, renderer, lambda report: answer(encode_line(report)))
            answer(encode_line(Ready()))
        else:
            raise ValueError("the scanner is not set up yet")
    if scanner is not None:
        scanner.close()


def _sender(setup: Setup) -> Sender:
    if setup.folder:
        return FolderSender(Path(setup.folder))
    return StoreSender(setup.host, setup.port, setup.called_title)


def _breaks_off(order: Send, energy: str) -> bool:
    return order.cut and energy == order.energies[-1]
