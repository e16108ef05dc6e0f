"""When a frame was seen, on our clock: the camera's time stamps say how frames lie to one another, arrival
times say where the whole lies on our clock.

The network can only delay a frame. So the frame that came quickest shows where the stream lies, and a stall
with the burst after it moves nothing: a still taken in the middle of one shows the right parcel.
"""

from dataclasses import dataclass

_DRIFT = 0.0005  # share by which the camera's clock may run slow; quartz clocks differ by less than 0.0002
_LONGEST_STEP_S = 1.0  # beyond what passed on our clock, between two frames
_LATEST_S = 5.0  # a frame later than this is not delayed: the time stamps run wrong


@dataclass(slots=True)
class Timeline:
    """A stretch of even time stamps: our clock is the camera's plus `offset_s`, which is learned."""

    offset_s: float


class StreamClock:
    """Puts frames on our clock; time stamps that jump begin another timeline."""

    def __init__(self) -> None:
        self._timeline: Timeline | None = None
        self._stamp_s = 0.0
        self._arrived_s = 0.0

    def restart(self) -> None:
        """The camera was connected anew: its time stamps have nothing to do with those before."""
        self._timeline = None

    def place(self, stamp_s: float | None, arrived_s: float) -> tuple[Timeline, float]:
        """The timeline of a frame and its place there; a frame without a time stamp counts as it arrived."""
        if stamp_s is None:
            self._timeline = None
            return Timeline(0.0), arrived_s
        offset_s = arrived_s - stamp_s
        timeline = self._timeline
        if timeline is None or self._jumped(stamp_s, arrived_s, timeline):
            timeline = Timeline(offset_s)
        else:
            drifted_s = timeline.offset_s + _DRIFT * (arrived_s - self._arrived_s)
            timeline.offset_s = min(offset_s, drifted_s)
        self._timeline, self._stamp_s, self._arrived_s = timeline, stamp_s, arrived_s
        return timeline, stamp_s

    def _jumped(self, stamp_s: float, arrived_s: float, timeline: Timeline) -> bool:
        step_s = stamp_s - self._stamp_s
        passed_s = arrived_s - self._arrived_s
        late_s = arrived_s - stamp_s - timeline.offset_s
        return step_s <= 0 or step_s > passed_s + _LONGEST_STEP_S or late_s > _LATEST_S
