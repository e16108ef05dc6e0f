"""What the controller says of the line and not of one item: lanes, CT, strangers, and when the line stops and
runs again. Pure.
"""

from collections.abc import Iterator
from datetime import datetime

from config.settings import Line
from devices.interfaces import ItemEvent, ItemEventKind, PackMlState
from edge import records
from edge.judging import Judging
from edge.messages import Reason
from edge.observations import Action, Report
from edge.scans import Scans
from edge.state import State
from edge.tracking import Tracking

OF_LINE = frozenset(
    {
        ItemEventKind.UNEXPECTED,
        ItemEventKind.LANE_FULL,
        ItemEventKind.LANE_FREE,
        ItemEventKind.LINE_STATE,
        ItemEventKind.CT_STATE,
    }
)
_HOLDS = frozenset({PackMlState.HOLDING, PackMlState.HELD})
_JAM_WITHIN_MS = 1000  # the controller holds the line in the scan after it missed the item
_CLOCK_MS = 1 << 32  # the controller's clock begins anew


class LineEvents:
    """Takes in the events of one line.

    Args:
        line: its settings.
        tracking, judging, scans: the core's; `scans` is None on a line without a CT.
    """

    def __init__(
        self, line: Line, state: State, tracking: Tracking, judging: Judging, scans: Scans | None
    ) -> None:
        self._line, self._state = line, state
        self._tracking, self._judging, self._scans = tracking, judging, scans

    def saw(self, event: ItemEvent, at: datetime) -> Iterator[Action]:
        """One of the kinds OF_LINE."""
        match event.kind:
            case ItemEventKind.LINE_STATE:
                yield from self._line_is(event, at)
                return
            case ItemEventKind.LANE_FREE:
                self._state.closed_lanes.discard(event.detail)
                return
            case ItemEventKind.LANE_FULL:
                self._state.closed_lanes.add(event.detail)
            case ItemEventKind.UNEXPECTED:
                yield from self._unexpected(event, at)
            case _ if self._scans is not None:
                self._scans.ct_is(event.detail, event.encoder_mm)
                self._scans.look(event.encoder_mm)
            case _:
                return
        yield from self._judging.revise_all(at)

    def missed(self, event: ItemEvent) -> None:
        """An item was not seen at an eye or in any lane: a line that holds at once has jammed."""
        if event.kind is ItemEventKind.LOST or event.detail == self._line.inspect_lane.number:
            self._state.missed_item_ms = event.time_ms

    def _unexpected(self, event: ItemEvent, at: datetime) -> Iterator[Action]:
        """Something untracked lies on the belt: what is near it cannot be told from it."""
        eyes_mm = self._line.belt.eyes_mm
        if event.point < len(eyes_mm):
            for item in self._tracking.near(eyes_mm[event.point], event.encoder_mm):
                item.doubts.add(Reason.UNEXPECTED_ITEM)
        yield Report(records.unexpected_item(event, self._line, at))

    def _line_is(self, event: ItemEvent, at: datetime) -> Iterator[Action]:
        """A person must know of a stop that only a hand ends, once, and when it has ended."""
        state, before = self._state, self._state.line_state
        state.line_state = event.detail
        match event.detail:
            case PackMlState.ABORTED if state.stopped_by != "line_aborted":
                stop = records.line_aborted(at)
            case PackMlState.HOLDING | PackMlState.HELD if before not in _HOLDS and self._has_jammed(event):
                stop = records.line_held(at)
            case PackMlState.EXECUTE:
                if state.stopped_by:
                    yield Report(records.line_runs(state.stopped_by, at))
                state.stopped_by, state.missed_item_ms = "", None
                return
            case _:
                return
        state.stopped_by = stop.code
        yield Report(stop)

    def _has_jammed(self, event: ItemEvent) -> bool:
        """Why the line holds is not in the event: a jam, or that the controller does not hear the agent."""
        missed_ms = self._state.missed_item_ms
        return missed_ms is not None and (event.time_ms - missed_ms) % _CLOCK_MS <= _JAM_WITHIN_MS
