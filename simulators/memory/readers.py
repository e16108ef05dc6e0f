"""Scanners and scale as their drivers would show them, and how they fail."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random

from devices.interfaces import CodesRead, DeviceState, Health, WeightRead
from simulators.belt import Scanned, Weighed
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.plant import MemoryPlant, Name
from simulators.truth import LabelSent, Truth, WeightSent

_WIRE_S = (0.004, 0.02)  # from the reading to the driver
_SLOW_S = 0.25  # still placed by its own time
_DELAYED_S = 2.5  # it claims to be of now: of whoever passes then
_STRAY_MM = 4000.0  # what a reading at the wrong time can be taken for
_NOW_AND_THEN = 0.5
_LABELS_KEPT = 12


class MemoryScanner:
    """Satisfies `devices.interfaces.Scanner`; it stays when the agent dies, and nobody listens then.

    Args:
        place: in the line's settings.
        loop: of the virtual clock.
        told: told what really was sent.
    """

    def __init__(
        self,
        name: str,
        place: int,
        plant: MemoryPlant,
        faults: FaultBoard,
        random: Random,
        loop: asyncio.AbstractEventLoop,
        told: Callable[[Truth], None],
    ) -> None:
        self.name, self._place = name, place
        self._plant, self._faults, self._random, self._loop, self._told = plant, faults, random, loop, told
        self._health = Health(name, DeviceState.ONLINE, 0.0)
        self._emit: Callable[[CodesRead], None] | None = None
        self._labels: deque[tuple[str, ...]] = deque(maxlen=_LABELS_KEPT)  # that it could read, newest last

    def health(self) -> Health:
        """How it stands."""
        return self._health

    async def run(self, emit: Callable[[CodesRead], None]) -> None:
        """Hand over frames until cancelled."""
        self._emit = emit
        try:
            await asyncio.Event().wait()
        finally:
            self._emit = None

    def look(self, sight: Scanned, name: Name | None, moment_s: float) -> None:
        """An item passed; `moment_s` is when its middle was before the scanner."""
        codes, own, late_s, at_s = sight.codes, True, self._random.uniform(*_WIRE_S), moment_s
        fault = self._fault()
        match fault:
            case Fault.SCANNER_OFF | Fault.SCANNER_INTERMITTENT:
                self._plant.disturb((sight.item,), fault)
                return
            case Fault.SCANNER_STUCK if self._labels:
                codes, own = self._labels[-1], False
            case Fault.SCANNER_GARBAGE:
                codes, own = (f"#{self._random.randrange(16**6):06x}",), False
            case Fault.SCANNER_PARTIAL if codes:
                codes, own = tuple(code[: len(code) // 2] for code in codes), False
            case Fault.SCANNER_WRONG if self._labels:
                codes, own = self._random.choice(list(self._labels)), False
            case Fault.SCANNER_SLOW:
                late_s += _SLOW_S
            case Fault.SCANNER_DELAYED:
                late_s, at_s = late_s + _DELAYED_S, moment_s + _DELAYED_S
            case _:
                pass
        if sight.codes:
            self._labels.append(sight.codes)
        if fault is not None:
            reach_mm = _STRAY_MM if fault is Fault.SCANNER_DELAYED else 0.0
            self._plant.disturb(tuple(self._plant.near(sight.item, reach_mm)), fault)
        if name is not None:
            own = own and codes == sight.codes
            self._told(LabelSent(*name, self._place, own, moment_s))
        frame = CodesRead(self.name, at_s, codes, "|".join(codes).encode())
        self._loop.call_later(late_s, self._hand_over, frame)

    def _fault(self) -> Fault | None:
        lasting = (
            Fault.SCANNER_OFF,
            Fault.SCANNER_STUCK,
            Fault.SCANNER_GARBAGE,
            Fault.SCANNER_SLOW,
            Fault.SCANNER_DELAYED,
        )
        for fault in lasting:
            if self._faults.lasts(fault):
                return fault
        if self._faults.lasts(Fault.SCANNER_INTERMITTENT) and self._random.random() < _NOW_AND_THEN:
            return Fault.SCANNER_INTERMITTENT
        for fault in (Fault.SCANNER_PARTIAL, Fault.SCANNER_WRONG):
            if self._faults.strikes(fault):
                return fault
        return None

    def _hand_over(self, frame: CodesRead) -> None:
        if self._emit is not None:
            self._emit(frame)


class MemoryScale:
    """Satisfies `devices.interfaces.Scale`."""

    def __init__(
        self,
        name: str,
        plant: MemoryPlant,
        faults: FaultBoard,
        random: Random,
        loop: asyncio.AbstractEventLoop,
        told: Callable[[Truth], None],
    ) -> None:
        self.name = name
        self._plant, self._faults, self._random, self._loop, self._told = plant, faults, random, loop, told
        self._health = Health(name, DeviceState.ONLINE, 0.0)
        self._emit: Callable[[WeightRead], None] | None = None
        self._last_g = 0.0

    def health(self) -> Health:
        """How it stands."""
        return self._health

    async def run(self, emit: Callable[[WeightRead], None]) -> None:
        """Hand over weights until cancelled."""
        self._emit = emit
        try:
            await asyncio.Event().wait()
        finally:
            self._emit = None

    def weigh(self, weighed: Weighed, name: Name | None, moment_s: float) -> None:
        """An item left the scale at `moment_s`."""
        weight_g: float | None = weighed.weight_g
        late_s, at_s = self._random.uniform(*_WIRE_S), moment_s
        fault = self._fault()
        match fault:
            case Fault.SCALE_OFF | Fault.SCALE_INTERMITTENT:
                self._plant.disturb((weighed.item,), fault)
                return
            case Fault.SCALE_STUCK:
                weight_g = self._last_g
            case Fault.SCALE_GARBAGE:
                weight_g = None
            case Fault.SCALE_WRONG:
                weight_g = weighed.weight_g * 1.4 + 400
            case Fault.SCALE_SLOW:
                late_s += _SLOW_S
            case Fault.SCALE_DELAYED:
                late_s, at_s = late_s + _DELAYED_S, moment_s + _DELAYED_S
            case _:
                pass
        if fault is not None:
            reach_mm = _STRAY_MM if fault is Fault.SCALE_DELAYED else 0.0
            self._plant.disturb(tuple(self._plant.near(weighed.item, reach_mm)), fault)
        if name is not None:
            own = weighed.alone and weight_g is not None and abs(weight_g - weighed.weight_g) < 1.0
            self._told(WeightSent(*name, own, moment_s))
        if fault is not Fault.SCALE_STUCK:
            self._last_g = weighed.weight_g
        stable = weighed.alone and weight_g is not None
        reading = WeightRead(self.name, at_s, weight_g, stable, b"")
        self._loop.call_later(late_s, self._hand_over, reading)

    def _fault(self) -> Fault | None:
        for fault in (Fault.SCALE_OFF, Fault.SCALE_STUCK, Fault.SCALE_SLOW, Fault.SCALE_DELAYED):
            if self._faults.lasts(fault):
                return fault
        if self._faults.lasts(Fault.SCALE_INTERMITTENT) and self._random.random() < _NOW_AND_THEN:
            return Fault.SCALE_INTERMITTENT
        for fault in (Fault.SCALE_GARBAGE, Fault.SCALE_WRONG):
            if self._faults.strikes(fault):
                return fault
        return None

    def _hand_over(self, reading: WeightRead) -> None:
        if self._emit is not None:
            self._emit(reading)
