"""The line as it is now, for screens: built from the agent's state, published a few times a second."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from config.settings import Line
from devices.interfaces import Health, LineStatus
from edge.core import Core
from edge.messages import DeviceTile, ItemOnBelt, LineState
from edge.tracking import Item


def line_state(
    line: Line,
    core: Core,
    status: LineStatus | None,
    encoder_mm: int | None,
    *,
    session: str,
    at: datetime,
    now_s: float,
    outbox: int,
    clearance_number: int,
    clearance_age_s: float | None,
    healths: Iterable[Health],
) -> LineState:
    """Everything a screen shows of a line; before the controller was reached it is told from the rest."""
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
        devices=tuple(_tile(health, at, now_s) for health in healths),
        items=tuple(_item(item, line, encoder_mm) for item in core.items.values())
        if encoder_mm is not None
        else (),
    )


def _tile(health: Health, at: datetime, now_s: float) -> DeviceTile:
    since = at - timedelta(seconds=max(0.0, now_s - health.since_s))
    return DeviceTile(health.device, health.state, since, health.detail, health.readings, health.errors)


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
