"""The belt's physics: where each parcel is, and what eyes, scanners, scale and lanes see of it as it passes.

Everything that can happen to a parcel is fixed in belt travel when it is inducted, so a stopped belt stops it
all. What the controller thinks is not its business: the belt is told which diverters are out, nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from heapq import heappop, heappush
from random import Random

from msgspec import Struct

from config.settings import LaneRole, Line
from simulators.infeed import Infeed
from simulators.parcels import Parcel


@dataclass(eq=False)
class Item:
    """One trip of a parcel; positions are belt travel (mm) since the world began."""

    parcel: Parcel
    trip: int
    front_zero_mm: float  # travel at which its front was at the induction eye
    gap_ahead_mm: float | None  # to the item before it; None for the first
    seen_weight_g: float | None = None  # None: it was never alone on the scale
    lane: int | None = None
    gone: bool = False


class EyeMade(Struct, frozen=True):
    """An item's front broke the beam of an eye."""

    at_mm: float
    eye: int
    item: Item
    from_loop: bool = False  # the merge beside the induction eye saw it come from the recirculation loop


class EyeCleared(Struct, frozen=True):
    """An item's back left the induction eye."""

    at_mm: float
    item: Item


class Scanned(Struct, frozen=True):
    """A scanner, by its place in the line's settings, looked at an item; no codes is a no-read."""

    at_mm: float
    scanner: int
    codes: tuple[str, ...]
    item: Item


class Weighed(Struct, frozen=True):
    """An item left the scale; `alone` is False when another lay on it too and the weight is of both."""

    at_mm: float
    weight_g: float
    alone: bool
    item: Item


class LaneEntered(Struct, frozen=True):
    """An item's middle passed into a lane."""

    at_mm: float
    lane: int
    item: Item


class Stage(Enum):
    """Where an item is on its way through the CT scanner's tunnel."""

    ENTERED = auto()  # its front is at the tunnel's beginning
    IMAGE_BEGAN = auto()  # its front is at the tunnel's middle, where the rays are
    IMAGE_ENDED = auto()  # its back is there
    LEFT = auto()  # its back is at the tunnel's end
    TOO_LATE = auto()  # it has passed the release cut-off, and no image of it can come in time


class TunnelPassed(Struct, frozen=True):
    """An item came to a stage of its way through the tunnel."""

    at_mm: float
    stage: Stage
    item: Item


_SETTLING_MM = 250  # an item must be alone on the scale for so long before its front leaves it
_TOO_LATE_MM = 500  # beyond the cut-off

Signal = EyeMade | EyeCleared | Scanned | Weighed | TunnelPassed | LaneEntered


class _Passing(Enum):
    FRONT = auto()  # at an eye
    BACK = auto()  # at the induction eye
    SCAN = auto()
    WEIGH = auto()  # the front reaches the end of the scale: it has been on it wholly
    UNWEIGH = auto()  # the back leaves it
    TUNNEL = auto()
    DIVERT = auto()  # the middle is at a diverter


