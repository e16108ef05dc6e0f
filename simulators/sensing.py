"""What the controller makes of its sensors' edges: items inducted, measured, seen at an eye or in a lane."""

from collections import deque
from math import inf

from config.settings import LaneRole
from simulators.contract import LANE_EYE, UNKNOWN_TRIPS, EventKind
from simulators.signals import EyeCleared, EyeMade, LaneEntered, Signal
from simulators.track import Track
from simulators.tracked import Tracked, arrived_in, expected_at

LANES = 16
_MINIMUM_GAP_MM = 250
_BOUNCE_MM = 20  # edges of an eye within so much travel are one


class Sensing:
    """A controller's eyes.

    Args:
        track: the items it follows.
        in_loop: items in the recirculation loop at boot, of which it knows only the number.
    """

    def __init__(self, track: Track, in_loop: int) -> None:
        self._track = track
        self.inducted = 0  # the last tracking id
        self.lane_counts = [0] * LANES  # lane 1 first
        self._last_back_mm: float | None = None
        self._last_edge_mm: float | None = None  # of the induction eye
        self._covered_mm = [-inf] * len(track.belt.eyes_mm)  # how far what each eye saw last reaches
        self._loop: deque[int] = deque([UNKNOWN_TRIPS] * in_loop)  # trips of the items in the loop

    def sense(self, signal: Signal) -> None:
        """Take an edge in; they come in the order of travel."""
        at_mm = self._track.encoder_at(signal.at_mm)
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
        if last_mm is not None and at_mm - last_mm < _BOUNCE_MM:
            return True
        self._last_edge_mm = at_mm
        return False

    def _induct(self, at_mm: float, from_loop: bool) -> None:
        track = self._track
        self.inducted += 1
        trips = 0
        if from_loop:
            trips = self._loop.popleft() if self._loop else UNKNOWN_TRIPS
        item = track.items[self.inducted] = Tracked(self.inducted, at_mm, trips, track.inspect)
        track.expect(item)
        track.post(EventKind.INDUCTED, self.inducted, detail=trips, at_mm=at_mm)
        if self._last_back_mm is not None and (gap_mm := at_mm - self._last_back_mm) < _MINIMUM_GAP_MM:
            for tracking_id in (self.inducted - 1, self.inducted):
                track.post(EventKind.TOO_CLOSE, tracking_id, detail=int(gap_mm), at_mm=at_mm)

    def _measure(self, at_mm: float) -> None:
        """Longer than the site's longest item is two that touch."""
        track = self._track
        self._last_back_mm = at_mm
        if (item := track.items.get(self.inducted)) and item.length_mm is None:
            item.length_mm = at_mm - item.zero_mm
            track.post(EventKind.LENGTH, item.tracking_id, detail=round(item.length_mm), at_mm=at_mm)
            if item.length_mm > track.belt.longest_item_mm:
                track.post(EventKind.TOO_CLOSE, item.tracking_id, at_mm=at_mm)

    def _see(self, eye: int, at_mm: float) -> None:
        """The item expected nearest has arrived, and its place is corrected; with none it is a stranger."""
        track, belt = self._track, self._track.belt
        track.arrived(eye)
        place_mm = belt.eyes_mm[eye]
        nearest = expected_at(eye, at_mm - place_mm, track.items.values(), belt.tolerance_mm)
        if nearest is None:
            self._covered_mm[eye] = at_mm + _BOUNCE_MM
            track.post(EventKind.UNEXPECTED, point=eye, at_mm=at_mm)
            return
        nearest.zero_mm = at_mm - place_mm
        nearest.next_eye += 1
        self._covered_mm[eye] = at_mm + max(_BOUNCE_MM, nearest.length_mm or 0.0)
        track.expect(nearest)
        track.post(EventKind.EYE, nearest.tracking_id, point=eye, at_mm=at_mm)

    def _confirm(self, number: int, at_mm: float) -> None:
        """Something entered a lane: the item expected there, or one that nobody sent, which stops the line
        if it is released so."""
        track, lane = self._track, self._track.lanes[number]
        track.arrived(-1)
        self.lane_counts[number - 1] += 1
        item = arrived_in(number, at_mm - lane.diverter_mm, track.items.values(), track.belt.tolerance_mm)
        trips = UNKNOWN_TRIPS
        if item is None:
            track.post(EventKind.UNEXPECTED, point=LANE_EYE, detail=number, at_mm=at_mm)
        else:
            del track.items[item.tracking_id]
            if item.trips != UNKNOWN_TRIPS:
                trips = item.trips + 1
            track.post(EventKind.DIVERTED, item.tracking_id, detail=number, at_mm=at_mm)
        if lane.role is LaneRole.RECIRCULATE:
            self._loop.append(trips)
        ordered = item is not None and item.lane == number
        if lane.role is LaneRole.RELEASE and not ordered:
            track.line_state.abort()
