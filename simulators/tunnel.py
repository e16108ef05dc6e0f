"""The CT scanner on its belt: which items it scans, what it says to the controller, and where it goes wrong.

It knows no image: what it yields says of whom, when and under which name objects are to be sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from config.settings import CtDevice, Line
from simulators.categories import SCAN_FAULTS, Category
from simulators.contract import CtState
from simulators.doubts import Doubts
from simulators.scan_plan import ScanMade, sendings
from simulators.signals import Item, Stage, TunnelPassed

_STATES = {Category.CT_FAULT: CtState.FAULT, Category.CT_BYPASS: CtState.BYPASS}
_NONSENSE_SHARE = 0.25  # of the wrong ids name nobody
_NOBODY = 1_000_000  # added to a tracking id

Names = Mapping[Item, tuple[int, int]]  # what the controller calls each item: epoch, tracking id


@dataclass
class _Visit:
    """An item's way through the tunnel."""

    began_s: float | None = None
    ended_s: float | None = None
    inside: bool = True
    unscanned: bool = False


class Tunnel:
    """The scanner of one line.

    Args:
        line: with its CT device.
        ct: that device.
        energies: of one scan, in the order they are sent.
        random: for wrong ids.
    """

    def __init__(self, line: Line, ct: CtDevice, energies: tuple[str, ...], random: Random) -> None:
        self.state = CtState.READY  # what the scanner tells the controller
        self._energies = energies
        self._random = random
        self._visits: dict[Item, _Visit] = {}
        self._doubts = Doubts(ct, line.policy, line.belt.speed_mm_s)
        self._touched: set[Item] = set()
        self._unscanned: list[Item] = []

    def step(
        self, now_s: float, travel_mm: float, passed: Iterable[tuple[float, TunnelPassed]], names: Names
    ) -> Iterator[ScanMade]:
        """Take what came by, each with its moment on the plant's clock; the scans that follow from it."""
        for at_s, signal in passed:
            yield from self._pass(at_s, signal, names)
        self._look_inside()
        self._touched.update(self._doubts.touched(now_s, travel_mm))

    def is_due(self, now_s: float, travel_mm: float) -> bool:
        """Whether a step brings anything though nothing came by."""
        return now_s >= self._doubts.next_s or travel_mm >= self._doubts.next_mm

    @property
    def held(self) -> int:
        """How many items it still has in mind."""
        return len(self._visits)

    def taken(self, item: Item) -> None:
        """Somebody took an item off the belt: its scan will be missed unless it was made."""
        self._doubts.taken(item)

    def gone(self, item: Item) -> None:
        """An item is no longer on the belt."""
        if self._visits.pop(item, None) is not None:
            self._doubts.gone(item)
            self._look_inside()

    def _look_inside(self) -> None:
        """What the scanner tells the controller, of several reasons the latest to come in, and whom it
        does not scan then."""
        inside = [(item, visit) for item, visit in self._visits.items() if visit.inside]
        states = [_STATES[item.parcel.category] for item, _ in inside if item.parcel.category in _STATES]
        self.state = states[-1] if states else CtState.READY
        if self.state is CtState.READY:
            return
        for item, visit in inside:
            if not visit.unscanned:
                visit.unscanned = True
                self._touched.add(item)
                self._unscanned.append(item)

    def unscanned(self) -> list[Item]:
        """The items of which there is no image, since the last call: the scanner was out of order."""
        unscanned, self._unscanned = self._unscanned, []
        return unscanned

    def touched(self) -> set[Item]:
        """The items that scan faults have touched since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    def _pass(self, at_s: float, signal: TunnelPassed, names: Names) -> Iterator[ScanMade]:
        item = signal.item
        if signal.stage is Stage.ENTERED:
            self._visits[item] = _Visit()
            self._doubts.entered(item)
            return
        visit = self._visits.get(item)
        if visit is None:
            return
        match signal.stage:
            case Stage.IMAGE_BEGAN:
                visit.began_s = at_s
            case Stage.IMAGE_ENDED:
                visit.ended_s = at_s
            case Stage.LEFT:
                visit.inside = False
                if not visit.unscanned:
                    self._doubts.left(item, at_s, signal.at_mm)
                if item.parcel.category is not Category.SCAN_LATE:
                    yield from self._scan(item, visit, at_s, names)
            case Stage.TOO_LATE:
                del self._visits[item]
                if item.parcel.category is Category.SCAN_LATE:
                    self._doubts.came_late(at_s)
                    yield from self._scan(item, visit, at_s, names)
                self._doubts.gone(item)

    def _scan(self, item: Item, visit: _Visit, at_s: float, names: Names) -> Iterator[ScanMade]:
        category = item.parcel.category
        planned = sendings(category, self._energies)
        if visit.unscanned or visit.began_s is None or visit.ended_s is None or not planned:
            return
        epoch, tracking_id = names.get(item, (0, 0))
        ooi_id = f"{epoch}-{tracking_id}"
        if category is Category.SCAN_WRONG_ID:
            ooi_id = self._wrong_id(item, names)
        own_id = tracking_id != 0 and category is not Category.SCAN_WRONG_ID
        made = ScanMade(item, epoch, tracking_id, ooi_id, own_id, visit.began_s, visit.ended_s, at_s, planned)
        if tracking_id == 0:
            self._doubts.nameless(made)
        elif category not in SCAN_FAULTS:
            self._doubts.scanned(made)
        item.scanned = True
        yield made

    def _wrong_id(self, item: Item, names: Names) -> str:
        """A neighbour's id, rather one whose own scan is faulty too; sometimes that of nobody."""
        known = [each for each in self._doubts.neighbours(item) if each in names]
        if not known or self._random.random() < _NONSENSE_SHARE:
            epoch, tracking_id = names.get(item, (0, 0))
            return self._random.choice((f"{epoch}-{tracking_id + _NOBODY}", "TEST PHANTOM"))
        faulty = [each for each in known if each.parcel.category in SCAN_FAULTS]
        other = self._random.choice(faulty or known)
        self._touched.add(other)
        epoch, tracking_id = names[other]
        return f"{epoch}-{tracking_id}"
