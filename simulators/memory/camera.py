"""A belt camera as its driver would show it, and how it fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from devices.interfaces import DeviceState, Footage, Health, MediaFile
from simulators.memory.fault_board import Fault, FaultBoard

_FILMED_AFTER_S = 2.0


class MemoryCamera:
    """Satisfies `devices.interfaces.Camera`."""

    def __init__(self, name: str, folder: Path, faults: FaultBoard, loop: asyncio.AbstractEventLoop) -> None:
        self.name, self._folder, self._faults, self._loop = name, folder, faults, loop
        self._health = Health(name, DeviceState.ONLINE, 0.0)
        self._emit: Callable[[Footage], None] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def health(self) -> Health:
        """How it stands."""
        return self._health

    def film(self, passage_id: str, at_s: float) -> None:
        """Record a passage; the footage comes later."""
        late_s = 5 * _FILMED_AFTER_S if self._faults.lasts(Fault.CAMERA_DELAYED) else _FILMED_AFTER_S
        self._loop.call_later(late_s, self._deliver, passage_id, at_s)

    async def run(self, emit: Callable[[Footage], None]) -> None:
        """Hand over footage until cancelled."""
        self._emit = emit
        try:
            await asyncio.Event().wait()
        finally:
            self._emit = None

    def _deliver(self, passage_id: str, at_s: float) -> None:
        if self._emit is None:
            return
        if self._faults.lasts(Fault.CAMERA_OFF):
            self._emit(Footage(self.name, passage_id, at_s, problem="no frames"))
            return
        still = self._folder / f"{passage_id}.jpg"
        still.write_bytes(b"still of " + passage_id.encode())
        self._emit(Footage(self.name, passage_id, at_s, MediaFile(str(still), "image/jpeg")))
