"""The line as it is now, for screens: built from the agent's state, published a few times a second."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from config.settings import Line
from devices.interfaces import Health, LineStatus
from edge.core import Core
from edge.messages import DeviceTile, ItemOnBelt, LineState
from edge.state import Item


class StateMoments:
    """Turns the monotonic moment at which a device's state began into one of the wall clock, once each."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, datetime]] = {}  # by device

    def began_at(self, health: Health, now_s: float, at: datetime) -> datetime:
        """UTC; the same for as long as the state lasts, whatever the clocks do meanwhile."""
        known = self._known.get(health.device)
        if known is None or known[0] != health.since_s:
            known = (health.since_s, at - timedelta(seconds=max(0.0, now_s - health.since_s)))
            self._known[health.device] = known
        return known[1]


def line_state(
    line: Line,
    core: Core,
    status: LineStatus | None,
    encoder_mm: int | None,
    *,
    session: str,
    at: datetime,
    outbox: int,
    clearance_number: int,
    clearance_age_s: float | None,
    uploads: int,
    devices: Iterable[tuple[Health, datetime]],
) -> LineState:
    """Everything a screen shows of a line; before the controller was reached it is told from the rest.

    `devices`: each one's health, and since when it stands as it does.
    """
    return LineState(
        session=session,
        online=True,
        at=at,
        epoch=status.epoch if status else 0,
        state=status.state.name.lower() if status else "",
        speed_mm_s=status.speed_mm_s if status else 0,
        induction_open=status.induction_open if status else False,
        lane_counts=status.lane_counts[: max(lane.number for lane in line.lanes)] if status else (),
        inducted=status.inducted if status else 0,
        outbox=outbox,
        clearance_number=clearance_number,
        clearance_age_s=clearance_age_s,
        ct_state=status.ct_state.name.lower() if status and line.ct else "",
        uploads=uploads,
        devices=tuple(
            DeviceTile(each.device, each.state, since, each.detail, each.readings, each.errors)
            for each, since in devices
        ),
        items=tuple(_item(item, line, encoder_mm) for item in core.items.values())
        if encoder_mm is not None
        else (),
    )


def _item(item: Item, line: Line, encoder_mm: int) -> ItemOnBelt:
    front_mm = item.front_mm(encoder_mm)
    verdict = item.verdict
    asked = verdict is not None and verdict.awaiting_answer and not item.past_cutoff
    return ItemOnBelt(
        item.passage_id,
        front_mm,
        item.length_mm,
        verdict.role if verdict else None,
        verdict.lane if verdict else None,
        max(0, line.belt.release_cutoff_mm - front_mm) if asked else None,
    )
