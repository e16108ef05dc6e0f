"""What happened around a broken promise, in lines a person can read."""

from collections import deque

import msgspec

from simulators.promises.findings import Violation
from simulators.truth import (
    Disturbed,
    FaultTook,
    OfficerAnswered,
    PaperChanged,
    PaperHeard,
    ParcelMade,
    ProcessBegan,
    ProcessDied,
    TripBegan,
    Truth,
)

_KEPT = 6_000  # records: the last minutes of a line
_SHOWN = 5  # violations
_BEFORE_S = 45.0
_OF_SITE = (FaultTook, ProcessDied, ProcessBegan)
_LEFT_OUT = frozenset({"epoch", "tracking_id", "at_s", "type"})


class Timeline:
    """Keeps the last of what happened, and what of it belongs to the first violations."""

    def __init__(self) -> None:
        self._records: deque[tuple[float, Truth]] = deque(maxlen=_KEPT)
        self._now_s = 0.0
        self._pieces: list[str] = []
        self.violations = 0

    def take(self, record: Truth) -> None:
        """Something really happened."""
        self._now_s = getattr(record, "at_s", self._now_s)
        self._records.append((self._now_s, record))

    def violated(self, violation: Violation) -> None:
        """A promise was broken: keep what led to it."""
        self.violations += 1
        if len(self._pieces) < _SHOWN:
            lines = [f"✗ {violation}"]
            lines += [_line(at_s, record) for at_s, record in self._about(violation)]
            self._pieces.append("\n".join(lines))

    def text(self) -> str:
        """The first violations, each with what led to it."""
        more = self.violations - len(self._pieces)
        rest = [f"… and {more} more"] if more > 0 else []
        return "\n\n".join([*self._pieces, *rest])

    def _about(self, violation: Violation) -> list[tuple[float, Truth]]:
        """What happened to its parcel, and to the site meanwhile."""
        keys = {(violation.epoch, violation.tracking_id)}
        keys |= {
            (record.epoch, record.tracking_id)
            for _, record in self._records
            if isinstance(record, TripBegan) and record.parcel == violation.parcel
        }
        own = [each for each in self._records if self._is_about(each[1], keys, violation.parcel)]
        from_s = own[0][0] - _BEFORE_S if own else violation.at_s - _BEFORE_S
        chosen = {id(record) for _, record in own}
        return [
            (at_s, record)
            for at_s, record in self._records
            if id(record) in chosen or (isinstance(record, _OF_SITE) and at_s >= from_s)
        ]

    def _is_about(self, record: Truth, keys: set[tuple[int | None, int | None]], parcel: int | None) -> bool:
        if isinstance(record, PaperHeard):
            return False
        if isinstance(record, ParcelMade):
            return record.number == parcel
        if isinstance(record, PaperChanged):
            return record.parcel == parcel
        key = (getattr(record, "epoch", None), getattr(record, "tracking_id", None))
        return key != (None, None) and key in keys


def _line(at_s: float, record: Truth) -> str:
    values = msgspec.to_builtins(record)
    if isinstance(record, FaultTook):
        return f"  {at_s:10.2f}  ⚡ {record.fault} ({record.state})"
    if isinstance(record, ProcessDied):
        return f"  {at_s:10.2f}  ☠ {record.process} after {record.after}, before {record.before}"
    if isinstance(record, ProcessBegan):
        return f"  {at_s:10.2f}  ▶ {record.process} begins"
    if isinstance(record, Disturbed):
        return f"  {at_s:10.2f}    disturbed by {record.fault}"
    if isinstance(record, OfficerAnswered):
        return f"  {at_s:10.2f}    officer answers {'release' if record.release else 'stop'}"
    said = " ".join(f"{key}={value}" for key, value in values.items() if key not in _LEFT_OUT and value != "")
    return f"  {at_s:10.2f}    {values['type']} {said}"
