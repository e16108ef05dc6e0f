"""How the controller follows items by place: latches lanes, moves diverters, misses what does not come."""

from math import inf

from simulators.contract import EventKind
from simulators.track import Track
from simulators.tracked import Tracked


class Following:
    """A controller's look at every item that has come to a place of its own, without any eye."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self.diverters_out: frozenset[int] = frozenset()

    def follow(self) -> None:
        """Latch, divert and miss items by where they must be now."""
        track = self._track
        if track.encoder_mm < track.due_mm:
            return
        out: set[int] = set()
        track.due_mm = inf
        for item in tuple(track.items.values()):
            if item.due_mm > track.encoder_mm:
                track.due_mm = min(track.due_mm, item.due_mm)
                continue
            self._come_to_place(item, out)
            if item.tracking_id in track.items:
                track.expect(item)
        self.diverters_out = frozenset(out)
        if out:
            track.due_mm = track.encoder_mm  # to take them back in time

    def _come_to_place(self, item: Tracked, out: set[int]) -> None:
        track, belt = self._track, self._track.belt
        position_mm = track.encoder_mm - item.zero_mm
        eye, eyes_mm = item.next_eye, belt.eyes_mm
        if eye < len(eyes_mm) and position_mm > eyes_mm[eye] + belt.tolerance_mm:
            track.lose(item)
            track.missed(eye)
        if not item.decided and position_mm >= belt.release_cutoff_mm:
            if item.lane in track.full:
                item.lane = track.inspect
            item.decided = True
            track.post(EventKind.DECIDED, item.tracking_id, detail=item.lane)
        beyond_mm = position_mm - track.lanes[item.lane].diverter_mm
        if item.next_eye >= len(eyes_mm) and beyond_mm >= -track.step_mm:
            self._divert(item, beyond_mm, out)

    def _divert(self, item: Tracked, beyond_mm: float, out: set[int]) -> None:
        """Hold the diverter out while the item passes it, then miss it if its lane did not see it."""
        track = self._track
        length_mm = item.length_mm or 0.0
        if beyond_mm <= length_mm / 2 + track.belt.tolerance_mm:
            if beyond_mm <= length_mm and item.lane not in track.full:
                out.add(item.lane)
            return
        track.post(EventKind.DIVERT_FAILED, item.tracking_id, detail=item.lane)
        if item.lane != track.inspect:
            item.lane = track.inspect
            return
        del track.items[item.tracking_id]
        if not item.lost:
            track.missed(-1)
