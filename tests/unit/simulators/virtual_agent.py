"""A perfect agent that drives a world by a virtual clock, scan by scan.

On a line with a CT scanner it also stands for the scanner's process: objects are sent in no time when they
are due, and an image is reviewed at once. Until then its item is for the bench.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from config.settings import LaneRole, Line
from simulators.categories import SCAN_FAULTS
from simulators.contract import Command, Event, EventKind, Result
from simulators.controller import Inputs
from simulators.fates import release_lane
from simulators.parcels import Parcel
from simulators.scan_plan import ScanMade, Sending
from simulators.truth import ParcelMade, ScanSent, TripBegan, Truth
from simulators.world import Outputs, World

SCANS_A_BEAT = 10


@dataclass
class Drive:
    """A world under a perfect agent: it beats and, if it decides, names the right lane in time."""

    line: Line
    world: World
    decides: bool = True
    beats: bool = True
    scans: int = 0
    pending: list[Command] = field(default_factory=list[Command])
    events: list[Event] = field(default_factory=list[Event])
    results: list[Result] = field(default_factory=list[Result])
    truth: list[Truth] = field(default_factory=list[Truth])
    made: dict[int, ParcelMade] = field(default_factory=dict[int, ParcelMade])
    trips: dict[tuple[int, int], TripBegan] = field(default_factory=dict[tuple[int, int], TripBegan])
    parcels: dict[int, Parcel] = field(default_factory=dict[int, Parcel])
    sequence: int = 0
    heartbeat: int = 0
    scans_made: list[ScanMade] = field(default_factory=list[ScanMade])
    sending: list[tuple[float, ScanMade, Sending]] = field(
        default_factory=list[tuple[float, ScanMade, Sending]]
    )

    @property
    def now_s(self) -> float:
        return self.scans * 0.01

    def step(self, *, stopped_by_hand: bool = False) -> Outputs:
        """One scan."""
        self.scans += 1
        if self.beats and self.scans % SCANS_A_BEAT == 0:
            self.heartbeat += 1
        inputs = Inputs(self.heartbeat, tuple(self.pending), stopped_by_hand)
        self.pending = []
        outputs = self.world.update(self.now_s, inputs)
        self.events += outputs.events
        self.results += outputs.results
        self.truth += outputs.truth
        for record in outputs.truth:
            if isinstance(record, ParcelMade):
                self.made[record.number] = record
            elif isinstance(record, TripBegan):
                self.trips[record.epoch, record.tracking_id] = record
        for event in outputs.events:
            if self.decides and event.kind is EventKind.EYE and event.point == self.line.belt.decide_eye:
                lane = self._right_lane(outputs.status.epoch, event.tracking_id)
                imaged = self.line.ct is None or self.line.lane(lane).role is not LaneRole.RELEASE
                self.command(event.tracking_id, lane if imaged else self._lane(LaneRole.INSPECT))
        self._scan(outputs)
        return outputs

    def _scan(self, outputs: Outputs) -> None:
        self.scans_made += outputs.scans
        for made in outputs.scans:
            self.sending += [(made.at_s + each.after_s, made, each) for each in made.sendings]
        due = [each for each in self.sending if each[0] <= self.now_s]
        self.sending = [each for each in self.sending if each[0] > self.now_s]
        for _, made, sending in due:
            for energy in sending.energies:
                whole = not (sending.cut and energy == sending.energies[-1])
                time_ms = outputs.status.time_ms
                self.truth.append(
                    ScanSent(
                        made.epoch, made.tracking_id, sending.scan, energy, made.own_id, whole, True, time_ms
                    )
                )
            item = made.item
            imaged = sending is made.sendings[-1] and item.parcel.category not in SCAN_FAULTS
            read = item.trip >= item.parcel.unread_trips
            if self.decides and imaged and read and item.parcel.right is LaneRole.RELEASE and not item.gone:
                self.command(made.tracking_id, self._right_lane(made.epoch, made.tracking_id))

    def until(self, condition: Callable[[], object], within_s: float = 600.0) -> None:
        """Step until something holds."""
        last = self.scans + int(within_s * 100)
        while not condition():
            assert self.scans < last, "it never came about"
            self.step()

    def command(self, tracking_id: int, lane: int, *, epoch: int | None = None) -> None:
        """Send a lane command with the next scan."""
        self.sequence += 1
        epoch = self.world.status.epoch if epoch is None else epoch
        self.pending.append(Command(self.sequence % 8, self.sequence, epoch, tracking_id, lane))

    def kinds(self, tracking_id: int) -> list[EventKind]:
        """What was posted of an item, in order."""
        return [event.kind for event in self.events if event.tracking_id == tracking_id]

    def posted(self, kind: EventKind) -> Iterator[Event]:
        """Events of a kind, in order."""
        return (event for event in self.events if event.kind is kind)

    def _right_lane(self, epoch: int, tracking_id: int) -> int:
        trip = self.trips[epoch, tracking_id]
        made, parcel = self.made[trip.parcel], self.parcels[trip.parcel]
        if trip.trip == 0 and parcel.unread_trips:
            return self._lane(LaneRole.RECIRCULATE)
        if made.right is LaneRole.RELEASE:
            lane = release_lane(self.line, made)
            assert lane is not None
            return lane
        return self._lane(made.right)

    def _lane(self, role: LaneRole) -> int:
        lane = self.line.lane_of_role(role)
        assert lane is not None
        return lane.number


class MakeDrive(Protocol):
    """Makes a world of some parcels and its agent; the controller's epoch is 7."""

    def __call__(
        self, stream: tuple[Parcel, ...], *, seed: int = 1, decides: bool = True, on: Line | None = None
    ) -> Drive: ...


class MakeParcels(Protocol):
    """Makes clean parcels of given lengths, read by every scanner, each weighing 1,000 g."""

    def __call__(self, *lengths_mm: int, close_mm: int | None = None) -> tuple[Parcel, ...]: ...
