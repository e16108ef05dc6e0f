"""The belt's physics: where each parcel is, and what eyes, scanners, scale and lanes see of it as it passes.

Everything that can happen to a parcel is fixed in belt travel when it is inducted, so a stopped belt stops it
all. What the controller thinks is not its business: the belt is told which diverters are out, nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from heapq import heappop, heappush
from operator import itemgetter
from random import Random

from config.settings import LaneRole, Line
from simulators.infeed import Fed, Infeed
from simulators.parcels import Parcel
from simulators.signals import (
    EyeCleared,
    EyeMade,
    Item,
    LaneEntered,
    Scanned,
    Signal,
    Stage,
    TunnelPassed,
    Weighed,
)

__all__ = [  # the signals are the belt's own words
    "Belt",
    "EyeCleared",
    "EyeMade",
    "Item",
    "LaneEntered",
    "Scanned",
    "Signal",
    "Stage",
    "TunnelPassed",
    "Weighed",
]


_SETTLING_MM = 250  # an item must be alone on the scale for so long before its front leaves it
_TOO_LATE_MM = 500  # beyond the cut-off
_INFEED_MM = 200  # behind the induction eye must be free before the next item comes


class _Passing(Enum):
    FRONT = auto()  # at an eye
    BACK = auto()  # at the induction eye
    SCAN = auto()
    WEIGH = auto()  # the front reaches the end of the scale: it has been on it wholly
    UNWEIGH = auto()  # the back leaves it
    TUNNEL = auto()
    DIVERT = auto()  # the middle is at a diverter


_Place = tuple[float, _Passing, int]  # where its front is then, what it comes to, and which of these

_NONE: frozenset[int] = frozenset()


@dataclass
class Belt:
    """The belt of one line, fed from `infeed`; `travel_mm` only grows."""

    line: Line
    infeed: Infeed
    random: Random
    travel_mm: float = 0.0
    items: list[Item] = field(default_factory=list[Item])
    lane_items: dict[int, int] = field(default_factory=dict[int, int])
    full_lanes: frozenset[int] = _NONE  # lanes that hold as many items as they can
    _ways: dict[int, tuple[_Place, ...]] = field(default_factory=dict[int, tuple[_Place, ...]])
    _next: list[tuple[float, int, Item]] = field(default_factory=list[tuple[float, int, Item]])
    _count: int = 0
    _stuck: bool = False

    def __post_init__(self) -> None:
        self._roles = {lane.number: lane.role for lane in self.line.lanes}

    def advance(
        self, distance_mm: float, now_s: float, *, induction_open: bool, diverters_out: frozenset[int]
    ) -> list[Signal]:
        """Move the belt; what happened on the way, in order of travel."""
        start_mm = self.travel_mm
        travel_mm = self.travel_mm = start_mm + distance_mm
        if (
            induction_open
            and distance_mm > 0
            and travel_mm >= self.infeed.earliest_mm
            and not (self._stuck and self._reaches_induction())
        ):
            for fed in self.infeed.feed(start_mm, travel_mm, now_s):
                self._induct(fed)
        if self._stuck:
            self._hold_back(distance_mm)
        signals: list[Signal] = []
        while self._next and self._next[0][0] <= travel_mm:
            at_mm, _, item = heappop(self._next)
            if item.gone or at_mm != item.due_mm:
                continue
            _, passing, index = self._way(item)[item.passed]
            item.passed += 1
            if signal := self._pass(at_mm, passing, index, item, diverters_out):
                signals.append(signal)
                if isinstance(signal, LaneEntered) and self._roles[signal.lane] is LaneRole.RECIRCULATE:
                    self.infeed.loop(item.parcel, item.trip, now_s)
            self._expect(item)
        return signals

    def take_away(self, item: Item) -> None:
        """Somebody lifts an item off the belt."""
        item.gone = True
        self.items.remove(item)
        self._stuck = any(each.stuck for each in self.items)

    def lay(self, parcel: Parcel, front_mm: float) -> Item:
        """Somebody lays a parcel on the belt, its front at that place, behind the induction eye."""
        item = Item(parcel, 0, self.travel_mm - front_mm, None, stray=True)
        way = self._way(item)
        item.passed = sum(place_mm <= front_mm for place_mm, _, _ in way)
        self.items.insert(sum(each.front_zero_mm < item.front_zero_mm for each in self.items), item)
        self._expect(item)
        return item

    def shift(self, item: Item, by_mm: float) -> None:
        """Somebody moves an item along the belt, forwards if positive, past none of its places."""
        item.front_zero_mm -= by_mm
        self._expect(item)

    def room_mm(self, item: Item) -> tuple[float, float]:
        """How far an item can be moved back and forth before it comes to another place of its way."""
        way, front_mm = self._way(item), self.travel_mm - item.front_zero_mm
        last_mm = way[item.passed - 1][0] if item.passed else front_mm
        return front_mm - last_mm, item.due_mm - self.travel_mm

    def jam(self, item: Item) -> None:
        """An item is caught: the belt slides along under it, and what follows runs up against it."""
        item.stuck = self._stuck = True

    def _reaches_induction(self) -> bool:
        """Whether what is stuck leaves no room for another item: the infeed holds it back."""
        last = self.items[-1]
        return last.stuck and self.travel_mm - last.front_zero_mm - last.parcel.length_mm < _INFEED_MM

    def _hold_back(self, distance_mm: float) -> None:
        """Keep what is stuck at its place, and let what comes up against it stick as well."""
        ahead: Item | None = None
        for item in self.items:
            if item.stuck:
                item.front_zero_mm += distance_mm
                self._expect(item)
            elif ahead is not None and ahead.stuck:
                touching_mm = ahead.front_zero_mm + ahead.parcel.length_mm
                if item.front_zero_mm < touching_mm:
                    item.stuck, item.front_zero_mm = True, touching_mm
                    self._expect(item)
            ahead = item

    def empty_lane(self, lane: int) -> None:
        """Somebody clears a lane."""
        self._fill(lane, 0)

    def _fill(self, lane: int, count: int) -> None:
        self.lane_items[lane] = count
        self.full_lanes = frozenset(
            each.number
            for each in self.line.lanes
            if each.capacity and self.lane_items.get(each.number, 0) >= each.capacity
        )

    def _induct(self, fed: Fed) -> None:
        item = Item(fed.parcel, fed.trip, fed.front_zero_mm, fed.gap_ahead_mm, hidden=fed.hidden)
        self.items.append(item)
        self._expect(item)

    def _expect(self, item: Item) -> None:
        """Wait for the next place on the item's way."""
        way = self._way(item)
        if item.gone or item.passed >= len(way):
            return
        item.due_mm = item.front_zero_mm + way[item.passed][0]
        self._count += 1
        heappush(self._next, (item.due_mm, self._count, item))

    def _way(self, item: Item) -> tuple[_Place, ...]:
        """Every place an item of its length comes to, in order."""
        length_mm = item.parcel.length_mm
        way = self._ways.get(length_mm)
        if way is None:
            way = self._ways[length_mm] = tuple(sorted(self._places(length_mm), key=itemgetter(0)))
        return way

    def _places(self, length_mm: int) -> Iterator[_Place]:
        middle_mm = length_mm / 2
        for index, eye_mm in enumerate(self.line.belt.eyes_mm):
            yield eye_mm, _Passing.FRONT, index
        yield length_mm, _Passing.BACK, 0
        for index, scanner in enumerate(self.line.scanners):
            yield scanner.position_mm + middle_mm, _Passing.SCAN, index
        if scale := self.line.scale:
            end_mm = scale.position_mm + scale.length_mm
            yield end_mm, _Passing.WEIGH, 0
            yield end_mm + length_mm, _Passing.UNWEIGH, 0
        if ct := self.line.ct:
            yield ct.position_mm, _Passing.TUNNEL, Stage.ENTERED.value
            yield ct.middle_mm, _Passing.TUNNEL, Stage.IMAGE_BEGAN.value
            yield ct.middle_mm + length_mm, _Passing.TUNNEL, Stage.IMAGE_ENDED.value
            yield ct.end_mm + length_mm, _Passing.TUNNEL, Stage.LEFT.value
            yield self.line.belt.release_cutoff_mm + _TOO_LATE_MM, _Passing.TUNNEL, Stage.TOO_LATE.value
        for lane in self.line.lanes:
            yield lane.diverter_mm + middle_mm, _Passing.DIVERT, lane.number

    def _pass(
        self, at_mm: float, passing: _Passing, index: int, item: Item, diverters_out: frozenset[int]
    ) -> Signal | None:
        match passing:
            case _Passing.FRONT:
                return EyeMade(at_mm, index, item, from_loop=index == 0 and item.trip > 0)
            case _Passing.BACK:
                return EyeCleared(at_mm, item)
            case _Passing.SCAN:
                readable = item.trip >= item.parcel.unread_trips
                return Scanned(at_mm, index, item.parcel.faces[index] if readable else (), item)
            case _Passing.WEIGH:
                settling_mm = at_mm - _SETTLING_MM
                alone = not any(
                    other is not item and (self._on_scale(other, at_mm) or self._on_scale(other, settling_mm))
                    for other in self.items
                )
                item.seen_weight_g = item.parcel.weight_g + self.random.gauss(0, 1.2) if alone else None
                return None
            case _Passing.UNWEIGH:
                alone = item.seen_weight_g is not None
                weight_g = item.seen_weight_g if item.seen_weight_g is not None else self._load_g(item, at_mm)
                return Weighed(at_mm, weight_g, alone, item)
            case _Passing.TUNNEL:
                return TunnelPassed(at_mm, Stage(index), item)
            case _Passing.DIVERT:
                if not self._takes(index, item, diverters_out):
                    return None
                item.lane, item.gone = index, True
                self.items.remove(item)
                self._fill(index, self.lane_items.get(index, 0) + 1)
                return LaneEntered(at_mm, index, item)

    def _takes(self, lane: int, item: Item, diverters_out: frozenset[int]) -> bool:
        """Whether a lane takes an item: the way to the bench is where it comes if no diverter moves."""
        if self._roles[lane] is LaneRole.INSPECT or item.misled_to == lane:
            return True
        return lane in diverters_out and not item.undiverted

    def _on_scale(self, item: Item, travel_mm: float) -> bool:
        scale = self.line.scale
        if scale is None:
            return False
        front_mm = travel_mm - item.front_zero_mm
        begins_mm, ends_mm = scale.position_mm, scale.position_mm + scale.length_mm
        return front_mm > begins_mm and front_mm - item.parcel.length_mm < ends_mm

    def _load_g(self, item: Item, travel_mm: float) -> float:
        others = (each for each in self.items if each is not item and self._on_scale(each, travel_mm))
        return item.parcel.weight_g + sum(other.parcel.weight_g for other in others)
