"""Holds each ended trip until its record at the centre, or the gap it lies in, is there and judged."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection

from config.settings import LaneRole, Line
from simulators.promises import entries
from simulators.promises.answers import Answering
from simulators.promises.database import Reading
from simulators.promises.findings import Problem, Tallies, TripKey, Violation
from simulators.promises.ledger import Entry, Ledger
from simulators.promises.provable import against_record
from simulators.promises.row import PassageRow
from simulators.promises.trips import Trip

RECORD_WITHIN_S = 30.0  # of its end, while nothing between the line and the centre is disturbed
_RIDES_ON_S = 60.0  # from anywhere on the belt to its end, with a stop on the way
_AFTERMATH_S = 45.0  # of a fault between the line and the centre: the plan's longest, and to connect again

_DELIVERY = ("agent_", "centre_", "broker_", "message", "edge_", "link_", "contract_", "controller_", "ring_")


class Accounts:
    """The trips of a line that are not accounted for.

    Args:
        line: its settings.
        energies: of one scan.
        ledger, tallies: the run's.
        violated: told each broken promise.
        record_within_s: a trip's record may take so long when nothing is disturbed.
    """

    def __init__(
        self,
        line: Line,
        energies: tuple[str, ...],
        ledger: Ledger,
        tallies: Tallies,
        violated: Callable[[Violation], None],
        record_within_s: float = RECORD_WITHIN_S,
    ) -> None:
        self._line, self._energies, self._ledger = line, energies, ledger
        self._tallies, self._violated, self._within_s = tallies, violated, record_within_s
        self._reading = Reading(line.id)
        self._answering = Answering()
        self._disturbed_s = 0.0  # when the way to the centre was disturbed last
        self.waiting: dict[TripKey, Trip] = {}  # ended, not judged

    @property
    def answering(self) -> Answering:
        """The officers' answers."""
        return self._answering

    def fault(self, fault: str, at_s: float) -> None:
        """A fault took effect."""
        if fault.startswith(_DELIVERY):
            self._disturbed_s = max(at_s, self._disturbed_s)

    def look(
        self, connection: Connection, open_trips: dict[TripKey, Trip], now_s: float, *, settled: bool
    ) -> None:
        """Read what is fresh and judge what can be judged; judged trips leave `open_trips`."""
        for new in self._reading.new_passages(connection):
            self._report(entries.enter_passage(new, self._ledger, self._tallies, now_s))
            if trip := open_trips.get(new.key):
                trip.passage_id = new.passage_id
        for gap in self._reading.new_gaps(connection):
            self._report(entries.enter_gap(gap, self._ledger, self._tallies, now_s))
        for key in [*self._judge_recorded(connection, now_s, settled=settled)]:
            del self.waiting[key], open_trips[key]
        for key in [*self._judge_missing(now_s, settled=settled)]:
            del self.waiting[key], open_trips[key]
        self._report(self._answering.look(connection, self._reading, open_trips.keys(), now_s))
        if settled:
            self._close_books(connection, now_s)

    def _judge_recorded(self, connection: Connection, now_s: float, *, settled: bool) -> Iterator[TripKey]:
        due = {trip.passage_id: trip for trip in self.waiting.values() if trip.passage_id}
        rows = [(row, due[row.passage_id]) for row in self._reading.closed(connection, due)]
        scanned = [row.passage_id for row, trip in rows if _has_left(trip)] if self._line.ct else []
        volumes = self._reading.volumes(connection, scanned)
        for row, trip in rows:
            known = volumes.get(row.passage_id, frozenset())
            last_chance = settled or self._is_overdue(trip, now_s)
            if not last_chance and not self._is_whole(row, trip, known):
                continue
            if not row.is_complete:
                self._say(trip, Problem(4, "has a record that lacks its last verdict"), now_s)
            else:
                for problem in against_record(row, trip, self._line, self._energies, known):
                    self._say(trip, problem, now_s)
            for problem in _against_lane(row, trip):
                self._say(trip, problem, now_s)
            yield trip.key

    def _judge_missing(self, now_s: float, *, settled: bool) -> Iterator[TripKey]:
        for key, trip in self.waiting.items():
            if not trip.passage_id and self._ledger.in_gap(key):
                self._tallies.in_gaps += not self._ledger.entry(key) & Entry.IN_GAP  # one without an end
                if trip.lanes:
                    self._say(
                        trip,
                        Problem(6, f"was commanded to lane {trip.lane}, and the line has no record of it"),
                        now_s,
                    )
                yield key
            elif not trip.late and (settled or self._is_overdue(trip, now_s)):
                trip.late = True
                what = "still an open record" if trip.passage_id else "neither a record nor a gap"
                after_s = now_s - _ended_s(trip)
                self._say(trip, Problem(4, f"has {what} at the centre {after_s:.0f} s after its end"), now_s)

    def _is_overdue(self, trip: Trip, now_s: float) -> bool:
        undisturbed_s = now_s - max(_ended_s(trip), self._disturbed_s + _AFTERMATH_S)
        return undisturbed_s > self._within_s

    def _is_whole(self, row: PassageRow, trip: Trip, volumes: frozenset[str]) -> bool:
        scan = row.evidence.scan if row.evidence is not None else None
        files = frozenset(scan.volumes) if scan is not None and _has_left(trip) else frozenset[str]()
        return row.is_complete and files <= volumes

    def _close_books(self, connection: Connection, now_s: float) -> None:
        """Once more over everything: nothing may have changed since it was judged."""
        for key, closed, lane in self._reading.lanes(connection):
            if key not in self.waiting:
                self._report(entries.compare_lane(key, closed, lane, self._ledger, now_s))
        for key in self._ledger.unaccounted():
            if key not in self.waiting:
                self._report([Violation(4, "has neither a record nor a gap", now_s, None, *key)])

    def _say(self, trip: Trip, problem: Problem, at_s: float) -> None:
        parcel = trip.journey.made.number
        self._violated(Violation(problem.promise, problem.sentence, at_s, parcel, *trip.key))

    def _report(self, violations: Iterator[Violation] | list[Violation]) -> None:
        for each in violations:
            self._violated(each)


def _has_left(trip: Trip) -> bool:
    return trip.end is not None and trip.end.role is LaneRole.RELEASE


def _ended_s(trip: Trip) -> float:
    """When the line could know of its end; what was lifted off is missed once its place is past the belt."""
    if trip.end is not None:
        return trip.end.at_s
    return trip.removed_s + _RIDES_ON_S if trip.removed else trip.began_s


def _against_lane(row: PassageRow, trip: Trip) -> Iterator[Problem]:
    """Promise 4: the record names the lane the parcel lies in. None, never seen, is true only of a trip that
    a fault touched, and of one in a release lane only if the record says that it may have left."""
    lane = trip.end.lane if trip.end is not None else None
    if row.lane_actual == lane:
        return
    if row.lane_actual is not None:
        where = "was lifted off the belt" if lane is None else f"lies in lane {lane}"
        yield Problem(4, f"{where}; its record says lane {row.lane_actual}")
    elif not trip.touched and not trip.superseded:
        yield Problem(
            4, f"lies in lane {lane}, no fault touched it, and its record says it was never seen there"
        )
    elif _has_left(trip) and row.role_actual != LaneRole.RELEASE:
        yield Problem(4, f"lies in lane {lane}; by its record it cannot have left")
