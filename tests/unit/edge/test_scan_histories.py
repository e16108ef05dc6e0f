"""Histories of scans: late, lost, doubled, misnamed, from a checkpoint on, past the encoder's end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import LaneRole
from devices.interfaces import CtState, ItemEventKind
from edge.core import Core
from edge.observations import ReviewScan, ScanReviewed
from edge.state import State
from tests.unit.edge.ct_lines import CtBench, alarm, clear, ct_line

A, B, C = "RB123456785CN", "SF1234567890123", "EMS987654321CN"


@dataclass
class Trip:
    """What is true of an item, and what its scanner does."""

    mass_g: float
    names: int  # by how much the name is off
    copies: int  # how many scans come
    study: int  # the study's name, which may be another's too
    delay: int  # how many items later it comes


TRIPS = st.builds(
    Trip,
    st.sampled_from([500.0, 2000.0]),
    st.sampled_from([0, 0, 0, 0, 1, -1]),
    st.sampled_from([1, 1, 1, 1, 0, 2]),
    st.integers(0, 3),
    st.sampled_from([0, 0, 0, 1, 2]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(TRIPS, min_size=2, max_size=7), st.booleans(), st.sampled_from([800, 1100, 2500]))
def test_whatever_is_late_lost_doubled_or_misnamed_clears_nothing_but_its_own(
    trips: list[Trip], names_items: bool, pitch_mm: int
) -> None:
    line = CtBench(line=ct_line(names_items=names_items))
    origin: dict[str, int] = {}  # volume → whose it really is

    def store(index: int, copy: int) -> Callable[[], None]:
        def come() -> None:
            trip = trips[index]
            named = index + 1 + trip.names if names_items else None
            at_mm = index * pitch_mm
            line.volumes = f"{index}-{copy}"
            origin[f"low-{line.volumes}"] = index + 1
            stored = line.store(named, at_mm, scan_id=f"study {trip.study}")
            for each in (action for action in stored if isinstance(action, ReviewScan)):
                reviewed = clear(400.0, trip.mass_g)
                line.feed(ScanReviewed(each.scan_id, each.passage_id, reviewed, at_mm + 7000))

        return come

    for index, trip in enumerate(trips):
        line.know(f"RB{index:09}CN", declared_weight_g=trip.mass_g)
        line.observe(index + 1, index * pitch_mm, f"RB{index:09}CN", weight_g=trip.mass_g)
        line.decide(index + 1, index * pitch_mm)
    coming = [
        (index + trip.delay, store(index, copy))
        for index, trip in enumerate(trips)
        for copy in range(trip.copies)
    ]
    for _, come in sorted(coming, key=lambda pair: pair[0]):
        come()
        line.core = Core(line.line, "policy", _restored(line.core.state))
    for item in list(line.core.items.values()):
        if item.verdict is not None and item.verdict.role is LaneRole.RELEASE:
            assert item.scan is not None
            assert origin[item.scan.volumes[0].sha256] == item.tracking_id
            assert trips[item.tracking_id - 1].copies == 1
    replayed = Core(line.line, "policy")
    for at, observation in line.inputs:
        replayed.step(observation, at)
    assert replayed.state == line.core.state


def _restored(state: State) -> State:
    return msgspec.json.decode(msgspec.json.encode(state), type=State)


@pytest.mark.parametrize("names_items", [True, False])
@pytest.mark.parametrize("before_mm", [0, 3000, 4300, 5600, 6500])
def test_the_encoder_may_start_again_anywhere_in_all_this(names_items: bool, before_mm: int) -> None:
    """Its register has 32 bits; what was done once is done again with the register's end on the way."""
    line = CtBench(line=ct_line(names_items=names_items))
    for number in (A, B, C):
        line.know(number)
    line.pass_through(1, 0, A)
    line.see(ItemEventKind.CT_STATE, 0, 9000, detail=CtState.FAULT)
    line.see(ItemEventKind.CT_STATE, 0, 9500, detail=CtState.READY)
    line.observe(2, 5000, B)
    line.decide(2, 5000)
    line.pass_through(3, 8000, C, alarm())
    line.store(1 if names_items else None, 8000, scan_id="astray")
    again = Core(line.line, "policy")
    shift_mm = (1 << 32) - before_mm
    for at, observation in line.inputs:
        again.step(
            msgspec.convert(_shifted(msgspec.to_builtins(observation), shift_mm), type(observation)), at
        )
    told = [[(item.verdict, item.scan_doubts, item.unscanned) for item in core.items.values()]
            for core in (line.core, again)]  # fmt: skip
    assert told[0] == told[1]
    assert line.core.items[2].unscanned


def _shifted(value: object, by_mm: int) -> object:
    if isinstance(value, dict):
        fields = cast(dict[str, object], value)
        return {
            name: (each + by_mm) % (1 << 32)
            if name in ("encoder_mm", "middle_mm") and isinstance(each, int)
            else _shifted(each, by_mm)
            for name, each in fields.items()
        }
    return value
