"""What the papers mean for the line: waybill and declarations in, clearance entry out; pure.

The software is not customs: a RELEASE rests on customs' own status 800 (CEB `returnStatus`), nothing else.
A missing document is a wait, not a mismatch. The enumeration of statuses is open: an unknown one waits.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from config.settings import Mode
from edge.messages import ClearanceEntry, ClearanceState, Reason

RELEASED_BY_CUSTOMS = 800
_HELD = frozenset({*range(500, 600), 700, 899})  # inspection, detentions; returned; closed

_STRICTEST_FIRST = (
    ClearanceState.INSPECT,
    ClearanceState.REVIEW,
    ClearanceState.WAIT,
    ClearanceState.RELEASE,
)


class WaybillFacts(Struct, frozen=True):
    """What a clearance entry says of a waybill besides its state."""

    waybill_key: str
    mode: Mode
    known_since: datetime
    aliases: tuple[str, ...] = ()
    declared_weight_g: float | None = None
    courier: str = ""
    destination: str = ""


class DeclarationFacts(Struct, frozen=True):
    """What customs says of one declaration of a waybill."""

    customs_status: int
    status_at: datetime
    control_instruction: str = ""
    review: bool = False


class Standing(Struct, frozen=True):
    """A state, why, and when its source last spoke."""

    state: ClearanceState
    reasons: tuple[Reason, ...]
    as_of: datetime


def standing(declaration: DeclarationFacts) -> Standing:
    """What one declaration allows; a control instruction comes before everything customs' status says."""
    status = declaration.customs_status
    if declaration.control_instruction:
        state, reasons = ClearanceState.INSPECT, (Reason.CONTROL_INSTRUCTION,)
    elif status < 0 or status in _HELD:
        state, reasons = ClearanceState.INSPECT, (Reason.CUSTOMS_HOLD,)
    elif status != RELEASED_BY_CUSTOMS:
        state, reasons = ClearanceState.WAIT, (Reason.PAPERS_MISSING,)
    elif declaration.review:
        state, reasons = ClearanceState.REVIEW, (Reason.OFFICER_REVIEW,)
    else:
        state, reasons = ClearanceState.RELEASE, ()
    return Standing(state=state, reasons=reasons, as_of=declaration.status_at)


def entry(
    waybill: WaybillFacts,
    declarations: Sequence[DeclarationFacts],
    *,
    released_at: datetime | None,
    version: int,
) -> ClearanceEntry:
    """The waybill's clearance. Of several declarations the strictest holds: all of them must be released.

    Args:
        released_at: when a parcel of this waybill left by a release lane; it is released once.
        version: one more than that of the waybill's entry before.
    """
    if released_at is not None:
        found = Standing(state=ClearanceState.RELEASED, reasons=(Reason.ALREADY_RELEASED,), as_of=released_at)
    elif not declarations:
        found = Standing(
            state=ClearanceState.WAIT, reasons=(Reason.PAPERS_MISSING,), as_of=waybill.known_since
        )
    else:
        standings = [standing(each) for each in declarations]
        strictest = min(standings, key=lambda each: _STRICTEST_FIRST.index(each.state)).state
        # Of equals the oldest word counts: a release is as young as its oldest part.
        found = min((each for each in standings if each.state is strictest), key=lambda each: each.as_of)
    return ClearanceEntry(
        waybill_key=waybill.waybill_key,
        state=found.state,
        version=version,
        mode=waybill.mode,
        as_of=found.as_of,
        reasons=found.reasons,
        aliases=waybill.aliases,
        declared_weight_g=waybill.declared_weight_g,
        courier=waybill.courier,
        destination=waybill.destination,
    )
