"""Items as a judge gets them: one label, its paper, the weight declared for it."""

from datetime import datetime, timedelta

from edge.judging import Judging
from edge.messages import (
    ClearanceState,
    PassageDecided,
)
from edge.observations import Code, Meaning, Paper
from edge.state import Item, State
from tests.unit.edge.lines import EPOCH, NOON, demo_line, entry, said

NUMBER = "RB123456785CN"
KEY = entry(NUMBER).waybill_key
LINE = demo_line()
LATER = NOON + timedelta(seconds=3)
R1, R2, WAIT, ROUND, INSPECT = range(1, 6)


def on_belt(
    state: State, number: int = 1, clearance: ClearanceState = ClearanceState.RELEASE, **changes: object
) -> Item:
    """An item with one label and the weight declared for it."""
    item = Item(f"p{number}", EPOCH, number, NOON, 0, weight_g=500.0, weighed=True)
    know(item, clearance, **changes)
    item.codes.append(Code(KEY, Meaning.WAYBILL))
    state.items[number] = item
    return item


def know(item: Item, clearance: ClearanceState, **changes: object) -> None:
    item.papers[KEY] = Paper(entry(NUMBER, clearance, **changes), 3660.0, 1)


def decided(judging: Judging, item: Item, at: datetime = NOON) -> PassageDecided:
    return said(list(judging.decide(item, at)), PassageDecided)
