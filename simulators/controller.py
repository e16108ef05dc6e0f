"""The line's simulated controller: tracks items by its own eyes, answers lane commands, sets the diverters.

It knows only what a controller knows: sensor edges, the encoder, the agent's heartbeat and commands.
One `scan` is one cycle of its program.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from config.settings import LaneRole, Line
from simulators.belt import EyeCleared, EyeMade, LaneEntered, Signal
from simulators.contract import (
    UNKNOWN_TRIPS,
    Command,
    CtState,
    Event,
    EventKind,
    Outcome,
    Result,
    State,
    Status,
)
from simulators.watchdog import Watchdog

MINIMUM_GAP_MM = 250
LANES = 16


@dataclass
class Tracked:
    """An item as the controller knows it."""

    tracking_id: int
    zero_mm: float  # encoder when its front was at the induction eye
    trips: int
    lane: int
    length_mm: float | None = None
    next_eye: int = 1
    commanded: bool = False
    decided: bool = False


class Inputs(Struct, frozen=True):
    """What reaches the controller from outside the belt."""

    heartbeat: int = 0  # the agent's register
    commands: tuple[Command, ...] = ()
    stopped_by_hand: bool = False


class Controller:
    """One boot of the controller: tracking ids from 1, counts from 0.

    Args:
        line: geometry, lanes.
        epoch: differs from every other boot's, never 0.
        boot_mm: belt travel at boot; its encoder counts from there.
        in_loop: items in the recirculation loop at boot, of which it knows only the number.
    """

    def __init__(self, line: Line, epoch: int, boot_mm: float = 0.0, in_loop: int = 0) -> None:
        inspect = line.lane_of_role(LaneRole.INSPECT)
        if inspect is None:
            raise ValueError(f"line {line.id} has no inspect lane")
        self._line = line
        self._belt = line.belt
        self._inspect = inspect.number
        self._lanes = {lane.number: lane for lane in line.lanes}
        self.epoch = epoch
        self.state = State.STOPPED
        self.watchdog = Watchdog()
        self.tracked: dict[int, Tracked] = {}
        self.diverters_out: frozenset[int] = frozenset()
        self._boot_mm = boot_mm
        self._last_id = 0
        self._last_back_mm: float | None = None
        self._full: frozenset[int] = frozenset()
        self._ct_state = CtState.NONE if line.ct is None else CtState.READY
        self._counts = [0] * LANES
        self._loop: deque[int] = deque([UNKNOWN_TRIPS] * in_loop)  # trips of the items in the loop
        self._time_ms = 0
        self._encoder_mm = 0.0
        self._events: list[Event] = []

    @property
    def induction_open(self) -> bool:
        """Whether items may come onto the belt."""
        return self.state is State.EXECUTE

    @property
    def belt_runs(self) -> bool:
        """Whether the belt's motor is on."""
        return self.state in (State.EXECUTE, State.HELD)

    def scan(
        self,
        time_ms: int,
        travel_mm: float,
        signals: Sequence[Signal],
        inputs: Inputs,
        full: frozenset[int] = frozenset(),
        ct_state: CtState = CtState.READY,
    ) -> tuple[list[Event], list[Result]]:
        """One cycle: sensors in, then commands, then tracking by position; returns events and answers."""
        self._time_ms = time_ms
        self._encoder_mm = travel_mm - self._boot_mm
        self._events = []
        self._set_state(inputs)
        self._watch_lanes(full)
        self._watch_ct(ct_state)
        for signal in signals:
            self._sense(signal)
        results = [Result(command, self._rule(command), time_ms) for command in inputs.commands]
        self._follow()
        return self._events, results

    def status(self) -> Status:
        """The status block as of the last scan."""
        return Status(
            epoch=self.epoch,
            state=self.state,
            heartbeat=self._time_ms // 100 & 0xFFFF,
            induction_open=self.induction_open,
            agent_alive=self.watchdog.alive,
            time_ms=self._time_ms,
            encoder_mm=int(self._encoder_mm),
            speed_mm_s=self._belt.speed_mm_s if self.belt_runs else 0,
            lanes_available=frozenset(self._lanes) - self._full,
            inducted=self._last_id,
            last_tracking_id=self._last_id,
            lane_counts=tuple(self._counts),
            ct_state=self._ct_state,
        )

    def _post(
        self,
        kind: EventKind,
        tracking_id: int = 0,
        *,
        point: int = 0,
        detail: int = 0,
        at_mm: float | None = None,
    ) -> None:
        encoder_mm = int(self._encoder_mm if at_mm is None else at_mm)
        self._events.append(Event(kind, self._time_ms, encoder_mm, tracking_id, point, detail))

    def _set_state(self, inputs: Inputs) -> None:
        self.watchdog.look(inputs.heartbeat, self._time_ms)
        if inputs.stopped_by_hand or not self.watchdog.ever_alive:
            state = State.STOPPED
        else:
            state = State.EXECUTE if self.watchdog.alive else State.HELD
        if state is not self.state:
            self.state = state
            self._post(EventKind.LINE_STATE, detail=state)

    def _watch_lanes(self, full: frozenset[int]) -> None:
        full -= {self._inspect}  # the bench must always take what nothing else takes
        for lane in full - self._full:
            self._post(EventKind.LANE_FULL, detail=lane)
        for lane in self._full - full:
            self._post(EventKind.LANE_FREE, detail=lane)
        self._full = full

    def _watch_ct(self, state: CtState) -> None:
        if self._line.ct is not None and state is not self._ct_state:
            self._ct_state = state
            self._post(EventKind.CT_STATE, detail=state)

    def _sense(self, signal: Signal) -> None:
        at_mm = signal.at_mm - self._boot_mm
        match signal:
            case EyeMade(eye=0):
                self._induct(at_mm, signal.from_loop)
            case EyeMade():
                self._see(signal.eye, at_mm)
            case EyeCleared():
                self._measure(at_mm)
            case LaneEntered():
                self._confirm(signal.lane, at_mm)
            case _:
                pass  # scanners, scale and tunnel are not wired to the controller

    def _induct(self, at_mm: float, from_loop: bool) -> None:
        self._last_id += 1
        trips = 0
        if from_loop:
            trips = self._loop.popleft() if self._loop else UNKNOWN_TRIPS
        self.tracked[self._last_id] = Tracked(self._last_id, at_mm, trips, self._inspect)
        self._post(EventKind.INDUCTED, self._last_id, detail=trips, at_mm=at_mm)
        if self._last_back_mm is not None and (gap_mm := at_mm - self._last_back_mm) < MINIMUM_GAP_MM:
            for tracking_id in (self._last_id - 1, self._last_id):
                self._post(EventKind.TOO_CLOSE, tracking_id, detail=int(gap_mm), at_mm=at_mm)

    def _measure(self, at_mm: float) -> None:
        self._last_back_mm = at_mm
        if (item := self.tracked.get(self._last_id)) and item.length_mm is None:
            item.length_mm = at_mm - item.zero_mm
            self._post(EventKind.LENGTH, item.tracking_id, detail=round(item.length_mm), at_mm=at_mm)

    def _see(self, eye: int, at_mm: float) -> None:
        place_mm = self._belt.eyes_mm[eye]
        for item in self.tracked.values():
            off_mm = abs(at_mm - item.zero_mm - place_mm)
            if item.next_eye == eye and off_mm <= self._belt.tolerance_mm:
                item.next_eye += 1
                self._post(EventKind.EYE, item.tracking_id, point=eye, at_mm=at_mm)
                return
        self._post(EventKind.UNEXPECTED, point=eye, at_mm=at_mm)

    def _confirm(self, lane: int, at_mm: float) -> None:
        diverter_mm = self._lanes[lane].diverter_mm
        for item in self.tracked.values():
            off_mm = abs(at_mm - item.zero_mm - (item.length_mm or 0.0) / 2 - diverter_mm)
            if item.lane == lane and off_mm <= self._belt.tolerance_mm:
                del self.tracked[item.tracking_id]
                self._counts[lane - 1] += 1
                if self._lanes[lane].role is LaneRole.RECIRCULATE:
                    self._loop.append(UNKNOWN_TRIPS if item.trips == UNKNOWN_TRIPS else item.trips + 1)
                self._post(EventKind.DIVERTED, item.tracking_id, detail=lane, at_mm=at_mm)
                return

    def _rule(self, command: Command) -> Outcome:
        if command.epoch != self.epoch:
            return Outcome.WRONG_EPOCH
        item = self.tracked.get(command.tracking_id)
        if item is None:
            return Outcome.UNKNOWN_ITEM
        if item.commanded and item.lane == command.lane:
            return Outcome.ACCEPTED
        if command.lane not in self._lanes or command.lane in self._full:
            return Outcome.LANE_UNAVAILABLE
        position_mm = self._encoder_mm - item.zero_mm
        inspect = command.lane == self._inspect
        cutoff_mm = self._belt.inspect_cutoff_mm if inspect else self._belt.release_cutoff_mm
        if position_mm >= cutoff_mm:
            return Outcome.TOO_LATE
        item.lane, item.commanded = command.lane, True
        return Outcome.ACCEPTED

    def _follow(self) -> None:
        """Latch, divert and miss items by where they must be now."""
        out: set[int] = set()
        for item in tuple(self.tracked.values()):
            position_mm = self._encoder_mm - item.zero_mm
            if not item.decided and position_mm >= self._belt.release_cutoff_mm:
                item.decided = True
                self._post(EventKind.DECIDED, item.tracking_id, detail=item.lane)
            if item.next_eye < len(self._belt.eyes_mm):
                if position_mm > self._belt.eyes_mm[item.next_eye] + self._belt.tolerance_mm:
                    del self.tracked[item.tracking_id]
                    self._post(EventKind.LOST, item.tracking_id, point=item.next_eye)
            elif position_mm >= self._lanes[item.lane].diverter_mm:
                self._divert(item, position_mm - self._lanes[item.lane].diverter_mm, out)
        self.diverters_out = frozenset(out)

    def _divert(self, item: Tracked, beyond_mm: float, out: set[int]) -> None:
        """Hold the diverter out while the item passes it, then miss it if its lane did not see it."""
        length_mm = item.length_mm or 0.0
        if beyond_mm <= length_mm and item.lane not in self._full:
            out.add(item.lane)
        if beyond_mm <= length_mm / 2 + self._belt.tolerance_mm:
            return
        self._post(EventKind.DIVERT_FAILED, item.tracking_id, detail=item.lane)
        if item.lane == self._inspect:
            del self.tracked[item.tracking_id]
        item.lane = self._inspect
