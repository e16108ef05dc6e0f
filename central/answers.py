"""An officer's answer to a flagged passage: checked, recorded, signed and sent to the line, in that order.

A screen says "sent" until the edge has ruled: the edge alone knows whether the answer beat the belt.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, insert, select, update

from central import answer_rules, claims, schema
from central.answer_rules import Barred
from central.audit import note
from central.claims import ClaimedError
from central.commands import Commands, LineAwayError
from central.database import writing
from central.roles import Principal
from config.keyring import Keyring
from config.settings import Site
from edge.messages import Answer, Decision, Evidence, Ruling


class Refusal(StrEnum):
    """Why an answer cannot be given."""

    NO_PASSAGE = "no_passage"  # no such passage here
    NOT_AWAITED = "not_awaited"  # the passage does not await an answer, or no longer
    TWO_NEEDED = "two_needed"  # an override: a second officer has to sign too
    LINE_AWAY = "line_away"  # the answer cannot reach the line now
    CLAIMED = "claimed"  # another officer works on it
    PROHIBITED = "prohibited"  # what was found may not be cleared on the screen
    EXCEPTION = "exception"  # its image cannot be judged


class AnswerError(Exception):
    """An answer cannot be given; the message is a sentence for the officer, `by` who else works on it."""

    def __init__(self, why: Refusal, sentence: str, by: str = "") -> None:
        super().__init__(sentence)
        self.why = why
        self.by = by


class Sent(Struct, frozen=True):
    """An answer on its way."""

    answer_id: str
    ruling: Ruling


class Answers:
    """Gives answers for one site."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        keyring: Keyring,
        commands: Commands,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._engine = engine
        self._site = site
        self._keyring = keyring
        self._commands = commands
        self._clock = clock
        self._new_id = new_id

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
            claims.end(connection, self._site.id, passage_id)
        try:
            self._commands.send(line, answer)
        except LineAwayError as error:
            self._withdraw(answer.answer_id)
            raise AnswerError(Refusal.LINE_AWAY, str(error)) from error
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
        self._check_open(passage, decision)
        try:
            claims.check(connection, self._site.id, passage_id, officers, now)
            state = self._commands.listener(passage.line)
        except ClaimedError as error:
            raise AnswerError(Refusal.CLAIMED, str(error), error.claim.name) from error
        except LineAwayError as error:
            raise AnswerError(Refusal.LINE_AWAY, str(error)) from error
        if state.epoch != passage.epoch:
            raise AnswerError(
                Refusal.NOT_AWAITED,
                "the controller has restarted: the item is not tracked",
            )
        if decision is Decision.RELEASE:
            self._check_override(connection, passage_id, passage.reasons or [], officers)
        return passage.line, Answer(
            answer_id=self._new_id(),
            passage_id=passage_id,
            session=state.session,
            epoch=passage.epoch,
            decision=decision,
            officers=officers,
            issued_at=now,
        )

    def _check_open(self, passage: Row[*tuple[Any, ...]], decision: Decision) -> None:
        """While the item moves a stop of a flagged one is always welcome; a release must be awaited."""
        if passage.closed_at is not None:
            raise AnswerError(Refusal.NOT_AWAITED, "this parcel has left the belt")
        if decision is Decision.RELEASE:
            evidence = msgspec.convert(passage.evidence, Evidence) if passage.evidence else Evidence()
            bar = answer_rules.barred(evidence.scan, answer_rules.may_clear(self._site, passage.line))
            if bar is not None:
                why = Refusal.EXCEPTION if bar is Barred.EXCEPTION else Refusal.PROHIBITED
                raise AnswerError(why, answer_rules.SENTENCES[bar])
        if not passage.awaiting_answer and (decision is Decision.RELEASE or not passage.flagged):
            raise AnswerError(Refusal.NOT_AWAITED, "this passage does not await an answer")

    def _check_override(
        self, connection: Connection, passage_id: str, reasons: list[str], officers: tuple[str, ...]
    ) -> None:
        """One officer cannot release against customs' instruction or another officer's stop."""
        if len(officers) > 1:
            return
        if not answer_rules.NEEDS_TWO.isdisjoint(reasons):
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

    def _withdraw(self, answer_id: str) -> None:
        answers = schema.answers
        with writing(self._engine) as connection:
            connection.execute(
                update(answers)
                .where(answers.c.answer_id == answer_id, answers.c.ruling == Ruling.SENT.value)
                .values(ruling=Ruling.REFUSED.value, ruled_at=self._clock(), detail="not sent")
            )
