"""What becomes of each item on the belt, as it goes into the truth: its name, what touched it, its end."""

from collections.abc import Iterable

from config.settings import LaneRole, Line
from simulators.contract import Event, EventKind
from simulators.memory.fault_board import Fault
from simulators.outputs import Outputs, made
from simulators.signals import Item, LaneEntered
from simulators.truth import (
    Disturbed,
    StrayEnded,
    StrayLaid,
    TripBegan,
    TripBroken,
    TripEnded,
    Truth,
    Unscanned,
)


class Chronicle:
    """The items on one line's belt, by the names that its controllers gave them: epoch, tracking id."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._names: dict[Item, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def names_of(self, epoch: int) -> dict[Item, tuple[int, int]]:
        """The items that the controller of this epoch knows by name."""
        return {item: name for item, name in self._names.items() if name[0] == epoch}

    def laid(self, item: Item, now_s: float, truth: list[Truth]) -> None:
        """Somebody laid it on the belt behind the induction."""
        truth += (made(item.parcel), StrayLaid(item.parcel.number, now_s))

    def inducted(
        self,
        items: Iterable[Item],
        events: Iterable[Event],
        epoch: int,
        now_s: float,
        time_ms: int,
        outputs: Outputs,
    ) -> None:
        """These passed the induction eye; the events tell, in the same order, which tracking ids they got."""
        ids = iter([event.tracking_id for event in events if event.kind is EventKind.INDUCTED])
        truth = outputs.truth
        for item in items:
            number = item.parcel.number
            if item.trip == 0:
                truth.append(made(item.parcel))
            if item.stray:
                truth.append(StrayLaid(number, now_s))
                continue
            name = self._names[item] = (epoch, next(ids))
            outputs.inducted.append(item)
            truth.append(TripBegan(number, item.trip, *name, item.gap_ahead_mm, now_s, time_ms))
            if item.hidden is not None:
                truth += (made(item.hidden), StrayLaid(item.hidden.number, now_s))
                self.disturbed((item,), Fault.ITEMS_TOUCH, now_s, truth)

    def disturbed(self, items: Iterable[Item], fault: Fault, now_s: float, truth: list[Truth]) -> None:
        """A fault touched them: a careful line may send them to a safer lane."""
        for item in items:
            item.touched = item.disturbed = True
            if name := self._names.get(item):
                truth.append(Disturbed(*name, fault, now_s))

    def unscanned(self, items: Iterable[Item], truth: list[Truth]) -> None:
        """There is no image of them."""
        truth += [Unscanned(*self._names[item]) for item in items if item in self._names]

    def taken(self, item: Item, now_s: float, truth: list[Truth]) -> None:
        """Somebody took it off the belt, to the bench."""
        number = item.parcel.number
        if name := self._names.pop(item, None):
            truth.append(TripBroken(number, item.trip, *name, now_s))
        else:
            truth.append(StrayEnded(number, 0, LaneRole.INSPECT, now_s))
        if item.hidden is not None:
            truth.append(StrayEnded(item.hidden.number, 0, LaneRole.INSPECT, now_s))

    def entered(self, signal: LaneEntered, now_s: float, truth: list[Truth]) -> None:
        """It entered a lane."""
        item, lane = signal.item, signal.lane
        number, role = item.parcel.number, self._line.lane(lane).role
        if name := self._names.pop(item, None):
            truth.append(TripEnded(number, item.trip, *name, lane, role, item.touched, now_s))
        else:
            truth.append(StrayEnded(number, lane, role, now_s))
        if item.hidden is not None:
            truth.append(StrayEnded(item.hidden.number, lane, role, now_s))
