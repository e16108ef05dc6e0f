"""The line's simulated controller: tracks items by its own eyes, answers lane commands, sets the diverters.

It knows only what a controller knows: sensor edges, the encoder, the agent's heartbeat and commands.
One `scan` is one cycle of its program.
"""

from collections import deque
from collections.abc import Sequence
from math import inf

from msgspec import Struct

from config.settings import LaneRole, Line
from simulators.contract import (
    LANE_EYE,
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
from simulators.line_state import LineState, Seen
from simulators.signals import EyeCleared, EyeMade, LaneEntered, Signal
from simulators.tracked import Tracked, arrived_in, expected_at, nearest_to
from simulators.watchdog import Watchdog

MINIMUM_GAP_MM = 250
LANES = 16
BOUNCE_MM = 20  # edges of an eye within so much travel are one
_JAM = 2  # items missed in a row at one place


class Inputs(Struct, frozen=True):
    """What reaches the controller from outside the belt."""

    heartbeat: int = 0  # the agent's register
    commands: tuple[Command, ...] = ()
    stopped_by_hand: bool = False  # the stop switch
    emergency_stop: bool = False  # pressed
    started_by_hand: bool = False  # the start button


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
        self.line_state = LineState()
        self.watchdog = Watchdog()
        self.tracked: dict[int, Tracked] = {}
        self.diverters_out: frozenset[int] = frozenset()
        self._boot_mm = boot_mm
        self._last_id = 0
        self._last_back_mm: float | None = None
        self._last_edge_mm: float | None = None  # of the induction eye
        self._covered_mm = [-inf] * len(line.belt.eyes_mm)  # how far what each eye saw last reaches
        self._missed = [0] * (len(line.belt.eyes_mm) + 1)  # items in a row, at each eye and in the lanes
        self._full: frozenset[int] = frozenset()  # the lanes that take no items
        self._lanes_full: frozenset[int] | None = None  # as they say themselves
        self._ct_state = CtState.NONE if line.ct is None else CtState.READY
        self._counts = [0] * LANES
        self._loop: deque[int] = deque([UNKNOWN_TRIPS] * in_loop)  # trips of the items in the loop
        self._time_ms = 0
        self._encoder_mm = 0.0
        self._step_mm = 0.0  # how far the belt goes in a scan: a diverter moves so much before its item
        self._events: list[Event] = []
        self._due_mm = inf  # the least of the items'

    @property
    def state(self) -> State:
        """Of the line."""
        return self.line_state.state

    @property
    def induction_open(self) -> bool:
        """Whether items may come onto the belt."""
        return self.line_state.state is State.EXECUTE

    @property
    def belt_runs(self) -> bool:
        """Whether the belt's motor is on."""
        return self.line_state.belt_runs

    @property
    def needs_hand(self) -> bool:
        """Whether only a hand at the line starts it again."""
        return self.line_state.needs_hand

    def position_mm(self, item: Tracked) -> float:
        """Where it takes an item's front to be."""
        return self._encoder_mm - item.zero_mm

    def nearest(self, front_mm: float) -> int | None:
        """The item it takes to be nearest to a place, if any is within the tolerance."""
        zero_mm = self._encoder_mm - front_mm
        found = nearest_to(zero_mm, self.tracked.values(), self._belt.tolerance_mm)
        return None if found is None else found.tracking_id

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
        encoder_mm = travel_mm - self._boot_mm
        if encoder_mm > self._encoder_mm:
            self._step_mm, self._encoder_mm = encoder_mm - self._encoder_mm, encoder_mm
        self._events = []
        self._set_state(inputs, bench_full=self._inspect in full)
        if full is not self._lanes_full:
            self._watch_lanes(full)
        if ct_state is not self._ct_state:
            self._watch_ct(ct_state)
        for signal in signals:
            self._sense(signal)
        results = [Result(command, self._rule(command), time_ms) for command in inputs.commands]
        if self._encoder_mm >= self._due_mm:
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

    def _set_state(self, inputs: Inputs, *, bench_full: bool) -> None:
        watchdog, before = self.watchdog, self.line_state.state
        watchdog.look(inputs.heartbeat, self._time_ms)
        hand = inputs.emergency_stop or inputs.stopped_by_hand or inputs.started_by_hand
        wrong = hand or bench_full or self.line_state.alarmed or not watchdog.alive
        if before is State.EXECUTE and not wrong:
            return
        seen = Seen(
            inputs.emergency_stop,
            inputs.stopped_by_hand,
            inputs.started_by_hand,
            watchdog.alive,
            watchdog.ever_alive,
            bench_full,
        )
        if self.line_state.step(seen) is not before:
            self._post(EventKind.LINE_STATE, detail=self.line_state.state)

    def _watch_lanes(self, full: frozenset[int]) -> None:
        self._lanes_full = full
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
                if not self._bounces(at_mm):
                    self._induct(at_mm, signal.from_loop)
            case EyeMade():
                if at_mm > self._covered_mm[signal.eye]:
                    self._see(signal.eye, at_mm)
            case EyeCleared():
                if not self._bounces(at_mm):
                    self._measure(at_mm)
            case LaneEntered():
                self._confirm(signal.lane, at_mm)
            case _:
                pass  # scanners, scale and tunnel are not wired to the controller

    def _bounces(self, at_mm: float) -> bool:
        """Whether an edge of the induction eye belongs to the one before."""
        last_mm = self._last_edge_mm
        if last_mm is not None and at_mm - last_mm < BOUNCE_MM:
            return True
        self._last_edge_mm = at_mm
        return False

    def _induct(self, at_mm: float, from_loop: bool) -> None:
        self._last_id += 1
        trips = 0
        if from_loop:
            trips = self._loop.popleft() if self._loop else UNKNOWN_TRIPS
        item = self.tracked[self._last_id] = Tracked(self._last_id, at_mm, trips, self._inspect)
        self._expect(item)
        self._post(EventKind.INDUCTED, self._last_id, detail=trips, at_mm=at_mm)
        if self._last_back_mm is not None and (gap_mm := at_mm - self._last_back_mm) < MINIMUM_GAP_MM:
            for tracking_id in (self._last_id - 1, self._last_id):
                self._post(EventKind.TOO_CLOSE, tracking_id, detail=int(gap_mm), at_mm=at_mm)

    def _measure(self, at_mm: float) -> None:
        """Longer than the site's longest item is two that touch."""
        self._last_back_mm = at_mm
        if (item := self.tracked.get(self._last_id)) and item.length_mm is None:
            item.length_mm = at_mm - item.zero_mm
            self._post(EventKind.LENGTH, item.tracking_id, detail=round(item.length_mm), at_mm=at_mm)
            if item.length_mm > self._belt.longest_item_mm:
                self._post(EventKind.TOO_CLOSE, item.tracking_id, at_mm=at_mm)

    def _see(self, eye: int, at_mm: float) -> None:
        """The item expected nearest has arrived, and its place is corrected; with none it is a stranger."""
        self._missed[eye] = 0
        place_mm = self._belt.eyes_mm[eye]
        nearest = expected_at(eye, at_mm - place_mm, self.tracked.values(), self._belt.tolerance_mm)
        if nearest is None:
            self._covered_mm[eye] = at_mm + BOUNCE_MM
            self._post(EventKind.UNEXPECTED, point=eye, at_mm=at_mm)
            return
        nearest.zero_mm = at_mm - place_mm
        nearest.next_eye += 1
        self._covered_mm[eye] = at_mm + max(BOUNCE_MM, nearest.length_mm or 0.0)
        self._expect(nearest)
        self._post(EventKind.EYE, nearest.tracking_id, point=eye, at_mm=at_mm)

    def _confirm(self, lane: int, at_mm: float) -> None:
        """Something entered a lane: the item expected there, or one that nobody sent, which stops the line
        if it is released so."""
        self._missed[-1] = 0
        self._counts[lane - 1] += 1
        recirculates = self._lanes[lane].role is LaneRole.RECIRCULATE
        zero_mm = at_mm - self._lanes[lane].diverter_mm
        item = arrived_in(lane, zero_mm, self.tracked.values(), self._belt.tolerance_mm)
        if item is None:
            if recirculates:
                self._loop.append(UNKNOWN_TRIPS)
            self._post(EventKind.UNEXPECTED, point=LANE_EYE, detail=lane, at_mm=at_mm)
        else:
            del self.tracked[item.tracking_id]
            if recirculates:
                self._loop.append(UNKNOWN_TRIPS if item.trips == UNKNOWN_TRIPS else item.trips + 1)
            self._post(EventKind.DIVERTED, item.tracking_id, detail=lane, at_mm=at_mm)
        ordered = item is not None and item.lane == lane
        if self._lanes[lane].role is LaneRole.RELEASE and not ordered:
            self.line_state.abort()

    def _rule(self, command: Command) -> Outcome:
        if command.epoch != self.epoch:
            return Outcome.WRONG_EPOCH
        item = self.tracked.get(command.tracking_id)
        if item is None or item.lost:
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
        self._expect(item)
        return Outcome.ACCEPTED

    def _follow(self) -> None:
        """Latch, divert and miss items by where they must be now."""
        out: set[int] = set()
        self._due_mm = inf
        for item in tuple(self.tracked.values()):
            if item.due_mm > self._encoder_mm:
                self._due_mm = min(self._due_mm, item.due_mm)
                continue
            self._come_to_place(item, self._encoder_mm - item.zero_mm, out)
            if item.tracking_id in self.tracked:
                self._expect(item)
        self.diverters_out = frozenset(out)
        if out:
            self._due_mm = self._encoder_mm  # to take them back in time

    def _come_to_place(self, item: Tracked, position_mm: float, out: set[int]) -> None:
        eyes_mm = self._belt.eyes_mm
        if item.next_eye < len(eyes_mm) and position_mm > eyes_mm[item.next_eye] + self._belt.tolerance_mm:
            self._miss(item)
        if not item.decided and position_mm >= self._belt.release_cutoff_mm:
            item.decided = True
            self._post(EventKind.DECIDED, item.tracking_id, detail=item.lane)
        beyond_mm = position_mm - self._lanes[item.lane].diverter_mm
        if item.next_eye >= len(self._belt.eyes_mm) and beyond_mm >= -self._step_mm:
            self._divert(item, beyond_mm, out)

    def _expect(self, item: Tracked) -> None:
        """Note when to look at it again."""
        eyes_mm, lane_mm = self._belt.eyes_mm, self._lanes[item.lane].diverter_mm
        seen = item.next_eye >= len(eyes_mm)
        place_mm = lane_mm - self._step_mm if seen else eyes_mm[item.next_eye] + self._belt.tolerance_mm
        if not item.decided and place_mm > self._belt.release_cutoff_mm:
            place_mm = self._belt.release_cutoff_mm
        item.due_mm = item.zero_mm + place_mm
        self._due_mm = min(self._due_mm, item.due_mm)

    def _miss(self, item: Tracked) -> None:
        """An eye did not see it; nor the one before it: they have jammed, with all that comes behind."""
        eye = item.next_eye
        self._lose(item)
        self._missed[eye] += 1
        if self._missed[eye] >= _JAM:
            self._jam(eye)

    def _jam(self, eye: int) -> None:
        """No place of an item upstream of that eye is believed any more."""
        self._missed = [0] * len(self._missed)
        self.line_state.jam()
        for item in self.tracked.values():
            if not item.lost and item.next_eye <= eye:
                self._lose(item)

    def _lose(self, item: Tracked) -> None:
        """To the bench, wherever it is."""
        eyes = len(self._belt.eyes_mm)
        self._post(
            EventKind.LOST, item.tracking_id, point=item.next_eye if item.next_eye < eyes else LANE_EYE
        )
        item.lost, item.lane, item.next_eye = True, self._inspect, eyes
        self._expect(item)

    def _divert(self, item: Tracked, beyond_mm: float, out: set[int]) -> None:
        """Hold the diverter out while the item passes it, then miss it if its lane did not see it."""
        length_mm = item.length_mm or 0.0
        if beyond_mm <= length_mm / 2 + self._belt.tolerance_mm:
            if beyond_mm <= length_mm and item.lane not in self._full:
                out.add(item.lane)
            return
        self._post(EventKind.DIVERT_FAILED, item.tracking_id, detail=item.lane)
        if item.lane != self._inspect:
            item.lane = self._inspect
            return
        del self.tracked[item.tracking_id]
        self._missed[-1] += not item.lost
        if self._missed[-1] >= _JAM:
            self._jam(len(self._belt.eyes_mm))
