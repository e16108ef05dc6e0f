"""A world with faults under an agent that sends right what is not doubtful, and what came of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from config.settings import LaneRole, Line
from simulators.contract import Command, EventKind
from simulators.controller import Inputs
from simulators.fates import TripKey, release_lane
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.parcels import Parcel, endless
from simulators.truth import Disturbed, LaneAccepted, StrayEnded, TripBegan, TripBroken, TripEnded, Truth
from simulators.world import World

STEP_S = 0.05
WITHIN_S = 20_000


@dataclass
class FaultyWorld:
    """`count` parcels on a line; every `every_s` seconds `faults` strike in turn, or last for 3 s."""

    line: Line
    count: int
    seed: int
    faults: tuple[Fault, ...] = ()
    every_s: float = 20.0
    lasting: frozenset[Fault] = frozenset({Fault.BELT_STOPPED, Fault.LANE_FULL})
    made: dict[int, Parcel] = field(default_factory=dict[int, Parcel])
    truth: list[Truth] = field(default_factory=list[Truth])
    disturbed: dict[TripKey, set[str]] = field(default_factory=dict[TripKey, set[str]])
    accepted: dict[TripKey, int] = field(default_factory=dict[TripKey, int])
    kinds: dict[TripKey, list[EventKind]] = field(default_factory=dict[TripKey, list[EventKind]])
    states: list[int] = field(default_factory=list[int])
    confirmed: list[tuple[TripKey, int]] = field(default_factory=list[tuple[TripKey, int]])

    def __post_init__(self) -> None:
        self.board = FaultBoard(lambda: "running")
        self.world = World(self.line, self._feed(), seed=self.seed, epoch=1, scan_s=STEP_S, faults=self.board)
        self._trips: dict[TripKey, TripBegan] = {}
        self._pending: list[Command] = []
        self._steps = 0

    def run(self) -> None:
        """Until every parcel has come to its end."""
        each = round(self.every_s / STEP_S)
        while not self.world.empty:
            assert self._steps * STEP_S < WITHIN_S, "it never ends"
            self._steps += 1
            if self.faults and self._steps % each == 0:
                fault = self.faults[self._steps // each % len(self.faults)]
                if fault in self.lasting:
                    self.board.begin(fault)
                else:
                    self.board.arm(fault)
            elif self._steps % each == round(3.0 / STEP_S):
                for fault in self.lasting:
                    self.board.end(fault)
            self._step()

    def seen(self, fault: Fault) -> int:
        """How often it took effect."""
        return sum(count for (each, _), count in self.board.seen.items() if each is fault)

    def ends(self) -> list[TripEnded]:
        """The trips that ended in a lane."""
        return [record for record in self.truth if isinstance(record, TripEnded)]

    def parcels_accounted(self) -> Counter[int]:
        """How often each parcel came to an end for good."""
        return Counter(
            record.parcel
            for record in self.truth
            if isinstance(record, TripBroken)
            or (isinstance(record, TripEnded | StrayEnded) and record.role is not LaneRole.RECIRCULATE)
        )

    def _feed(self) -> Iterator[Parcel]:
        for parcel in islice(endless(self.line, self.seed), self.count):
            self.made[parcel.number] = parcel
            yield parcel

    def _step(self) -> None:
        commands, self._pending = tuple(self._pending), []
        outputs = self.world.update(self._steps * STEP_S, Inputs(self._steps, commands))
        self.truth += outputs.truth
        for record in outputs.truth:
            match record:
                case TripBegan():
                    self._trips[record.epoch, record.tracking_id] = record
                case Disturbed():
                    self.disturbed.setdefault((record.epoch, record.tracking_id), set()).add(record.fault)
                case LaneAccepted():
                    self.accepted[record.epoch, record.tracking_id] = record.lane
                case _:
                    pass
        for event in outputs.events:
            key = (outputs.status.epoch, event.tracking_id)
            self.kinds.setdefault(key, []).append(event.kind)
            if event.kind is EventKind.LINE_STATE:
                self.states.append(event.detail)
            elif event.kind is EventKind.DIVERTED:
                self.confirmed.append((key, event.detail))
            elif event.kind is EventKind.EYE and event.point == self.line.belt.decide_eye:
                lane = self._lane(self.made[self._trips[key].parcel], key)
                self._pending.append(Command(self._steps % 8, self._steps, *key, lane))

    def _lane(self, parcel: Parcel, key: TripKey) -> int:
        lane = release_lane(self.line, parcel)
        if parcel.right is not LaneRole.RELEASE or EventKind.TOO_CLOSE in self.kinds[key] or lane is None:
            return self.line.inspect_lane.number
        return lane
