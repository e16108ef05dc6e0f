"""Scans are acknowledged once the agent has them in its journal; until then they are announced again."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from devices.ct.arrivals import Arrived, ReceiverOrder
from devices.ct.dicom_ct import DicomCt
from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from devices.ct.grouping import Grouping
from devices.ct.profile import load_ct_profile
from devices.ct.scan_feed import ScanFeed
from devices.interfaces import ScanStored

PROFILE = load_ct_profile("dicos_dual")


def arrived(number: int, energy: str, sha256: str) -> Arrived:
    return Arrived(
        number, sha256, 9, "CTSIM", 1000.0, False, "1.2", f"1.2.{number}", "7-1", 999.0, 500.0, energy, None
    )  # fmt: skip


class Feed:
    """A feed with what it handed on and what it acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.store = EvidenceStore(folder / "evidence", 10**9, 0, lambda: 1000.0)
        self.low, self.high = (
            arrived(number, energy, self.store.put(energy.encode(), EvidenceClass.CLEAR))
            for number, energy in ((1, "low"), (2, "high"))
        )
        self.scans: list[ScanStored] = []
        self._more = asyncio.Event()
        self.acknowledged: list[tuple[int, ...]] = []
        self.feed = ScanFeed(
            "ct", Grouping(PROFILE, 3.0), self.store, lambda: 50.0, lambda: 1000.0, self.acknowledged.append
        )

    def came(self, scan: ScanStored) -> None:
        self.scans.append(scan)
        self._more.set()

    async def until(self, scans: int) -> None:
        async with asyncio.timeout(10):
            while len(self.scans) < scans:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def running(feed: Feed) -> AsyncGenerator[ScanFeed]:
    task = asyncio.create_task(feed.feed.run(feed.came))
    try:
        yield feed.feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(tmp_path)


async def test_a_scan_is_acknowledged_when_it_is_taken_and_not_before(feed: Feed) -> None:
    async with running(feed) as running_feed:
        running_feed.put(feed.low)
        running_feed.put(feed.high)
        await feed.until(1)
        assert feed.acknowledged == []
        running_feed.put(feed.low)  # a receiver that was restarted announces it again
        running_feed.taken("1.2")
        assert feed.acknowledged == [(1, 2)]
        running_feed.put(feed.high)
        assert feed.acknowledged == [(1, 2), (2,)]
        running_feed.taken("1.2")
        running_feed.taken("of nobody")
    assert len(feed.scans) == 1


async def test_two_scans_of_one_name_are_taken_one_after_the_other(feed: Feed) -> None:
    async with running(feed) as running_feed:
        for number in (1, 3):
            running_feed.put(replace(feed.low, number=number, sop_uid=f"1.{number}"))
            running_feed.put(replace(feed.high, number=number + 1, sop_uid=f"1.{number + 1}"))
        await feed.until(2)
        running_feed.taken("1.2")
        assert feed.acknowledged == [(1, 2)]
        running_feed.taken("1.2")
        assert feed.acknowledged == [(1, 2), (3, 4)]


_RECEIVER = """
import sys
open(sys.argv[1], "a").write("started ")
print('{"type": "Listening", "port": 1}', flush=True)
print('"' + 'x' * int(sys.argv[2]) + '"', flush=True)
for line in sys.stdin: pass
"""


@pytest.mark.parametrize(("length", "starts"), [(100_000, 1), (2_000_000, 2)])
async def test_a_line_beyond_all_measure_ends_no_driver(
    tmp_path: Path, length: int, starts: int, wait_until: Callable[..., None]
) -> None:
    store = EvidenceStore(tmp_path / "evidence", 10**9, 0, lambda: 1000.0)
    order = ReceiverOrder("127.0.0.1", 0, "REDPEAK", (), str(tmp_path), 10**9, 0, "UTC")
    started = tmp_path / "started"
    command = (sys.executable, "-c", "import sys; del sys.argv[3:]\n" + _RECEIVER, str(started), str(length))
    driver = DicomCt("ct", order, store, Grouping(PROFILE, 3.0), lambda: 50.0, lambda: 1000.0, command)
    task = asyncio.create_task(driver.run(lambda scan: None))

    def begun() -> bool:
        return started.exists() and started.read_text().count("started") >= starts

    try:
        await asyncio.to_thread(wait_until, begun, "it is tried, again if need be")
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
