"""Turns what the camera is told about the belt into encoded pictures, one for each moment asked for."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

from msgspec.structs import replace

from simulators.camera_encoder import Encoder, is_key
from simulators.camera_faults import CameraFaults
from simulators.camera_feed import BeltSeen, SeenItem
from simulators.camera_picture import HEIGHT, SHADOW_MM, VIEW_MM, WIDTH, Picture, halved

PICTURES_A_SECOND = Fraction(25, 2)
_LONGEST_RECKONING_S = 0.5  # a plant that is silent for longer stands still


class Film:
    """The pictures of one camera.

    Args:
        position_mm: of the belt under its middle.
        wall_clock: what is burnt in, from a picture's monotonic time.
        seed: of the belt's texture and the noise.
    """

    def __init__(self, position_mm: float, wall_clock: Callable[[float], datetime], seed: int) -> None:
        self._left_mm = position_mm - VIEW_MM / 2
        self._wall_clock = wall_clock
        self._picture = Picture(seed)
        self._full = Encoder(WIDTH, HEIGHT, PICTURES_A_SECOND)
        self._small: Encoder | None = None  # made when it is first needed
        self._shown: Encoder | None = None  # the encoder of the picture before
        self._seen = BeltSeen(time_s=0.0, travel_mm=0.0, speed_mm_s=0.0)

    def hear(self, seen: BeltSeen) -> None:
        """Take what the plant says of the belt."""
        self._seen = seen

    def encoder(self, faults: CameraFaults) -> Encoder:
        """The encoder in use under these faults."""
        if not faults.small:
            return self._full
        if self._small is None:
            self._small = Encoder(WIDTH // 2, HEIGHT // 2, PICTURES_A_SECOND)
        return self._small

    def picture(self, time_s: float, faults: CameraFaults, *, key: bool) -> tuple[list[bytes], bool]:
        """The NAL units of the picture taken at `time_s` (monotonic), and whether decoding can begin with it.

        With `key` it can; without, it does about once a second.
        """
        if not faults.stuck or self._shown is None:
            self._draw(time_s, faults)
        encoder = self.encoder(faults)
        key = key or encoder is not self._shown
        self._shown = encoder
        planes = halved(self._picture.planes) if faults.small else self._picture.planes
        units = encoder.encode(planes, key=key)
        return units, is_key(units)

    def _draw(self, time_s: float, faults: CameraFaults) -> None:
        clock = self._wall_clock(time_s).strftime("%Y-%m-%d %H:%M:%S.%f")[:-4]
        if faults.black:
            self._picture.blacken(clock)
            return
        seen = moved(self._seen, time_s)
        self._picture.draw(
            [item for item in seen.items if self._in_view(item)], seen.travel_mm, self._left_mm, clock
        )

    def _in_view(self, item: SeenItem) -> bool:
        back_mm = item.front_mm - item.length_mm
        right_mm = self._left_mm + VIEW_MM
        return item.front_mm > self._left_mm - SHADOW_MM and back_mm < right_mm + SHADOW_MM


def moved(seen: BeltSeen, time_s: float) -> BeltSeen:
    """The belt as it must be at `time_s` if it ran on at its speed since it was seen."""
    elapsed_s = max(-_LONGEST_RECKONING_S, min(_LONGEST_RECKONING_S, time_s - seen.time_s))
    way_mm = elapsed_s * seen.speed_mm_s
    items = tuple(replace(item, front_mm=item.front_mm + way_mm) for item in seen.items)
    return replace(seen, time_s=time_s, travel_mm=seen.travel_mm + way_mm, items=items)
