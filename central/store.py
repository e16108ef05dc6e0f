"""Writes one batch of what lines reported, in the caller's transaction; order and repetition do not matter.

A passage is one row that its messages complete in any order: the newest revision of the verdict holds, and
where the item really went is never overwritten by a verdict that arrives late. Of an answer the first ruling
stored holds: it is final. All else is inserted once, by the envelope it came in.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, assert_never

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection, Table, and_, select, update

from central import clearance_log, schema, statements
from central.bulk import LISTED, as_list, execute_rows
from central.database import insert
from central.incoming import Accepted, Refused, StateReported, since_away
from central.rows import Row, closed, decided, quarantined, recorded
from config.keyring import Keyring
from edge import messages
from edge.messages import LineState, Ruling

_FEW = 6  # messages of a batch for which asking by one is cheaper than a savepoint


class Stored(Struct, frozen=True):
    """What a committed batch came to."""

    receipts: dict[str, tuple[str, ...]]  # line → envelope ids it may forget
    accepted: tuple[Accepted, ...]  # new ones only
    states: tuple[StateReported, ...]  # the last of each line
    duplicates: int
    quarantined: int
    contradictions: int  # rulings other than the one an answer had already


class Store:
    """Where the batches of one site go."""

    def __init__(self, site: str, keyring: Keyring) -> None:
        self._site = site
        self._keyring = keyring

    def write(
        self,
        connection: Connection,
        now: datetime,
        accepted: Sequence[Accepted],
        states: Sequence[StateReported],
        refused: Sequence[Refused],
    ) -> Stored:
        """Write everything, or raise and leave the rolling back to the caller's transaction."""
        new = self._new(connection, accepted)
        self._write_passages(connection, new, now)
        self._write_others(connection, new)
        contradictions = self._write_rulings(connection, new)
        latest = self._followed(connection, states)
        _upsert(
            connection,
            schema.line_states,
            [
                {"site": self._site, "line": each.line, "state": each.state, "received_at": each.received_at}
                for each in latest
            ],
        )
        self._write_quarantine(connection, refused)
        receipts: dict[str, dict[str, None]] = defaultdict(dict)
        for each in (*accepted, *refused):
            if each.envelope_id is not None:
                receipts[each.line][each.envelope_id] = None
        return Stored(
            receipts={line: tuple(ids) for line, ids in receipts.items()},
            accepted=tuple(new),
            states=latest,
            duplicates=len(accepted) - len(new),
            quarantined=len(refused),
            contradictions=contradictions,
        )

    def _followed(self, connection: Connection, states: Sequence[StateReported]) -> tuple[StateReported, ...]:
        """The last state of each line, an absence dated from its beginning."""
        table = schema.line_states
        known: dict[str, LineState] = {}
        lines = {each.line for each in states if not each.state.online}
        if lines:
            query = select(table).where(table.c.site == self._site, table.c.line.in_(lines))
            known = {row.line: msgspec.convert(row.state, LineState) for row in connection.execute(query)}
        latest: dict[str, StateReported] = {}
        for each in states:
            latest[each.line] = since_away(each, known.get(each.line))
            known[each.line] = latest[each.line].state
        return tuple(latest.values())

    def _new(self, connection: Connection, accepted: Sequence[Accepted]) -> list[Accepted]:
        """Those not stored before, each once, noted as stored now.

        A line repeats itself seldom: usually all are new, and which are not is asked only when some are not.
        Of a few each is noted by itself, which tells as much.
        """
        first: dict[tuple[str, str], Accepted] = {}
        for each in accepted:
            first.setdefault((each.line, each.envelope_id), each)
        if len(first) <= _FEW:
            return [each for each in first.values() if self._note(connection, [each])]
        with connection.begin_nested() as attempt:
            if self._note(connection, first.values()) == len(first):
                return list(first.values())
            attempt.rollback()
        known = connection.execute(
            statements.known(connection.dialect.name),
            {
                "of_site": self._site,
                "of_lines": as_list({line for line, _envelope_id in first}),
                LISTED: as_list({envelope_id for _line, envelope_id in first}),
            },
        )
        for line, envelope_id in known.all():
            first.pop((line, envelope_id), None)
        self._note(connection, first.values())
        return list(first.values())

    def _note(self, connection: Connection, new: Iterable[Accepted]) -> int:
        """Keep the envelopes' ids; how many were not there. A second centre may race us."""
        return _insert_once(connection, schema.events, [self._event_row(each) for each in new])

    def _event_row(self, each: Accepted) -> Row:
        return {
            "site": self._site,
            "line": each.line,
            "envelope_id": each.envelope_id,
            "type": each.type,
            "sequence": each.sequence,
            "received_at": each.received_at,
        }

    def _write_passages(self, connection: Connection, new: Sequence[Accepted], now: datetime) -> None:
        verdicts: dict[tuple[str, str], Row] = {}
        ends: dict[tuple[str, str], Row] = {}
        for each in new:
            match each.event:
                case messages.PassageDecided() as event:
                    key = (each.line, event.passage_id)
                    if key not in verdicts or verdicts[key]["revision"] < event.revision:
                        verdicts[key] = decided(self._site, each.line, event)
                case messages.PassageClosed() as event:
                    key = (each.line, event.passage_id)
                    if key not in ends or ends[key]["closed_at"] < event.closed_at:
                        ends[key] = closed(self._site, each.line, event)
                case _:
                    pass
        if not verdicts and not ends:
            return
        dialect, passages = connection.dialect.name, schema.passages
        execute_rows(connection, passages, statements.decided(dialect), list(verdicts.values()))
        execute_rows(connection, passages, statements.closed(dialect), list(ends.values()))
        released = self._released(connection, {passage for _line, passage in (*verdicts, *ends)})
        clearance_log.refresh(connection, self._site, released, now)

    def _released(self, connection: Connection, passage_ids: Iterable[str]) -> list[str]:
        """The waybills of those of these passages that have ended in a release lane."""
        parameters = {"of_site": self._site, LISTED: as_list(passage_ids)}
        return list(
            connection.execute(statements.released(connection.dialect.name), parameters).scalars().all()
        )

    def _write_others(self, connection: Connection, new: Sequence[Accepted]) -> None:
        gaps: list[Row] = []
        alarms: list[Row] = []
        devices: dict[tuple[str, str], Row] = {}
        media: list[Row] = []
        for each in new:
            key = {"site": self._site, "line": each.line}
            match each.event:
                case messages.PassageDecided() | messages.PassageClosed() | messages.AnswerRuled():
                    pass
                case messages.GapRecorded() as event:
                    gaps.append({**key, "envelope_id": each.envelope_id, **_fields(event)})
                case messages.AlarmRaised() as event:
                    alarms.append({**key, "envelope_id": each.envelope_id, **_fields(event)})
                case messages.DeviceChanged() as event:
                    before = devices.get((each.line, event.device))
                    if before is None or before["changed_at"] <= event.changed_at:
                        devices[each.line, event.device] = {**key, **_fields(event)}
                case messages.MediaRecorded() as event:
                    media.append(recorded(self._site, each.line, event))
                case _:
                    assert_never(each.event)
        _insert_once(connection, schema.media, media)
        _insert_once(connection, schema.gaps, gaps)
        _insert_once(connection, schema.alarms, alarms)
        _upsert(connection, schema.devices, list(devices.values()), newer="changed_at")

    def _write_rulings(self, connection: Connection, new: Sequence[Accepted]) -> int:
        """Settle answers that are on their way; how many rulings said otherwise of a settled one."""
        contradictions = 0
        answers = schema.answers
        for each in new:
            if not isinstance(each.event, messages.AnswerRuled):
                continue
            event = each.event
            its_answer = and_(
                answers.c.answer_id == event.answer_id,
                answers.c.site == self._site,
                answers.c.line == each.line,
            )
            settled = connection.execute(
                update(answers)
                .where(its_answer, answers.c.ruling == Ruling.SENT.value)
                .values(
                    ruling=event.ruling.value,
                    ruled_at=event.ruled_at,
                    position_mm=event.position_mm,
                    detail=event.detail,
                )
            )
            if not settled.rowcount:
                known = connection.execute(select(answers.c.ruling).where(its_answer)).scalar()
                contradictions += known not in {None, event.ruling.value}
        return contradictions

    def _write_quarantine(self, connection: Connection, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        table = schema.quarantine
        statement = insert(connection.dialect.name, table)
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={"times": table.c.times + 1}
        )
        connection.execute(statement, [quarantined(self._site, each, self._keyring) for each in refused])


def _fields(event: Struct) -> Row:
    values = structs.asdict(event)
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _insert_once(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    return execute_rows(connection, table, _once_statement(connection.dialect.name, table), rows)


@cache
def _once_statement(dialect: str, table: Table) -> Any:
    return insert(dialect, table).on_conflict_do_nothing()


def _upsert(connection: Connection, table: Table, rows: list[Row], *, newer: str = "") -> None:
    execute_rows(connection, table, _upsert_statement(connection.dialect.name, table, newer), rows)


@cache
def _upsert_statement(dialect: str, table: Table, newer: str) -> Any:
    statement = insert(dialect, table)
    keys = list(table.primary_key.columns)
    changing = {column.name: statement.excluded[column.name] for column in table.c if column not in keys}
    where = statement.excluded[newer] >= table.c[newer] if newer else None
    return statement.on_conflict_do_update(index_elements=keys, set_=changing, where=where)
