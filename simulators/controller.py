"""The line's simulated controller: tracks items by its own eyes, answers lane commands, sets the diverters.

It knows only what a controller knows: sensor edges, the encoder, the agent's heartbeat and commands.
One `scan` is one cycle of its program: line state, then sensors, then commands, then tracking by place.
"""

from collections.abc import Sequence

from msgspec import Struct

from config.settings import Line
from simulators.contract import Command, CtState, Event, EventKind, Outcome, Result, State, Status
from simulators.following import Following
from simulators.line_state import Seen
from simulators.sensing import Sensing
from simulators.signals import Signal
from simulators.track import Track
from simulators.tracked import Tracked, nearest_to
from simulators.watchdog import Watchdog


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
        aborted: when it lost power; no power cycle ends that.
    """

    def __init__(
        self, line: Line, epoch: int, boot_mm: float = 0.0, in_loop: int = 0, *, aborted: bool = False
    ) -> None:
        self.epoch = epoch
        self.watchdog = Watchdog()
        self._track = Track(line, boot_mm)
        self._sensing = Sensing(self._track, in_loop)
        self._following = Following(self._track)
        self._belt = line.belt
        self.line_state = self._track.line_state
        if aborted:
            self.line_state.abort()
        self.tracked = self._track.items
        self._lanes_full: frozenset[int] | None = None  # as they say themselves
        self._has_ct = line.ct is not None
        self._ct_state = CtState.READY if self._has_ct else CtState.NONE

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

    @property
    def diverters_out(self) -> frozenset[int]:
        """The lanes whose diverters are actuated."""
        return self._following.diverters_out

    def position_mm(self, item: Tracked) -> float:
        """Where it takes an item's front to be."""
        return self._track.encoder_mm - item.zero_mm

    def nearest(self, front_mm: float) -> int | None:
        """The item it takes to be nearest to a place, if any is within the tolerance."""
        zero_mm = self._track.encoder_mm - front_mm
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
        """One cycle; `full`: the lanes that take no items. Returns events and answers."""
        track = self._track
        track.begin_scan(time_ms, travel_mm)
        self._set_state(inputs, bench_full=track.inspect in full)
        if full is not self._lanes_full:
            self._watch_lanes(full)
        if ct_state is not self._ct_state:
            self._watch_ct(ct_state)
        for signal in signals:
            self._sensing.sense(signal)
        results = [Result(command, self._rule(command), time_ms) for command in inputs.commands]
        self._following.follow()
        return track.events, results

    def status(self) -> Status:
        """The status block as of the last scan."""
        track, sensing = self._track, self._sensing
        return Status(
            epoch=self.epoch,
            state=self.state,
            heartbeat=track.time_ms // 100 & 0xFFFF,
            induction_open=self.induction_open,
            agent_alive=self.watchdog.alive,
            time_ms=track.time_ms,
            encoder_mm=int(track.encoder_mm),
            speed_mm_s=self._belt.speed_mm_s if self.belt_runs else 0,
            lanes_available=frozenset(track.lanes) - track.full,
            inducted=sensing.inducted,
            last_tracking_id=sensing.inducted,
            lane_counts=tuple(sensing.lane_counts),
            ct_state=self._ct_state,
        )

    def _set_state(self, inputs: Inputs, *, bench_full: bool) -> None:
        watchdog, line_state = self.watchdog, self.line_state
        before = line_state.state
        watchdog.look(inputs.heartbeat, self._track.time_ms)
        hand = inputs.emergency_stop or inputs.stopped_by_hand or inputs.started_by_hand
        wrong = hand or bench_full or line_state.alarmed or not watchdog.alive
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
        if line_state.step(seen) is not before:
            self._track.post(EventKind.LINE_STATE, detail=line_state.state)

    def _watch_lanes(self, full: frozenset[int]) -> None:
        track = self._track
        self._lanes_full = full
        full -= {track.inspect}  # the bench must always take what nothing else takes
        for lane in full - track.full:
            track.post(EventKind.LANE_FULL, detail=lane)
        for lane in track.full - full:
            track.post(EventKind.LANE_FREE, detail=lane)
        track.full = full

    def _watch_ct(self, state: CtState) -> None:
        if self._has_ct and state is not self._ct_state:
            self._ct_state = state
            self._track.post(EventKind.CT_STATE, detail=state)

    def _rule(self, command: Command) -> Outcome:
        track = self._track
        if command.epoch != self.epoch:
            return Outcome.WRONG_EPOCH
        item = track.items.get(command.tracking_id)
        if item is None or item.lost:
            return Outcome.UNKNOWN_ITEM
        if item.commanded and item.lane == command.lane:
            return Outcome.ACCEPTED
        inspect = command.lane == track.inspect
        cutoff_mm = self._belt.inspect_cutoff_mm if inspect else self._belt.release_cutoff_mm
        if track.encoder_mm - item.zero_mm >= cutoff_mm:
            return Outcome.TOO_LATE
        if command.lane not in track.lanes or command.lane in track.full:
            return Outcome.LANE_UNAVAILABLE
        item.lane, item.commanded = command.lane, True
        track.expect(item)
        return Outcome.ACCEPTED
