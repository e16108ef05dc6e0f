"""What the photo-eyes tell the controller when they fail: nothing of an item, or more edges than it has."""

from random import Random

from config.settings import Line
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.signals import EyeCleared, EyeMade, Item, Signal

_BOUNCES_MM = (3.0, 7.0)  # edges after the first, within millimetres
_FLAP_MM = (30.0, 120.0)  # behind an item's back, where a loose strap breaks the beam once more


class Eyes:
    """The eyes of one line.

    Args:
        line: its belt.
        faults: what goes wrong now.
        random: where a second edge lies.
    """

    def __init__(self, line: Line, faults: FaultBoard, random: Random) -> None:
        self._line, self._faults, self._random = line, faults, random
        self._later: list[EyeMade | EyeCleared] = []  # edges still to come
        self.disturbed: list[tuple[Item, Fault]] = []  # whom a careful line may doubt for it

    @property
    def waiting(self) -> bool:
        """Whether edges are still to come of what passed before."""
        return bool(self._later)

    def see(self, signals: list[Signal], travel_mm: float) -> list[Signal]:
        """What arrives at the controller of what happened up to this travel, in its order."""
        seen: list[Signal] = []
        for signal in signals:
            match signal:
                case EyeMade():
                    if not self._misses(signal):
                        seen.append(signal)
                        self._see_again(signal)
                case EyeCleared(item=item) if item.stray:
                    pass  # the induction eye did not see it come either
                case _:
                    seen.append(signal)
        if self._later:
            seen += [edge for edge in self._later if edge.at_mm <= travel_mm]
            self._later = [edge for edge in self._later if edge.at_mm > travel_mm]
            seen.sort(key=lambda each: each.at_mm)
        return seen

    def _misses(self, made: EyeMade) -> bool:
        """Whether the eye does not see it; at the induction that leaves an item nobody tracks."""
        if made.from_loop or made.item.hidden is not None or not self._faults.strikes(Fault.EYE_MISSED):
            return False
        if made.eye == 0:
            made.item.stray = True
        self.disturbed.append((made.item, Fault.EYE_MISSED))
        return True

    def _see_again(self, made: EyeMade) -> None:
        if self._faults.strikes(Fault.EYE_BOUNCED):
            for place, after_mm in enumerate(_BOUNCES_MM):
                again = EyeMade(made.at_mm + after_mm, made.eye, made.item)
                self._later.append(
                    again if made.eye or place else EyeCleared(made.at_mm + after_mm, made.item)
                )
        if made.eye and self._faults.strikes(Fault.EYE_DOUBLED):
            length_mm = made.item.parcel.length_mm
            after_mm = self._random.uniform(30.0, length_mm - 20.0)
            if self._random.random() < 0.5:  # beyond its back: nobody can tell that it is no other item
                after_mm = length_mm + self._random.uniform(*_FLAP_MM)
                self.disturbed.append((made.item, Fault.EYE_DOUBLED))
            self._later.append(EyeMade(made.at_mm + after_mm, made.eye, made.item))
