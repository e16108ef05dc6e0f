"""What one update of a world yields, and the truth that follows from what the controller said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulators.contract import Event, EventKind, Outcome, Result, Status
from simulators.controller import Controller
from simulators.parcels import Parcel
from simulators.scan_plan import ScanMade
from simulators.signals import Item, Scanned, Weighed
from simulators.truth import CutoffPassed, DecisionDue, LaneAccepted, ParcelMade, Truth


@dataclass
class Outputs:
    """What one update yields, in order."""

    controller: Controller
    events: list[Event] = field(default_factory=list[Event])
    results: list[Result] = field(default_factory=list[Result])
    sights: list[Scanned] = field(default_factory=list[Scanned])
    weights: list[Weighed] = field(default_factory=list[Weighed])
    inducted: list[Item] = field(default_factory=list[Item])  # its contents can be known from now on
    scans: list[ScanMade] = field(default_factory=list[ScanMade])
    ended: list[Item] = field(default_factory=list[Item])  # their trips
    truth: list[Truth] = field(default_factory=list[Truth])

    @property
    def status(self) -> Status:
        """The controller's status as of its last scan; to be asked for before the next update."""
        return self.controller.status()


def made(parcel: Parcel) -> ParcelMade:
    """A parcel as the truth has it."""
    return ParcelMade(
        parcel.number,
        parcel.category,
        parcel.right,
        parcel.courier,
        parcel.destination,
        parcel.weight_g,
        parcel.length_mm,
        parcel.copy_of,
    )


def ruled(epoch: int, decide_eye: int, events: Iterable[Event], results: Iterable[Result]) -> Iterator[Truth]:
    """What the controller's events and answers say of decisions."""
    for event in events:
        if event.kind is EventKind.EYE and event.point == decide_eye:
            yield DecisionDue(epoch, event.tracking_id, event.time_ms)
        elif event.kind is EventKind.DECIDED:
            yield CutoffPassed(epoch, event.tracking_id, event.time_ms)
    for result in results:
        if result.outcome is Outcome.ACCEPTED:
            yield LaneAccepted(
                result.command.epoch, result.command.tracking_id, result.command.lane, result.time_ms
            )
