"""An officer's answer counts as accepted only when the controller took its lane; and once."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from simulators.promises.database import AnswerRow, Reading
from simulators.promises.findings import TripKey, Violation
from simulators.truth import OfficerAnswered


@dataclass(slots=True)
class _Given:
    """What an officer said of a passage."""

    key: TripKey
    obeyed: bool = False  # the controller accepted a release lane after it
    accepted: int = 0  # answers the line ruled so


@dataclass
class Answering:
    """The answers of a run that are not settled yet."""

    _given: dict[str, _Given] = field(default_factory=dict[str, _Given])  # by passage
    _by_trip: dict[TripKey, str] = field(default_factory=dict[TripKey, str])
    _unsettled: dict[str, str] = field(default_factory=dict[str, str])  # answer → passage, "" if not read yet

    def given(self, record: OfficerAnswered) -> None:
        """An officer said release."""
        key = (record.epoch, record.tracking_id)
        self._given.setdefault(record.passage_id, _Given(key))
        self._by_trip[key] = record.passage_id

    def release_accepted(self, key: TripKey) -> None:
        """The controller accepted a release lane for a trip."""
        if passage := self._by_trip.get(key):
            self._given[passage].obeyed = True

    def look(
        self, connection: Connection, reading: Reading, open_trips: Collection[TripKey], at_s: float
    ) -> Iterator[Violation]:
        """Judge the answers ruled since the last look."""
        for answer_id in reading.new_answers(connection):
            self._unsettled[answer_id] = ""
        for row in reading.answers(connection, self._unsettled):
            self._unsettled[row.answer_id] = row.passage_id
            if row.settled:
                del self._unsettled[row.answer_id]
                if row.release and row.accepted:
                    yield from self._judge(row, at_s)
        self._forget(open_trips)

    def _judge(self, row: AnswerRow, at_s: float) -> Iterator[Violation]:
        given = self._given.get(row.passage_id)
        if given is None:
            yield Violation(11, f"an answer for {row.passage_id} was accepted; no officer gave one", at_s)
            return
        given.accepted += 1
        if given.accepted > 1:
            yield Violation(5, "had two answers accepted", at_s, None, *given.key)
        if not given.obeyed:
            sentence = "has an answer recorded as accepted; the controller took no release lane after it"
            yield Violation(6, sentence, at_s, None, *given.key)

    def _forget(self, open_trips: Collection[TripKey]) -> None:
        waiting = set(self._unsettled.values())
        for passage, given in list(self._given.items()):
            if given.key not in open_trips and passage not in waiting:
                del self._given[passage]
                self._by_trip.pop(given.key, None)
