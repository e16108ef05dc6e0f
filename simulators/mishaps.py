"""What befalls a belt: hands that lay, move and take items, stops, jams, diverters that fail, full lanes.

Asked for by the fault board, carried out when there is an occasion. Where a hand lays or moves something
follows one rule: never so that another item's place, as the controller knows it, is taken to a few
centimetres, for no eye could tell that. What only a hand can end ends after a while.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

from config.settings import LaneRole, Line
from simulators.belt import Belt
from simulators.controller import Controller
from simulators.fates import release_lane
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.signals import Item

_LOOK_EVERY_S = 0.2
_WORTH_IT = 3  # items on the belt, before anything befalls them
_EMERGENCY_S = (3.0, 15.0)  # until the stop is released
_HAND_S = (4.0, 20.0)  # until somebody has come, freed what is caught and started the line
_PASSER_BY_S = (30.0, 60.0)  # until somebody sees what is caught though the line goes on
_SPACE_MM = 60.0  # on both sides of what is laid
_ALIKE_MM = 300.0  # no nearer to where another item is thought to be
_SLIPS_MM = (30.0, 80.0)  # an eye corrects such a slip …
_FAR_MM = (180.0, 300.0)  # … and loses the item by such a one
_RATHER_RELEASED = 0.9
_BEYOND_INDUCTION_MM = 100.0
_OCCASIONAL = (
    Fault.ITEMS_TOUCH,
    Fault.ITEM_ADDED,
    Fault.ITEM_REMOVED,
    Fault.ITEM_SLIPPED,
    Fault.ITEM_JAMMED,
    Fault.DIVERTER_FAILED,
    Fault.DIVERTER_WRONG,
)


class Mishaps:
    """The mishaps of one line.

    Args:
        line: its geometry and lanes.
        belt: what lies on it.
        faults: what goes wrong now.
        random: where and how long.
    """

    def __init__(self, line: Line, belt: Belt, faults: FaultBoard, random: Random) -> None:
        self._line, self._belt, self._faults, self._random = line, belt, faults, random
        self._owed: Counter[Fault] = Counter()  # struck, still without an occasion
        self._next_s = 0.0
        self._emergency_until_s = 0.0
        self._hand_at_s: float | None = None
        self.stopped = False  # the stop switch
        self.emergency = False
        self.started = False  # a hand presses start
        self.cause = Fault.BELT_STOPPED  # of the last stop
        self.full: frozenset[int] = frozenset()  # lanes that take nothing
        self.disturbed: list[tuple[Item, Fault]] = []
        self.laid: list[Item] = []
        self.taken: list[Item] = []

    def look(self, now_s: float, controller: Controller) -> None:
        """Do what is due at this moment."""
        self.started = False
        if now_s < self._next_s:
            return
        self._next_s = now_s + _LOOK_EVERY_S
        self._stop(now_s)
        self._attend(now_s, controller)
        self._fill_a_lane(controller)
        if controller.induction_open and len(self._belt.items) >= _WORTH_IT:
            for fault in _OCCASIONAL:
                if self._faults.strikes(fault):
                    self._owed[fault] += 1
                if self._owed[fault] and self._happens(fault, controller):
                    self._owed[fault] -= 1
        if self._faults.lasts(Fault.DIVERTER_FAILED):
            while self._fail_diverter(controller):
                pass

    def _stop(self, now_s: float) -> None:
        self.stopped = self._faults.lasts(Fault.BELT_STOPPED)
        if self.stopped:
            self.cause = Fault.BELT_STOPPED
        if self._faults.strikes(Fault.EMERGENCY_STOP):
            self._emergency_until_s = now_s + self._random.uniform(*_EMERGENCY_S)
            self.cause = Fault.EMERGENCY_STOP
        self.emergency = now_s < self._emergency_until_s

    def _attend(self, now_s: float, controller: Controller) -> None:
        """Where only a hand starts the line again, one comes after a while; it takes away what is caught."""
        stuck = [item for item in self._belt.items if item.stuck]
        wanted = controller.needs_hand or bool(stuck)
        if not wanted or self.emergency:
            self._hand_at_s = None
        elif self._hand_at_s is None:
            soon_s = _HAND_S if controller.needs_hand else _PASSER_BY_S
            self._hand_at_s = now_s + self._random.uniform(*soon_s)
        elif now_s >= self._hand_at_s:
            self.taken += stuck
            self.started, self._hand_at_s = controller.needs_hand, None

    def _fill_a_lane(self, controller: Controller) -> None:
        if not self._faults.lasts(Fault.LANE_FULL):
            self.full = frozenset()
            return
        if not self.full:
            lanes = [lane.number for lane in self._line.lanes if lane.role is not LaneRole.INSPECT]
            self.full = frozenset({self._random.choice(lanes)})
        for item in self._belt.items:
            if not item.disturbed and not self.full.isdisjoint(self._lanes_of(item, controller)):
                self.disturbed.append((item, Fault.LANE_FULL))

    def _lanes_of(self, item: Item, controller: Controller) -> Iterator[int]:
        """The lane it is sent to as things stand, and those it may be sent to, short of the bench."""
        if tracked := controller.tracked.get(controller.nearest(self._front_mm(item)) or 0):
            yield tracked.lane
        parcel = item.parcel
        planned = release_lane(self._line, parcel)
        for lane in self._line.lanes:
            around = lane.role is LaneRole.RECIRCULATE and parcel.unread_trips > 0
            right = lane.role is parcel.right and (
                lane.role is not LaneRole.RELEASE or lane.number == planned
            )
            if around or right:
                yield lane.number

    def _happens(self, fault: Fault, controller: Controller) -> bool:
        """Let it happen if there is an occasion."""
        match fault:
            case Fault.ITEMS_TOUCH:
                return self._belt.infeed.join(self._line.belt.longest_item_mm + 20)
            case Fault.ITEM_ADDED:
                return self._lay(controller)
            case Fault.ITEM_REMOVED:
                return self._take()
            case Fault.ITEM_SLIPPED:
                return self._slip(controller)
            case Fault.ITEM_JAMMED:
                return self._jam()
            case Fault.DIVERTER_FAILED:
                return self._fail_diverter(controller)
            case _:
                return self._mislead(controller)

    def _front_mm(self, item: Item) -> float:
        return self._belt.travel_mm - item.front_zero_mm

    def _between(self, from_mm: float, to_mm: float) -> list[Item]:
        """Items whose front lies between two places and whose back is past the induction."""
        return [
            item
            for item in self._belt.items
            if from_mm <= self._front_mm(item) <= to_mm
            and self._front_mm(item) > item.parcel.length_mm + _BEYOND_INDUCTION_MM
        ]

    def _neighbours(self, item: Item) -> Iterator[Item]:
        place = self._belt.items.index(item)
        yield from self._belt.items[max(0, place - 1) : place]
        yield from self._belt.items[place + 1 : place + 2]

    def _is_free(self, front_mm: float, controller: Controller, besides: int | None = None) -> bool:
        """Whether no other item is thought to be there."""
        return all(
            abs(controller.position_mm(item) - front_mm) > _ALIKE_MM
            for item in controller.tracked.values()
            if item.tracking_id != besides
        )

    def _lay(self, controller: Controller) -> bool:
        """In the middle of a gap."""
        coming = self._belt.infeed.next_length_mm
        items = self._belt.items
        if coming is None or len(items) < 2:
            return False
        ahead = self._random.choice(items[:-1])
        behind = items[items.index(ahead) + 1]
        back_mm = self._front_mm(ahead) - ahead.parcel.length_mm
        spare_mm = back_mm - self._front_mm(behind) - coming
        front_mm = back_mm - spare_mm / 2
        clear = spare_mm >= 2 * _SPACE_MM and front_mm - coming > _BEYOND_INDUCTION_MM
        if (
            not clear
            or front_mm > self._line.belt.release_cutoff_mm
            or not self._is_free(front_mm, controller)
        ):
            return False
        parcel = self._belt.infeed.take()
        if parcel is None:
            return False
        item = self._belt.lay(parcel, front_mm)
        self.laid.append(item)
        self.disturbed += [(each, Fault.ITEM_ADDED) for each in (item, *self._neighbours(item))]
        return True

    def _take(self) -> bool:
        found = self._between(0.0, self._line.belt.release_cutoff_mm)
        if not found:
            return False
        item = self._random.choice(found)
        self.taken.append(item)
        self.disturbed.append((item, Fault.ITEM_REMOVED))
        return True

    def _slip(self, controller: Controller) -> bool:
        """Within the room it has between two of its places, and once only."""
        far = self._random.random() < 0.5
        by_mm = self._random.uniform(*(_FAR_MM if far else _SLIPS_MM)) * self._random.choice((-1.0, 1.0))
        for item in self._between(0.0, self._line.belt.release_cutoff_mm):
            back_mm, on_mm = self._belt.room_mm(item)
            front_mm = self._front_mm(item) + by_mm
            if item.disturbed or item.slipped or not (by_mm < on_mm if by_mm > 0 else -by_mm < back_mm):
                continue
            apart = all(
                abs(self._front_mm(each) - front_mm)
                > _SPACE_MM + max(each.parcel.length_mm, item.parcel.length_mm)
                for each in self._neighbours(item)
            )
            if not apart or not self._is_free(front_mm, controller, controller.nearest(self._front_mm(item))):
                continue
            self._belt.shift(item, by_mm)
            if far:
                self.disturbed += [(each, Fault.ITEM_SLIPPED) for each in (item, *self._neighbours(item))]
            else:
                item.slipped = True
            return True
        return False

    def _jam(self) -> bool:
        """Before the last eye, where it is noticed."""
        if any(item.stuck for item in self._belt.items):
            return False
        found = self._between(0.0, self._line.belt.eyes_mm[-1] - _BEYOND_INDUCTION_MM)
        if not found:
            return False
        item = self._random.choice(found)
        self._belt.jam(item)
        self.cause = Fault.ITEM_JAMMED
        self.disturbed.append((item, Fault.ITEM_JAMMED))
        return True

    def _ordered(self, controller: Controller) -> Iterator[tuple[Item, int]]:
        """The items whose lane is latched and that are before all diverters, and that lane."""
        begin_mm = self._line.belt.release_cutoff_mm
        end_mm = min(lane.diverter_mm for lane in self._line.lanes)
        for item in self._between(begin_mm, end_mm):
            tracked = controller.tracked.get(controller.nearest(self._front_mm(item)) or 0)
            plain = not item.undiverted and item.misled_to is None and item.hidden is None
            if tracked is not None and tracked.decided and plain:
                yield item, tracked.lane

    def _fail_diverter(self, controller: Controller) -> bool:
        for item, lane in self._ordered(controller):
            if self._line.lane(lane).role is not LaneRole.INSPECT:
                item.undiverted = True
                self.disturbed.append((item, Fault.DIVERTER_FAILED))
                return True
        return False

    def _mislead(self, controller: Controller) -> bool:
        """A diverter on its way moves though another is to, or none; rather that of a release lane."""
        for item, ordered in self._ordered(controller):
            before_mm = self._line.lane(ordered).diverter_mm
            lanes = [lane for lane in self._line.lanes if lane.diverter_mm < before_mm]
            releasing = [lane for lane in lanes if lane.role is LaneRole.RELEASE]
            if not releasing and self._random.random() < _RATHER_RELEASED:
                continue
            if lanes:
                item.misled_to = self._random.choice(releasing or lanes).number
                self.cause = Fault.DIVERTER_WRONG
                self.disturbed.append((item, Fault.DIVERTER_WRONG))
                return True
        return False
