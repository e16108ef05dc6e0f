"""What the parts of the controller's program share: clock, encoder, the items it follows, new events."""

from math import inf

from config.settings import LaneRole, Line
from simulators.contract import LANE_EYE, Event, EventKind
from simulators.line_state import LineState
from simulators.tracked import Tracked

_JAM = 2  # items missed in a row at one place


class Track:
    """The items on a line, as its controller knows them; its parts share it.

    Args:
        line: geometry, lanes; ValueError without an inspect lane.
        boot_mm: belt travel at boot; the encoder counts from there.
    """

    def __init__(self, line: Line, boot_mm: float) -> None:
        inspect = line.lane_of_role(LaneRole.INSPECT)
        if inspect is None:
            raise ValueError(f"line {line.id} has no inspect lane")
        self.belt = line.belt
        self.inspect = inspect.number
        self.lanes = {lane.number: lane for lane in line.lanes}
        self.line_state = LineState()
        self.items: dict[int, Tracked] = {}
        self.full: frozenset[int] = frozenset()  # the lanes that take no items
        self.time_ms = 0
        self.encoder_mm = 0.0
        self.step_mm = 0.0  # how far the belt goes in a scan: a diverter moves so much before its item
        self.due_mm = inf  # the least of the items'
        self.events: list[Event] = []  # of this scan
        self._boot_mm = boot_mm
        self._missed = [0] * (len(line.belt.eyes_mm) + 1)  # items in a row, at each eye and in the lanes

    def begin_scan(self, time_ms: int, travel_mm: float) -> None:
        """Take clock and encoder; the encoder never goes back."""
        self.time_ms = time_ms
        encoder_mm = self.encoder_at(travel_mm)
        if encoder_mm > self.encoder_mm:
            self.step_mm, self.encoder_mm = encoder_mm - self.encoder_mm, encoder_mm
        self.events = []

    def encoder_at(self, travel_mm: float) -> float:
        """The encoder's reading when the belt had travelled so far."""
        return travel_mm - self._boot_mm

    def post(
        self,
        kind: EventKind,
        tracking_id: int = 0,
        *,
        point: int = 0,
        detail: int = 0,
        at_mm: float | None = None,
    ) -> None:
        """An event for the ring; `at_mm`: the encoder's when it happened, if not now."""
        encoder_mm = int(self.encoder_mm if at_mm is None else at_mm)
        self.events.append(Event(kind, self.time_ms, encoder_mm, tracking_id, point, detail))

    def expect(self, item: Tracked) -> None:
        """Note when to look at it again."""
        eyes_mm, lane_mm = self.belt.eyes_mm, self.lanes[item.lane].diverter_mm
        seen = item.next_eye >= len(eyes_mm)
        place_mm = lane_mm - self.step_mm if seen else eyes_mm[item.next_eye] + self.belt.tolerance_mm
        if not item.decided and place_mm > self.belt.release_cutoff_mm:
            place_mm = self.belt.release_cutoff_mm
        item.due_mm = item.zero_mm + place_mm
        self.due_mm = min(self.due_mm, item.due_mm)

    def arrived(self, place: int) -> None:
        """Something came to that eye, or to a lane (-1): nothing is jammed there."""
        self._missed[place] = 0

    def missed(self, place: int) -> None:
        """An item did not come where it should; nor the one before it: they have jammed."""
        self._missed[place] += 1
        if self._missed[place] >= _JAM:
            self._jam(place)

    def lose(self, item: Tracked) -> None:
        """To the bench, wherever it is."""
        eyes = len(self.belt.eyes_mm)
        self.post(EventKind.LOST, item.tracking_id, point=item.next_eye if item.next_eye < eyes else LANE_EYE)
        item.lost, item.lane, item.next_eye = True, self.inspect, eyes
        self.expect(item)

    def _jam(self, place: int) -> None:
        """No place of an item upstream of that one is believed any more."""
        self._missed = [0] * len(self._missed)
        self.line_state.jam()
        for item in self.items.values():
            if not item.lost and (place == -1 or item.next_eye <= place):
                self.lose(item)
