"""What papers mean for the line."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.clearance import DeclarationFacts, WaybillFacts, entry
from config.settings import Mode
from edge.messages import ClearanceState, Reason
from tests.unit.central.journeys import START

WAYBILL = WaybillFacts(waybill_key="k", mode=Mode.DIRECT_PURCHASE, known_since=START, courier="SF")


def state_of(*declarations: DeclarationFacts) -> tuple[ClearanceState, tuple[Reason, ...]]:
    found = entry(WAYBILL, declarations, released_at=None, version=1)
    return found.state, found.reasons


def declaration(
    status: int, *, instruction: str = "", review: bool = False, minutes: int = 0
) -> DeclarationFacts:
    return DeclarationFacts(
        customs_status=status,
        status_at=START + timedelta(minutes=minutes),
        control_instruction=instruction,
        review=review,
    )


def test_no_declaration_waits() -> None:
    found = entry(WAYBILL, (), released_at=None, version=3)
    assert (found.state, found.reasons, found.as_of, found.version) == (
        ClearanceState.WAIT,
        (Reason.PAPERS_MISSING,),
        START,
        3,
    )


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (800, ClearanceState.RELEASE, ()),
        (500, ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)),
        (599, ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)),
        (600, ClearanceState.WAIT, (Reason.PAPERS_MISSING,)),
        (499, ClearanceState.WAIT, (Reason.PAPERS_MISSING,)),
        (700, ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)),
        (899, ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)),
        (-621005, ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)),
        (0, ClearanceState.WAIT, (Reason.PAPERS_MISSING,)),
        (120, ClearanceState.WAIT, (Reason.PAPERS_MISSING,)),
        (399, ClearanceState.WAIT, (Reason.PAPERS_MISSING,)),
    ],
)
def test_each_customs_status(status: int, state: ClearanceState, reason: tuple[Reason, ...]) -> None:
    assert state_of(declaration(status)) == (state, reason)


def test_review_holds_only_what_customs_released() -> None:
    assert state_of(declaration(800, review=True)) == (ClearanceState.REVIEW, (Reason.OFFICER_REVIEW,))
    assert state_of(declaration(120, review=True))[0] is ClearanceState.WAIT


def test_control_instruction_comes_before_a_release() -> None:
    assert state_of(declaration(800, instruction="BK1")) == (
        ClearanceState.INSPECT,
        (Reason.CONTROL_INSTRUCTION,),
    )


def test_as_of_is_when_customs_spoke_and_of_two_releases_the_older() -> None:
    found = entry(
        WAYBILL, [declaration(800, minutes=9), declaration(800, minutes=2)], released_at=None, version=1
    )
    assert found.as_of == START + timedelta(minutes=2)


def test_a_released_waybill_is_not_released_again() -> None:
    found = entry(WAYBILL, [declaration(800)], released_at=START + timedelta(hours=1), version=2)
    assert (found.state, found.as_of) == (ClearanceState.RELEASED, START + timedelta(hours=1))


@given(st.lists(st.tuples(st.integers(-999, 999), st.sampled_from(["", "BK"]), st.booleans()), min_size=1))
def test_release_needs_every_declaration_released(papers: list[tuple[int, str, bool]]) -> None:
    facts = [declaration(status, instruction=order, review=review) for status, order, review in papers]
    state, _ = state_of(*facts)
    clean = all(status == 800 and not order and not review for status, order, review in papers)
    assert (state is ClearanceState.RELEASE) == clean
