"""What a camera showed lately: the packets of the last seconds, and how it does. Shared by two threads.

The reading thread puts packets in; the recording one cuts them out and asks for the account.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.camera import codec
from devices.camera.annexb import parameter_sets
from devices.camera.packet_ring import Layout, Packet, PacketRing
from devices.camera.picture_judge import PictureJudge
from devices.camera.requests import Account, CameraState
from devices.camera.timeline import StreamClock

_JUDGED_EVERY_S = 1.0  # a key frame that comes sooner after the last one judged is not decoded
_SILENT_S = 2.0
_NO_KEY_FRAME_S = 10.0
_RATE_OVER_S = 5.0
_BURST_S = 1.0  # what was read to learn about the stream comes at once, and says nothing of its rate


@dataclass(frozen=True, slots=True)
class Coded:
    """A packet as the stream gave it; times in seconds of the stream's own clock, None if it has none."""

    content: bytes
    key: bool
    decoded_s: float | None
    shown_s: float | None

    @property
    def lead_s(self) -> float:
        """How much later it is shown than decoded."""
        if self.decoded_s is None or self.shown_s is None:
            return 0.0
        return max(0.0, self.shown_s - self.decoded_s)


class Recent:
    """The memory of one recorder.

    Args:
        keep_s: how many seconds of packets it keeps at least.
        budget: bytes of packets it never exceeds.
        clock: monotonic seconds.
    """

    def __init__(self, keep_s: float, budget: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._ring = PacketRing(keep_s, budget)
        self._stamps = StreamClock()
        self._judge = PictureJudge()
        self._judged_s = float("-inf")
        self._layout: Layout | None = None
        self._arrivals: deque[float] = deque()  # for the rate
        self._arrived_s: float | None = None
        self._state = CameraState.CONNECTING
        self._since_s = clock()
        self._detail = ""
        self._described = b""

    def connect(self, described: bytes) -> None:
        """The stream is open; `described`: parameter sets from its description (Annex B), if it has any."""
        with self._guard:
            self._state, self._detail, self._since_s = CameraState.LIVE, "", self._clock()
            self._described = described
            self._stamps.restart()
            self._ring.break_off()
            self._judge, self._judged_s, self._layout = PictureJudge(), float("-inf"), None
            self._arrivals.clear()
            self._arrived_s = None

    def lose(self, detail: str) -> None:
        """The stream could not be opened, or ended."""
        with self._guard:
            self._state, self._detail, self._since_s = CameraState.LOST, detail, self._clock()

    def take(self, coded: Coded) -> None:
        """Keep a packet; one that does not decode ends what can be recorded until the next key frame."""
        arrived_s = self._clock()
        if coded.key:
            self._look(coded, arrived_s)
        with self._guard:
            self._arrived_s = arrived_s
            if arrived_s >= self._since_s + _BURST_S:
                self._arrivals.append(arrived_s)
            timeline, stamp_s = self._stamps.place(coded.decoded_s, arrived_s)
            if self._layout is None:
                self._ring.break_off()
                return
            self._ring.add(Packet(coded.content, coded.key, self._layout, timeline, stamp_s, coded.lead_s))

    def newest_s(self) -> float | None:
        """The moment of the newest packet."""
        with self._guard:
            return self._ring.newest_s

    def clip(self, from_s: float, to_s: float) -> Sequence[Packet]:
        """See `PacketRing.clip`."""
        with self._guard:
            return self._ring.clip(from_s, to_s)

    def picture(self, at_s: float, within_s: float) -> Sequence[Packet]:
        """See `PacketRing.picture`."""
        with self._guard:
            return self._ring.picture(at_s, within_s)

    def account(self) -> Account:
        """How the camera does now."""
        now_s = self._clock()
        with self._guard:
            return Account(
                state=self._condition(now_s),
                fps=self._rate(now_s),
                width=self._layout.width if self._layout else 0,
                height=self._layout.height if self._layout else 0,
                detail=self._detail,
            )

    def _condition(self, now_s: float) -> CameraState:
        if self._state is not CameraState.LIVE:
            return self._state
        if now_s - (self._since_s if self._arrived_s is None else self._arrived_s) > _SILENT_S:
            return CameraState.NO_FRAMES
        if not self._ring.recording:
            waited = now_s - self._since_s > _NO_KEY_FRAME_S
            return CameraState.NO_KEY_FRAME if waited else CameraState.CONNECTING
        if self._judge.black:
            return CameraState.BLACK
        return CameraState.FROZEN if self._judge.frozen else CameraState.LIVE

    def _look(self, coded: Coded, arrived_s: float) -> None:
        """Decode a key frame where it tells something: its sets are others, or the last look is long ago."""
        sets = parameter_sets(coded.content) or self._described
        same = self._layout is not None and self._layout.sets == sets
        if same and arrived_s - self._judged_s < _JUDGED_EVERY_S:
            return
        try:
            frame = codec.decode_key(coded.content, sets)
        except codec.PictureError:
            self._layout = None
            return
        self._judged_s = arrived_s
        self._judge.see(codec.luma(frame), arrived_s)
        if not same:
            self._layout = Layout(frame.width, frame.height, sets)

    def _rate(self, now_s: float) -> float:
        """Frames a second over the last seconds; 0 until it can be told."""
        while self._arrivals and now_s - self._arrivals[0] > _RATE_OVER_S:
            self._arrivals.popleft()
        over_s = min(_RATE_OVER_S, now_s - self._since_s - _BURST_S)
        return len(self._arrivals) / over_s if over_s >= 1.0 else 0.0
