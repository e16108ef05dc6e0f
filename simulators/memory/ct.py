"""A CT scanner as its driver would show it, and how it fails.

A volume is a small file that says what is in it: whoever is given the wrong file sees the wrong contents, as
with a real one.
"""

import asyncio
import hashlib
from collections.abc import Callable
from random import Random

import msgspec
from msgspec import Struct

from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from devices.interfaces import DeviceState, Health, ScanStored, VolumeFile
from simulators.ct.hazards import Hazard
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.plant import MemoryPlant
from simulators.memory.steps import Process, Step, Steps
from simulators.scan_plan import ScanMade, Sending
from simulators.truth import ScanSent, Truth

_STORED_S = 0.06  # from the last byte to the announcement
_SLOW_S = 1.0
_DELAYED_S = 12.0  # past every cut-off
_NOW_AND_THEN = 0.4


class Volume(Struct, frozen=True):
    """What a simulated volume shows."""

    epoch: int
    tracking_id: int
    energy: str
    scan: int
    length_mm: float
    mass_g: float
    hazard: Hazard
    own: bool = True  # it shows the item it names


_Shown = tuple[float, float, Hazard, bool]  # length, mass, what is hidden, and whether it is its own image


class MemoryCt:
    """Satisfies `devices.interfaces.CtScanner`: what it stored and nobody took it announces at each start.

    Args:
        store: the line's evidence.
        energies: of one scan.
        complete_within_s: for a scan's objects.
        told: told what was really sent.
    """

    def __init__(
        self,
        name: str,
        store: EvidenceStore,
        plant: MemoryPlant,
        faults: FaultBoard,
        steps: Steps,
        random: Random,
        loop: asyncio.AbstractEventLoop,
        energies: tuple[str, ...],
        complete_within_s: float,
        told: Callable[[Truth], None],
    ) -> None:
        self.name, self._steps = name, steps
        self._store, self._plant, self._faults, self._random = store, plant, faults, random
        self._loop, self._energies, self._within_s, self._told = loop, energies, complete_within_s, told
        self._health = Health(name, DeviceState.ONLINE, 0.0)
        self._emit: Callable[[ScanStored], None] | None = None
        self._untaken: dict[str, ScanStored] = {}
        self._objects: dict[str, dict[str, VolumeFile]] = {}  # of scans not complete yet
        self._count = 0
        self._last: _Shown | None = None  # what the image before showed, and whether it was its own

    def health(self) -> Health:
        """How it stands."""
        return self._health

    def taken(self, scan_id: str) -> None:
        """The agent has it in its journal."""
        self._steps.about_to(Process.AGENT, Step.SCAN_TAKEN)
        self._untaken.pop(scan_id, None)

    async def run(self, emit: Callable[[ScanStored], None]) -> None:
        """Announce scans until cancelled."""
        self._emit = emit
        try:
            for stored in list(self._untaken.values()):
                emit(stored)
            await asyncio.Event().wait()
        finally:
            self._emit = None

    def scanned(self, made: ScanMade) -> None:
        """An item was scanned: its objects come when they are due."""
        parcel = made.item.parcel
        shown = (
            parcel.length_mm + self._random.gauss(0, 3),
            round(parcel.weight_g * self._random.gauss(0.985, 0.008), 1),
            parcel.hazard,
            True,
        )
        fault, late_s, ooi, whole = self._fault(), 0.0, made.ooi_id, True
        match fault:
            case Fault.CT_OFF | Fault.CT_INTERMITTENT:
                self._plant.disturb(tuple(self._plant.names), fault)
                return
            case Fault.CT_STUCK if self._last is not None:
                shown = (*self._last[:3], False)
            case Fault.CT_GARBAGE:
                whole = False
            case Fault.CT_WRONG:
                ooi = f"{made.epoch}-{made.tracking_id + self._random.choice((-1, 1))}"
            case Fault.CT_SLOW:
                late_s = _SLOW_S
            case Fault.CT_DELAYED:
                late_s = _DELAYED_S
            case _:
                pass
        self._last = shown
        if fault is not None:
            self._plant.disturb(tuple(self._plant.names), fault)
        self._count += 1
        for sending in made.sendings:
            scan_id = f"scan-{self._count}-{sending.scan}"
            own = made.own_id and ooi == made.ooi_id and shown[3]
            delay_s = max(0.0, made.at_s + sending.after_s + late_s - self._loop.time())
            self._loop.call_later(delay_s, self._receive, made, sending, scan_id, ooi, shown, own, whole)

    def _receive(
        self,
        made: ScanMade,
        sending: Sending,
        scan_id: str,
        ooi: str,
        shown: _Shown,
        own: bool,
        whole: bool,
    ) -> None:
        first = scan_id not in self._objects
        objects = self._objects.setdefault(scan_id, {})
        for energy in sending.energies:
            sound = whole and not (sending.cut and energy == sending.energies[-1])
            volume = Volume(made.epoch, made.tracking_id, energy, self._count, *shown)
            content = msgspec.json.encode(volume)
            sha256 = hashlib.sha256(content).hexdigest()
            self._told(
                ScanSent(
                    made.epoch,
                    made.tracking_id,
                    sending.scan,
                    energy,
                    own,
                    sound,
                    delivered=True,
                    time_ms=self._plant.status.time_ms,
                    sha256=sha256,
                )
            )
            if not sound:
                continue
            self._store.put(content, EvidenceClass.CLEAR, sha256)
            path = str(self._store.find(sha256) or "")
            objects[energy] = VolumeFile(path, sha256, len(content), energy)
        if len(objects) == len(self._energies):
            self._store_scan(made, scan_id, ooi)
        elif first:
            self._loop.call_later(self._within_s, self._store_scan, made, scan_id, ooi)

    def _store_scan(self, made: ScanMade, scan_id: str, ooi: str) -> None:
        objects = self._objects.pop(scan_id, None)
        if objects is None:
            return
        epoch, tracking_id = _named(ooi)
        stored = ScanStored(
            self.name,
            self._loop.time(),
            scan_id,
            tuple(objects[energy] for energy in self._energies if energy in objects),
            len(objects) == len(self._energies),
            (made.began_s + made.ended_s) / 2,
            tracking_id,
            epoch,
        )
        self._untaken[scan_id] = stored
        self._loop.call_later(_STORED_S, self._announce, stored)

    def _announce(self, stored: ScanStored) -> None:
        if self._emit is not None and stored.scan_id in self._untaken:
            self._emit(stored)

    def _fault(self) -> Fault | None:
        for fault in (Fault.CT_OFF, Fault.CT_SLOW, Fault.CT_DELAYED, Fault.CT_STUCK):
            if self._faults.lasts(fault):
                return fault
        if self._faults.lasts(Fault.CT_INTERMITTENT) and self._random.random() < _NOW_AND_THEN:
            return Fault.CT_INTERMITTENT
        for fault in (Fault.CT_GARBAGE, Fault.CT_WRONG):
            if self._faults.strikes(fault):
                return fault
        return None


def _named(ooi: str) -> tuple[int | None, int | None]:
    epoch, _, tracking_id = ooi.partition("-")
    if epoch.isdecimal() and tracking_id.isdecimal():
        return int(epoch), int(tracking_id)
    return None, None
