"""An officer's answer to a flagged passage: checked, recorded, signed and sent to the line, in that order.

A screen says "sent" until the edge has ruled: the edge alone knows whether the answer beat the belt.
"""

import base64
import uuid
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select, update

from central import schema
from central.audit import note
from central.database import writing
from central.roles import Principal
from config.keyring import Keyring
from config.settings import Site
from edge.messages import Answer, Decision, LineState, Reason, Ruling, SignedCommand

_NEEDS_TWO = frozenset({Reason.CONTROL_INSTRUCTION, Reason.CUSTOMS_HOLD, Reason.OFFICER_STOPPED})


class Refusal(StrEnum):
    """Why an answer cannot be given."""

    NO_PASSAGE = "no_passage"  # no such passage here
    NOT_AWAITED = "not_awaited"  # the passage does not await an answer, or no longer
    TWO_NEEDED = "two_needed"  # an override: a second officer has to sign too
    LINE_AWAY = "line_away"  # the answer cannot reach the line now


class AnswerError(Exception):
    """An answer cannot be given; the message is a sentence for the officer."""

    def __init__(self, why: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


class Sender(Protocol):
    """The way to the lines, as `central.mqtt.Link` is one."""

    @property
    def connected(self) -> bool: ...  # noqa: D102
    def send(self, line: str, channel: str, message: Struct) -> bool: ...  # noqa: D102


class Sent(Struct, frozen=True):
    """An answer on its way."""

    answer_id: str
    ruling: Ruling


class Answers:
    """Gives answers for one site; `states` tells each line's session and epoch."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        keyring: Keyring,
        link: Sender,
        *,
        clock: Callable[[], datetime],
        states: Callable[[], dict[str, LineState]],
    ) -> None:
        self._engine = engine
        self._site = site
        self._keyring = keyring
        self._link = link
        self._clock = clock
        self._states = states

    def give(
        self,
        passage_id: str,
        decision: Decision,
        reason: str,
        officer: Principal,
        second: Principal | None = None,
    ) -> Sent:
        """Record and send an answer; AnswerError says why it cannot be given."""
        officers = (officer.user_id,) if second is None else (officer.user_id, second.user_id)
        if len(set(officers)) != len(officers):
            raise AnswerError(Refusal.TWO_NEEDED, "the second officer must be another person")
        now = self._clock()
        with writing(self._engine) as connection:
            line, answer = self._prepared(connection, passage_id, decision, officers, now)
            connection.execute(
                insert(schema.answers).values(
                    answer_id=answer.answer_id,
                    site=self._site.id,
                    line=line,
                    passage_id=passage_id,
                    decision=decision.value,
                    officers=list(officers),
                    sealed_reason=self._keyring.seal(reason.encode(), "answers.reason"),
                    issued_at=now,
                    ruling=Ruling.SENT.value,
                )
            )
            for each in officers:
                note(
                    connection,
                    self._site.id,
                    now,
                    actor=each,
                    action=f"answered_{decision.value}",
                    subject=passage_id,
                )
        if not self._link.send(line, "commands", self._signed(answer)):
            self._withdraw(answer.answer_id)
            raise AnswerError(Refusal.LINE_AWAY, "the broker went away: the answer was not sent")
        return Sent(answer_id=answer.answer_id, ruling=Ruling.SENT)

    def _prepared(
        self,
        connection: Connection,
        passage_id: str,
        decision: Decision,
        officers: tuple[str, ...],
        now: datetime,
    ) -> tuple[str, Answer]:
        passages = schema.passages
        passage = connection.execute(
            select(passages).where(passages.c.site == self._site.id, passages.c.passage_id == passage_id)
        ).first()
        if passage is None:
            raise AnswerError(Refusal.NO_PASSAGE, "no such passage")
        if not passage.awaiting_answer or passage.closed_at is not None:
            raise AnswerError(Refusal.NOT_AWAITED, "this passage does not await an answer")
        state = self._states().get(passage.line)
        if state is None or not state.online or not self._link.connected:
            raise AnswerError(Refusal.LINE_AWAY, "the line cannot be reached now")
        if state.epoch != passage.epoch:
            raise AnswerError(
                Refusal.NOT_AWAITED,
                "the controller has restarted: the item is not tracked",
            )
        if decision is Decision.RELEASE:
            self._check_override(connection, passage_id, passage.reasons or [], officers)
        return passage.line, Answer(
            answer_id=str(uuid.uuid4()),
            passage_id=passage_id,
            session=state.session,
            epoch=passage.epoch,
            decision=decision,
            officers=officers,
            issued_at=now,
        )

    def _check_override(
        self, connection: Connection, passage_id: str, reasons: list[str], officers: tuple[str, ...]
    ) -> None:
        """One officer cannot release against customs' instruction or another officer's stop."""
        if len(officers) > 1:
            return
        if not _NEEDS_TWO.isdisjoint(reasons):
            raise AnswerError(Refusal.TWO_NEEDED, "against customs' instruction or hold two must sign")
        answers = schema.answers
        stops = connection.execute(
            select(answers.c.officers).where(
                answers.c.passage_id == passage_id, answers.c.decision == Decision.STOP.value
            )
        ).scalars()
        if any(set(stopped_by) - set(officers) for stopped_by in stops):
            raise AnswerError(
                Refusal.TWO_NEEDED,
                "another officer has stopped this parcel: two must sign",
            )

    def _signed(self, answer: Answer) -> SignedCommand:
        payload = msgspec.json.encode(answer)
        signature = base64.b64encode(self._keyring.sign(payload)).decode()
        return SignedCommand(payload=payload.decode(), signature=signature)

    def _withdraw(self, answer_id: str) -> None:
        answers = schema.answers
        with writing(self._engine) as connection:
            connection.execute(
                update(answers)
                .where(answers.c.answer_id == answer_id, answers.c.ruling == Ruling.SENT.value)
                .values(ruling=Ruling.REFUSED.value, ruled_at=self._clock(), detail="not sent")
            )
