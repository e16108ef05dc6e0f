"""Who judges again only what changed, and forgets what is over, says the same as who does neither."""

from contextlib import ExitStack
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.interfaces import CommandOutcome, CtState, ItemEventKind
from edge.judging import Judging
from edge.messages import ClearanceState, Decision
from edge.observations import EventsMissed, PapersFound
from edge.scans import Scans
from edge.state import Item
from edge.verdict import Verdict, verdict
from models.findings import Category
from tests.unit.edge.ct_lines import A, B, C, CtBench, alarm, clear, ct_line
from tests.unit.edge.lines import KEYS

LINE = ct_line()
LABELS = [(A,), (A,), (A,), (B,), (C,), (A, B), ()]
HAPPENINGS = [
    "lane full", "lane free", "ct blinks", "ct down", "ct up", "unexpected", "papers", "answer", "refused",
    "stray", "overrun", "scan", "review",
]  # fmt: skip


def judge_anew(judging: Judging, item: Item, closed_lanes: frozenset[int]) -> Verdict:
    """As if nothing were known."""
    del judging
    return verdict(item.gathered(False), LINE, closed_lanes)


def keep_spans(scans: Scans) -> None:
    """Every time in which the scanner was not ready."""
    del scans


def thoroughly() -> ExitStack:
    """Within it a core spares itself nothing."""
    stack = ExitStack()
    stack.enter_context(patch.object(Judging, "_found", judge_anew))
    stack.enter_context(patch.object(Scans, "_forget_spans", keep_spans))
    return stack


@dataclass
class Trip:
    """What is true of an item, and what its devices do."""

    label: tuple[str, ...]
    weight_g: float | None
    length_mm: int
    image: str  # what its review says
    names: int  # by how much the scan's name is off
    complete: bool


TRIPS = st.builds(
    Trip,
    st.sampled_from(LABELS),
    st.sampled_from([500.0, 500.0, 500.0, 900.0, None]),
    st.sampled_from([250, 400, 650]),
    st.sampled_from(["clear", "clear", "clear", "alarm", "prohibited", "none", "no scan"]),
    st.sampled_from([0, 0, 0, 0, 0, 1]),
    st.sampled_from([True, True, True, True, False]),
)
MISHAPS = st.lists(
    st.tuples(st.integers(1000, 18_000), st.sampled_from(HAPPENINGS), st.integers(0, 5)), max_size=12
)
Step = tuple[int, str, int]


@settings(max_examples=300, deadline=None)
@given(st.lists(TRIPS, min_size=1, max_size=6), st.sampled_from([800, 1100, 2500]), MISHAPS)
def test_the_same_is_said_whether_or_not_all_is_judged_each_time(
    trips: list[Trip], pitch_mm: int, mishaps: list[Step]
) -> None:
    sparing, thorough = CtBench(line=LINE), CtBench(line=LINE)
    for bench in (sparing, thorough):
        for number, state in ((A, ClearanceState.RELEASE), (B, ClearanceState.REVIEW)):
            bench.know(number, state)
    steps = [*mishaps]
    for place in range(len(trips)):
        at_mm = 1000 + place * pitch_mm
        steps += [(at_mm + mm, what, place) for mm, what in _WAY]
    for step in sorted(steps, key=lambda each: each[0]):
        _happen(sparing, trips, pitch_mm, step)
        with thoroughly():
            _happen(thorough, trips, pitch_mm, step)
        assert sparing.actions == thorough.actions
        assert sparing.core.items == thorough.core.items


_WAY = [
    (0, "induct"), (700, "read"), (2700, "weigh"), (5700, "decide"), (6200, "scan"), (6700, "review"),
    (14_000, "latch"), (15_000, "arrive"),
]  # fmt: skip


