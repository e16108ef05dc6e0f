"""From stored objects to scans for the agent: grouped, brought onto our clock, acknowledged once taken.

Wall and monotonic clock are read together when a scan is handed on; their difference brings the scanner's
times and the receiver's onto the monotonic clock. The scanner's clock must keep time with ours (NTP).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

from devices.ct.arrivals import Arrived
from devices.ct.evidence_store import EvidenceStore
from devices.ct.grouping import Grouping, Scan
from devices.interfaces import ScanStored, VolumeFile

_REMEMBERED = 2000  # objects that were taken

_Key = tuple[int, str]


class ScanFeed:
    """Groups what is put in and emits scans.

    Args:
        device: the scanner's name.
        grouping: which objects make a scan.
        store: where they lie.
        clock: monotonic seconds; wall: wall-clock seconds.
        acknowledge: is told the numbers of objects that were taken, or that say nothing new.
    """

    def __init__(
        self,
        device: str,
        grouping: Grouping,
        store: EvidenceStore,
        clock: Callable[[], float],
        wall: Callable[[], float],
        acknowledge: Callable[[tuple[int, ...]], None],
    ) -> None:
        self._device = device
        self._grouping = grouping
        self._store = store
        self._clock = clock
        self._wall = wall
        self._acknowledge = acknowledge
        self._arrived: asyncio.Queue[Arrived] = asyncio.Queue()
        self._collecting: set[_Key] = set()  # put in, and not taken yet
        self._untaken: dict[str, list[list[_Key]]] = {}  # by study: the objects of each scan handed on
        self._taken: OrderedDict[_Key, None] = OrderedDict()

    def put(self, arrived: Arrived) -> None:
        """An object was stored. One announced again, by a receiver that was restarted, is not taken twice."""
        key = (arrived.number, arrived.sha256)
        if key in self._taken:
            self._acknowledge((arrived.number,))  # the first acknowledgement was lost
        elif key not in self._collecting:
            self._collecting.add(key)
            self._arrived.put_nowait(arrived)

    async def run(self, emit: Callable[[ScanStored], None]) -> None:
        """Hand scans on until cancelled."""
        while True:
            arrived = await self._next()
            now_s = self._clock()
            scans = [*self._grouping.give_up(now_s)]
            if arrived is not None:
                scans += self._grouping.add(arrived, now_s)
            handed_on: set[_Key] = set()
            for scan in scans:
                keys = [(each.number, each.sha256) for _, each in scan.objects]
                handed_on.update(keys)
                self._untaken.setdefault(scan.study_uid, []).append(keys)
                emit(self._stored(scan))
            if arrived is not None and not self._grouping.holds(arrived.number):
                key = (arrived.number, arrived.sha256)
                if key not in handed_on:  # a second try of what is being collected
                    self._close([key])

    def taken(self, scan_id: str) -> None:
        """The oldest scan of that study that was handed on is written down: it is not announced again."""
        if scans := self._untaken.get(scan_id):
            self._close(scans.pop(0))
            if not scans:
                del self._untaken[scan_id]

    def _close(self, done: Sequence[_Key]) -> None:
        for key in done:
            self._collecting.discard(key)
            self._taken[key] = None
        while len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        self._acknowledge(tuple(number for number, _ in done))

    async def _next(self) -> Arrived | None:
        """The next object, or None when a set's time is over."""
        due_s = self._grouping.due_s
        wait_s = None if due_s is None else max(0.0, due_s - self._clock())
        try:
            return await asyncio.wait_for(self._arrived.get(), wait_s)
        except TimeoutError:
            return None

    def _stored(self, scan: Scan) -> ScanStored:
        now_s = self._clock()
        offset_s = now_s - self._wall()
        files = tuple(
            VolumeFile(str(path), arrived.sha256, arrived.size, energy)
            for energy, arrived in scan.objects
            if (path := self._store.find(arrived.sha256)) is not None
        )
        gone = len(files) < len(scan.objects)
        middle_wall_s = scan.middle_wall_s
        return ScanStored(
            device=self._device,
            at_s=min(now_s, max(arrived.arrived_wall_s for _, arrived in scan.objects) + offset_s),
            scan_id=scan.study_uid,
            files=files,
            complete=scan.complete and not gone,
            scanned_at_s=None if middle_wall_s is None else middle_wall_s + offset_s,
            tracking_id=scan.tracking_id,
            epoch=scan.epoch,
            problem=scan.problem or ("an object is no longer in the store" if gone else ""),
        )