@dataclass
class Belt:
    """The belt of one line, fed from `infeed`; `travel_mm` only grows."""

    line: Line
    infeed: Infeed
    random: Random
    travel_mm: float = 0.0
    items: list[Item] = field(default_factory=list[Item])
    lane_items: dict[int, int] = field(default_factory=dict[int, int])
    _passings: list[tuple[float, int, _Passing, int, Item]] = field(
        default_factory=list[tuple[float, int, _Passing, int, Item]]
    )
    _count: int = 0

    def advance(
        self, distance_mm: float, now_s: float, *, induction_open: bool, diverters_out: frozenset[int]
    ) -> list[Signal]:
        """Move the belt; what happened on the way, in order of travel."""
        start_mm, self.travel_mm = self.travel_mm, self.travel_mm + distance_mm
        if induction_open and distance_mm > 0:
            for fed in self.infeed.feed(start_mm, self.travel_mm, now_s):
                self._induct(Item(fed.parcel, fed.trip, fed.front_zero_mm, fed.gap_ahead_mm))
        signals: list[Signal] = []
        while self._passings and self._passings[0][0] <= self.travel_mm:
            at_mm, _, passing, index, item = heappop(self._passings)
            if not item.gone:
                signals.extend(self._pass(at_mm, passing, index, item, diverters_out))
        for signal in signals:
            if isinstance(signal, LaneEntered) and self._role(signal.lane) is LaneRole.RECIRCULATE:
                self.infeed.loop(signal.item.parcel, signal.item.trip, now_s)
        return signals

    def take_away(self, item: Item) -> None:
        """Somebody lifts an item off the belt."""
        item.gone = True
        self.items.remove(item)

    def full_lanes(self) -> frozenset[int]:
        """Lanes that hold as many items as they can."""
        return frozenset(
            lane.number
            for lane in self.line.lanes
            if lane.capacity and self.lane_items.get(lane.number, 0) >= lane.capacity
        )

    def empty_lane(self, lane: int) -> None:
        """Somebody clears a lane."""
        self.lane_items[lane] = 0

    def _induct(self, item: Item) -> None:
        self.items.append(item)
        length_mm = item.parcel.length_mm
        middle_mm = length_mm / 2
        for index, eye_mm in enumerate(self.line.belt.eyes_mm):
            self._expect(eye_mm, _Passing.FRONT, index, item)
        self._expect(length_mm, _Passing.BACK, 0, item)
        for index, scanner in enumerate(self.line.scanners):
            self._expect(scanner.position_mm + middle_mm, _Passing.SCAN, index, item)
        if scale := self.line.scale:
            end_mm = scale.position_mm + scale.length_mm
            self._expect(end_mm, _Passing.WEIGH, 0, item)
            self._expect(end_mm + length_mm, _Passing.UNWEIGH, 0, item)
        if ct := self.line.ct:
            for stage, place_mm in (
                (Stage.ENTERED, ct.position_mm),
                (Stage.IMAGE_BEGAN, ct.middle_mm),
                (Stage.IMAGE_ENDED, ct.middle_mm + length_mm),
                (Stage.LEFT, ct.end_mm + length_mm),
                (Stage.TOO_LATE, self.line.belt.release_cutoff_mm + _TOO_LATE_MM),
            ):
                self._expect(place_mm, _Passing.TUNNEL, stage.value, item)
        for lane in self.line.lanes:
            self._expect(lane.diverter_mm + middle_mm, _Passing.DIVERT, lane.number, item)

    def _expect(self, position_mm: float, passing: _Passing, index: int, item: Item) -> None:
        self._count += 1
        heappush(self._passings, (item.front_zero_mm + position_mm, self._count, passing, index, item))

    def _pass(
        self, at_mm: float, passing: _Passing, index: int, item: Item, diverters_out: frozenset[int]
    ) -> Iterable[Signal]:
        match passing:
            case _Passing.FRONT:
                yield EyeMade(at_mm, index, item, from_loop=index == 0 and item.trip > 0)
            case _Passing.BACK:
                yield EyeCleared(at_mm, item)
            case _Passing.SCAN:
                readable = item.trip >= item.parcel.unread_trips
                yield Scanned(at_mm, index, item.parcel.faces[index] if readable else (), item)
            case _Passing.WEIGH:
                settling_mm = at_mm - _SETTLING_MM
                alone = not any(
                    other is not item and (self._on_scale(other, at_mm) or self._on_scale(other, settling_mm))
                    for other in self.items
                )
                item.seen_weight_g = item.parcel.weight_g + self.random.gauss(0, 1.2) if alone else None
            case _Passing.UNWEIGH:
                alone = item.seen_weight_g is not None
                weight_g = item.seen_weight_g if item.seen_weight_g is not None else self._load_g(item, at_mm)
                yield Weighed(at_mm, weight_g, alone, item)
            case _Passing.TUNNEL:
                yield TunnelPassed(at_mm, Stage(index), item)
            case _Passing.DIVERT:
                if index in diverters_out or self._role(index) is LaneRole.INSPECT:
                    item.lane, item.gone = index, True
                    self.items.remove(item)
                    self.lane_items[index] = self.lane_items.get(index, 0) + 1
                    yield LaneEntered(at_mm, index, item)

    def _role(self, lane: int) -> LaneRole:
        return self.line.lane(lane).role

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
