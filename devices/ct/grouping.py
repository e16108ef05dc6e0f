"""Which objects make one scan: pure, driven by the times it is given.

The objects of one study are collected until all energies of the profile are there, or until the time for it
is over. What comes of a study after that, or twice within it, begins another set, which is never to be used.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from devices.ct.arrivals import Arrived
from devices.ct.profile import CtProfile

_REMEMBERED = 1000  # studies that were handed on


class Scan(Struct, frozen=True):
    """The objects of one scan, each with its energy; times in wall-clock seconds."""

    study_uid: str
    objects: tuple[tuple[str, Arrived], ...]  # energy ("" unknown), object; in the order they came
    complete: bool
    problem: str  # why it is not complete or not to be used; empty if it is
    epoch: int | None
    tracking_id: int | None

    @property
    def middle_wall_s(self) -> float | None:
        """The middle of the acquisition, from first beginning to last end; None if no object says when."""
        spans = [
            (arrived.acquired_wall_s, arrived.acquired_wall_s + (arrived.duration_ms or 0) / 1000)
            for _, arrived in self.objects
            if arrived.acquired_wall_s is not None
        ]
        if not spans:
            return None
        return (min(begin for begin, _ in spans) + max(end for _, end in spans)) / 2


class _Set:
    """Objects of one study that may become a scan."""

    def __init__(self, first_s: float) -> None:
        self.first_s = first_s
        self.objects: list[tuple[str, Arrived]] = []

    def has(self, energy: str) -> bool:
        return any(present == energy for present, _ in self.objects)

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(arrived.number for _, arrived in self.objects)

    def repeats(self, arrived: Arrived) -> bool:
        return any(present.sop_uid == arrived.sop_uid for _, present in self.objects)


class Grouping:
    """Collects objects into scans.

    Args:
        profile: what a scan is made of.
        complete_within_s: from a scan's first object to its last.
    """

    def __init__(self, profile: CtProfile, complete_within_s: float) -> None:
        self._profile = profile
        self._within_s = complete_within_s
        self._open: dict[str, _Set] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()  # studies handed on

    @property
    def due_s(self) -> float | None:
        """When the next unfinished set is given up; None if there is none."""
        return min((each.first_s + self._within_s for each in self._open.values()), default=None)

    def holds(self, number: int) -> bool:
        """Whether the object of that number waits for others of its scan."""
        return any(number in each.numbers for each in self._open.values())

    def add(self, arrived: Arrived, now_s: float) -> Sequence[Scan]:
        """An object has arrived; returns the scans that follow from it.

        The same object again while its scan is still open is a sender's second try, and changes nothing.
        """
        study = arrived.study_uid
        energy = self._profile.energy(arrived.energy, arrived.kvp) or ""
        collected = self._open.get(study)
        scans: list[Scan] = []
        if collected is not None and collected.repeats(arrived):
            return ()
        if collected is not None and energy and collected.has(energy):
            scans.append(self._hand_on(study))
            collected = None
        if collected is None:
            collected = self._open[study] = _Set(now_s)
        collected.objects.append((energy, arrived))
        if len(collected.objects) == self._profile.objects_per_scan:
            scans.append(self._hand_on(study))
        return scans

    def give_up(self, now_s: float) -> Sequence[Scan]:
        """The scans whose time is over, as far as they have come."""
        over = [study for study, each in self._open.items() if each.first_s + self._within_s <= now_s]
        return [self._hand_on(study) for study in over]

    def _hand_on(self, study: str) -> Scan:
        collected = self._open.pop(study)
        energies = [energy for energy, _ in collected.objects]
        complete = sorted(energies) == sorted(self._profile.energies)
        items = {self._profile.item(arrived.ooi_id) for _, arrived in collected.objects}
        again = study in self._seen or any(arrived.double for _, arrived in collected.objects)
        agree = len(items) == 1
        epoch, tracking_id = items.pop() if agree else (None, None)
        problem = next(self._problems(energies, agree=agree, again=again), "")
        self._seen[study] = None
        self._seen.move_to_end(study)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return Scan(study, tuple(collected.objects), complete, problem, epoch, tracking_id)

    def _problems(self, energies: Sequence[str], *, agree: bool, again: bool) -> Iterator[str]:
        """The gravest first."""
        if again:
            yield "double: objects of this scan came before"
        if not agree:
            yield "objects of one scan name different items"
        if "" in energies:
            yield "an object does not say which energy it is"
        if missing := [energy for energy in self._profile.energies if energy not in energies]:
            yield f"the {' and '.join(missing)}-energy object did not come"