def _happen(bench: CtBench, trips: list[Trip], pitch_mm: int, step: Step) -> None:  # noqa: PLR0912
    mm, what, place = step
    trip, item = trips[place % len(trips)], place + 1
    at_mm = 1000 + place * pitch_mm
    for due in bench.core.due(mm):
        bench.feed(due)
    open_item = bench.core.items.get(item)
    match what:
        case "induct":
            bench.induct(item, at_mm, length_mm=trip.length_mm)
        case "read":
            bench.scan(at_mm, *trip.label)
        case "weigh":
            bench.weigh(at_mm, trip.weight_g, length_mm=trip.length_mm)
        case "decide":
            bench.see(ItemEventKind.EYE, item, mm, point=3)
        case "scan" if trip.image != "no scan":
            bench.store(item + trip.names, at_mm, complete=trip.complete, length_mm=trip.length_mm)
        case "review" if trip.image not in ("none", "no scan"):
            found = {
                "clear": clear(trip.length_mm),
                "alarm": alarm(),
                "prohibited": alarm(Category.PROHIBITED_ITEM),
            }
            bench.review(f"scan-{item + trip.names}", at_mm, found[trip.image])
        case "latch" | "arrive" if open_item is not None and open_item.verdict is not None:
            kind = ItemEventKind.DECIDED if what == "latch" else ItemEventKind.DIVERTED
            bench.see(kind, item, mm, detail=open_item.verdict.lane)
        case "lane full" | "lane free":
            kind = ItemEventKind.LANE_FULL if what == "lane full" else ItemEventKind.LANE_FREE
            bench.see(kind, 0, mm, detail=place)
        case "ct blinks":
            bench.see(ItemEventKind.CT_STATE, 0, mm, detail=CtState.FAULT)
            bench.see(ItemEventKind.CT_STATE, 0, mm + 200 * place, detail=CtState.READY)
        case "ct down" | "ct up":
            state = CtState.FAULT if what == "ct down" else CtState.READY
            bench.see(ItemEventKind.CT_STATE, 0, mm, detail=state)
        case "unexpected":
            bench.see(ItemEventKind.UNEXPECTED, 0, mm, point=place % 4)
        case "papers" if open_item is not None:
            bench.know(A, ClearanceState.INSPECT if place % 2 else ClearanceState.RELEASE)
            key = KEYS.waybill_key(A)
            bench.feed(PapersFound(item, {key: bench.papers[key]}))
        case "answer" if open_item is not None:
            decision = Decision.STOP if place % 3 == 0 else Decision.RELEASE
            bench.answer(open_item.passage_id, decision, mm)
        case "refused" if open_item is not None and open_item.verdict is not None:
            bench.acknowledge(item, open_item.verdict.lane, CommandOutcome.LANE_UNAVAILABLE)
        case "overrun":
            state = CtState.FAULT if place % 2 else CtState.READY
            bench.feed(EventsMissed(5, 6, (), frozenset(range(1, 6)), mm, state))
        case "stray":
            bench.scan(mm - 700, B)
        case _:
            pass


def test_a_time_the_scanner_was_down_is_forgotten_once_all_that_passed_then_is_gone() -> None:
    line = CtBench(line=LINE)
    line.know(A)
    line.pass_through(1, 1000, A)
    line.see(ItemEventKind.CT_STATE, 0, 7000, detail=CtState.FAULT)
    line.see(ItemEventKind.CT_STATE, 0, 7500, detail=CtState.READY)
    assert line.core.state.ct_down
    line.arrive(1, 1000, 1)
    line.induct(2, 20_000)
    assert not line.core.state.ct_down


@pytest.mark.parametrize("names_items", [True, False])
def test_a_time_the_scanner_is_down_is_never_forgotten(names_items: bool) -> None:
    line = CtBench(line=ct_line(names_items=names_items))
    line.see(ItemEventKind.CT_STATE, 0, 500, detail=CtState.FAULT)
    line.induct(1, 20_000)
    assert line.core.state.ct_down == [(500, None)]
    line.observe(2, 22_000, A)
    assert line.decide(2, 22_000).reasons
    assert line.core.items[2].unscanned


def test_an_item_that_came_while_the_scanner_was_down_is_known_as_such_though_nobody_looked() -> None:
    line = CtBench(line=LINE)
    line.observe(1, 1000, A)
    line.see(ItemEventKind.CT_STATE, 0, 4400, detail=CtState.FAULT)  # its front is not in the tunnel yet
    line.feed(EventsMissed(5, 6, (), frozenset(range(1, 6)), 5000, CtState.READY))  # now it is
    line.see(ItemEventKind.EYE, 1, 6700, point=3)
    assert line.core.items[1].unscanned
