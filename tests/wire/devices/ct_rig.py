"""A CT driver with its receiver, running in a thread of its own, and what it has handed on."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from config.settings import CtDevice, CtSender
from devices.catalogue import make_ct
from devices.ct.dicom_ct import DicomCt
from devices.interfaces import CtScanner, DeviceState, ScanStored

SENDERS = (CtSender("STORESCU", "127.0.0.1"), CtSender("ECHOSCU", "127.0.0.1"))


class Rig:
    """Starts and stops a driver; tests look at `scans` and `health` meanwhile."""

    def __init__(self, data: Path, wait_until: Callable[..., None]) -> None:
        self.wait_until = wait_until
        self.data = data
        self.line_folder = data / "edge-L1"
        self.scans: list[ScanStored] = []
        self.driver: CtScanner | None = None
        self.takes = True  # what it is handed is written down
        self._stop: Callable[[], object] | None = None
        self._thread: threading.Thread | None = None

    def start(self, device: CtDevice) -> CtScanner:
        """Run the driver until `stop`; returns it at once."""
        driver = make_ct(device, self.data, self.line_folder, time.monotonic, time.time)
        ready = threading.Event()

        def take(scan: ScanStored) -> None:
            self.scans.append(scan)
            if self.takes:
                driver.taken(scan.scan_id)

        async def run() -> None:
            task = asyncio.ensure_future(driver.run(take))
            loop = asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
            ready.set()
            await asyncio.gather(task, return_exceptions=True)

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        self._thread.start()
        ready.wait(10)
        self.driver = driver
        return driver

    def receive(self, port: int, *, listens: bool = True, **settings: object) -> DicomCt:
        """A driver whose receiver listens on that port."""
        given = {"senders": SENDERS, "least_free_mb": 1, **settings}
        device = CtDevice(name="ct", position_mm=0, length_mm=1, port=port, **given)  # pyright: ignore[reportArgumentType]
        driver = self.start(device)
        assert isinstance(driver, DicomCt)
        if listens:
            self.wait_until(lambda: driver.port is not None, "the receiver listens")
        return driver

    def stop(self) -> None:
        """Cancel the driver and wait for its end; again is nothing."""
        if self._stop is not None and self._thread is not None:
            self._stop()
            self._thread.join(10)
            assert not self._thread.is_alive(), "the driver does not end"
            self._stop = None

    def wait_for_scans(self, count: int) -> list[ScanStored]:
        """All scans, once there are so many."""
        self.wait_until(lambda: len(self.scans) >= count, f"{count} scans")
        return self.scans

    def wait_for_state(self, state: DeviceState) -> str:
        """Its health's detail, once it is in that state."""
        driver = self.driver
        assert driver is not None
        self.wait_until(lambda: driver.health().state is state, f"the driver is {state}")
        return driver.health().detail

    def leftovers(self) -> list[str]:
        """Files of the evidence folder that are no stored objects."""
        evidence = self.line_folder / "evidence"
        folders = (evidence / "receiving", evidence / "partial")
        return [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]

    def stored(self) -> int:
        """How many objects lie in the store."""
        return sum(1 for path in (self.line_folder / "evidence" / "clear").iterdir() if path.is_file())
