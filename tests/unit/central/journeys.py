"""Messages of a line as an edge would send them, for the tests of the centre."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from central.incoming import Incoming
from config.keyring import Keyring, for_tests
from config.settings import LaneRole, Mode
from edge import messages
from edge.messages import (
    ChainLink,
    ClearanceEvidence,
    ClearanceState,
    CodeEvidence,
    Evidence,
    LineState,
    Moment,
    PassageClosed,
    PassageDecided,
    Reason,
)

SITE, LINE = "demo", "L1"
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEYRING = for_tests("centre")


@dataclass
class Clock:
    """Time as the test says."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **parts: float) -> None:
        """Let time go by."""
        self.now += timedelta(**parts)


def incoming(
    message: Struct, id: str, *, line: str = LINE, sequence: int = 0, channel: str = "events"
) -> Incoming:
    """A message as it arrives by MQTT."""
    payload = messages.wrap(message, id=id, source=f"/{SITE}/{line}", time=START, sequence=sequence)
    return Incoming(line=line, channel=channel, payload=payload, received_at=START)


def decided(
    passage_id: str,
    *,
    revision: int = 1,
    role: LaneRole = LaneRole.RELEASE,
    lane: int = 1,
    waybill: str | None = "SF1234567890123",
    reasons: Sequence[Reason] = (Reason.CLEARED,),
    awaiting_answer: bool = False,
    epoch: int = 7,
    tracking_id: int = 1,
    at: datetime = START,
    keyring: Keyring = KEYRING,
) -> PassageDecided:
    """A verdict with codes, weight and clearance."""
    key = keyring.waybill_key(waybill) if waybill else None
    sealed = keyring.seal((waybill or "").encode(), "codes")
    return PassageDecided(
        passage_id=passage_id,
        epoch=epoch,
        tracking_id=tracking_id,
        revision=revision,
        inducted_at=at,
        decided_at=at + timedelta(seconds=revision),
        waybill_key=key,
        role=role,
        lane=lane,
        reasons=tuple(reasons),
        evidence=Evidence(
            codes=(
                CodeEvidence(
                    scanner="top",
                    position_mm=700,
                    keys=(key,) if key else (),
                    sealed_raw=base64.b64encode(sealed).decode(),
                ),
            ),
            weight_g=512.5,
            declared_weight_g=500.0,
            clearance=ClearanceEvidence(
                state=ClearanceState.RELEASE, version=1, list_number=1, age_s=2.0, mode=Mode.DIRECT_PURCHASE
            ),
        ),
        policy="0" * 64,
        awaiting_answer=awaiting_answer,
        link=ChainLink(sequence=2 * revision, hash=f"d{revision}"),
    )


def closed(
    passage_id: str,
    *,
    role: LaneRole | None = LaneRole.RELEASE,
    lane: int | None = 1,
    waybill: str | None = "SF1234567890123",
    epoch: int = 7,
    tracking_id: int = 1,
    at: datetime = START,
) -> PassageClosed:
    """The end of a passage."""
    return PassageClosed(
        passage_id=passage_id,
        epoch=epoch,
        tracking_id=tracking_id,
        inducted_at=at,
        closed_at=at + timedelta(seconds=8),
        lane=lane,
        role=role,
        as_decided=True,
        waybill_key=KEYRING.waybill_key(waybill) if waybill else None,
        timeline=(Moment(at=at, what="inducted", position_mm=0),),
        link=ChainLink(sequence=99, hash="c"),
    )


def line_state(*, session: str = "s1", online: bool = True, epoch: int = 7) -> LineState:
    """A line that runs."""
    return LineState(session=session, online=online, at=START, epoch=epoch, speed_mm_s=2000)
