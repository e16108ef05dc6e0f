"""Follows the plant's truth, trip by trip, and judges what can be judged at once: commands, lanes, flow."""

from collections.abc import Callable
from typing import Any

from config.settings import LaneRole, Line
from simulators.fates import CLOSE_MM
from simulators.promises.accounts import Accounts
from simulators.promises.evidence import against_command, against_parcel, deceived
from simulators.promises.findings import Problem, Tallies, TripKey, Violation
from simulators.promises.flow import Flow
from simulators.promises.ledger import Entry, Ledger, Marks
from simulators.promises.papers import Words
from simulators.promises.shares import Aftermath, count_clean, is_touched
from simulators.promises.site import SiteWatch
from simulators.promises.trips import Journey, Trip
from simulators.truth import (
    CutoffPassed,
    DecisionDue,
    Disturbed,
    ImageReviewed,
    LabelSent,
    LaneAccepted,
    OfficerAnswered,
    ParcelMade,
    RunStarted,
    ScanSent,
    StrayEnded,
    StrayLaid,
    TripBegan,
    TripBroken,
    TripEnded,
    Truth,
    Unscanned,
    WeightSent,
)

_MOVED_BY_ITSELF = "diverter_wrong"


class Watch:
    """The trips of one line as they happen.

    Args:
        line: its settings.
        energies: of one scan.
        ledger, tallies: the run's.
        accounts: takes over each trip that has ended.
        violated: told each broken promise.
    """

    def __init__(
        self,
        line: Line,
        energies: tuple[str, ...],
        ledger: Ledger,
        accounts: Accounts,
        tallies: Tallies,
        violated: Callable[[Violation], None],
    ) -> None:
        self._line, self._energies, self._ledger = line, energies, ledger
        self._accounts, self._tallies, self._violated = accounts, tallies, violated
        self._roles = {lane.number: lane.role for lane in line.lanes}
        self._words = Words(line.policy)
        self._left = Marks()  # waybills that left by a release lane, by the parcel they stand on first
        self._journeys: dict[int, Journey] = {}
        self.flow, self.aftermath = Flow(), _aftermath(line)
        self.trips: dict[TripKey, Trip] = {}  # on the belt, or waiting for their records
        self._behind: Trip | None = None  # inducted last
        self._epoch = 0
        self._epoch_began_s = 0.0  # when the controller's clock showed 0
        site = SiteWatch(self.flow, self.aftermath, accounts, self._words)
        self._takers: dict[type[Truth], Callable[[Any], None]] = site.takers | {
            RunStarted: self._run_started,
            ParcelMade: self._parcel_made,
            TripBegan: self._trip_began,
            DecisionDue: self._decision_due,
            CutoffPassed: self._cutoff_passed,
            LaneAccepted: self._lane_accepted,
            TripEnded: self._trip_ended,
            LabelSent: self._of_trip(Trip.labelled),
            WeightSent: self._of_trip(Trip.weighed_as),
            ScanSent: self._scan_sent,
            ImageReviewed: self._of_trip(Trip.reviewed),
            Unscanned: self._of_trip(Trip.went_unscanned),
            Disturbed: self._disturbed,
            TripBroken: self._trip_broken,
            StrayLaid: self._stray_laid,
            StrayEnded: self._stray_ended,
            OfficerAnswered: self._answered,
        }

    def take(self, record: Truth) -> None:
        """The next record of the truth, in order."""
        self._takers[type(record)](record)

    def forget(self, now_s: float) -> None:
        """Let go of the times before any trip that is still held."""
        oldest = next(iter(self.trips.values()), None)
        self.aftermath.forget_before(now_s if oldest is None else oldest.began_s)

    def _of_trip(self, note: Callable[[Trip, Any], None]) -> Callable[[Any], None]:
        def taken(record: LabelSent | WeightSent | ScanSent | ImageReviewed | Unscanned) -> None:
            if trip := self.trips.get((record.epoch, record.tracking_id)):
                note(trip, record)

        return taken

    def _run_started(self, _run: RunStarted) -> None:
        """Nothing follows from it: a checker is of one run."""

    def _parcel_made(self, made: ParcelMade) -> None:
        self._tallies.parcels += 1
        self._journeys[made.number] = Journey(made)

    def _trip_began(self, began: TripBegan) -> None:
        key = (began.epoch, began.tracking_id)
        if began.epoch != self._epoch:
            self._controller_began(began)
        for violation in self.flow.trip_began(began.at_s):
            self._violated(violation)
        trip = Trip(self._journeys[began.parcel], began.trip, key, began.at_s)
        if began.gap_ahead_mm is not None and began.gap_ahead_mm < CLOSE_MM:
            trip.close = True
            if self._behind is not None:
                self._behind.close = True
        if self._ledger.entry(key) & Entry.BEGAN:
            self._say(trip, Problem(4, "has a tracking id that another trip of this boot had"), began.at_s)
        self._behind = self.trips[key] = trip
        self._ledger.note(key, Entry.BEGAN)
        self._tallies.trips += 1

    def _controller_began(self, began: TripBegan) -> None:
        self._epoch, self._epoch_began_s = began.epoch, began.at_s - began.time_ms / 1000
        for trip in self.trips.values():
            trip.superseded = True

    def _decision_due(self, due: DecisionDue) -> None:
        if trip := self.trips.get((due.epoch, due.tracking_id)):
            trip.papers_heard = self._words.may_be_known(trip.journey.label)

    def _cutoff_passed(self, passed: CutoffPassed) -> None:
        if trip := self.trips.get((passed.epoch, passed.tracking_id)):
            trip.past_cutoff = True

    def _answered(self, answered: OfficerAnswered) -> None:
        trip = self.trips.get((answered.epoch, answered.tracking_id))
        if answered.release:
            self._accounts.answering.given(answered)
        if trip is not None and not (answered.release and trip.past_cutoff):
            trip.officer = answered.release

    def _lane_accepted(self, accepted: LaneAccepted) -> None:
        key, at_s = (accepted.epoch, accepted.tracking_id), self._epoch_began_s + accepted.time_ms / 1000
        trip, role = self.trips.get(key), self._roles.get(accepted.lane)
        if trip is None and accepted.epoch == self._epoch and self._ledger.entry(key) & Entry.BEGAN:
            return  # an id given to nothing, or an item lifted off: it goes nowhere
        if trip is None or role is None or accepted.epoch != self._epoch:
            sentence = f"the controller accepted lane {accepted.lane} for an item it does not have"
            self._violated(Violation(3, sentence, at_s, None, *key))
            return
        if trip.past_cutoff and role is not LaneRole.INSPECT:
            self._say(trip, Problem(3, f"got lane {accepted.lane} when the cut-off lay behind it"), at_s)
        if role is LaneRole.RELEASE:
            self._accounts.answering.release_accepted(key)
            if accepted.lane != trip.lane:
                self._judge_command(trip, at_s)
        trip.lanes.append(accepted.lane)

    def _judge_command(self, trip: Trip, at_s: float) -> None:
        found = tuple(against_command(trip, self._line, self._energies, self._words, at_s))
        trip.lied_to = False
        for problem in found:
            if deceived(problem, trip, self._line):
                trip.lied_to = True
            else:
                said = Problem(problem.promise, f"was commanded to a release lane {problem.sentence}")
                self._say(trip, said, at_s)

    def _scan_sent(self, sent: ScanSent) -> None:
        trip = self.trips.get((sent.epoch, sent.tracking_id))
        if trip is None or trip.past_cutoff:
            self.aftermath.image_came_late(self._epoch_began_s + sent.time_ms / 1000)
        else:
            trip.scans.append(sent)

    def _disturbed(self, disturbed: Disturbed) -> None:
        key = (disturbed.epoch, disturbed.tracking_id)
        trip = self.trips.get(key)
        if trip is None:
            self._ledger.note(key, Entry.BEGAN)  # an id given to nothing, say by an eye that saw twice
        else:
            trip.faults.add(disturbed.fault)
            self.aftermath.disturbed(disturbed.fault, disturbed.at_s)

    def _trip_broken(self, broken: TripBroken) -> None:
        key = (broken.epoch, broken.tracking_id)
        trip = self.trips[key]
        trip.removed = trip.touched = True
        trip.removed_s = broken.at_s
        self._accounts.waiting[key] = trip
        self._finish(trip.journey.made.number)

    def _trip_ended(self, ended: TripEnded) -> None:
        key = (ended.epoch, ended.tracking_id)
        trip = self.trips.get(key)
        if trip is None or trip.end is not None:
            self._came_without_order(ended.role, ended.at_s)
            return
        trip.end = ended
        trip.touched = is_touched(trip, self.aftermath)
        trip.journey.touched |= trip.touched
        self._ledger.note(key, ended.lane)
        self._tallies.by_lane[ended.lane] = self._tallies.by_lane.get(ended.lane, 0) + 1
        self._judge_lane(trip, ended)
        self._accounts.waiting[key] = trip
        if ended.role is not LaneRole.RECIRCULATE:
            self._arrive(trip, ended)

    def _stray_laid(self, laid: StrayLaid) -> None:
        if journey := self._journeys.get(laid.parcel):
            journey.touched = True

    def _stray_ended(self, ended: StrayEnded) -> None:
        self._came_without_order(ended.role, ended.at_s)
        if ended.role is not LaneRole.RECIRCULATE:
            self._finish(ended.parcel)

    def _came_without_order(self, role: LaneRole, at_s: float) -> None:
        """Without a tracking id, or by a diverter that moved by itself; that stops the line."""
        if role is LaneRole.RELEASE:
            self._tallies.unordered += 1
            self.flow.unordered(at_s)

    def _judge_lane(self, trip: Trip, ended: TripEnded) -> None:
        """Promises 1 and 3: where the controller accepted last, else to inspection."""
        if ended.lane == trip.lane or ended.role is LaneRole.INSPECT:
            return
        ordered = "no lane was ever" if trip.lane is None else f"lane {trip.lane} was the last"
        if _MOVED_BY_ITSELF in trip.faults:
            self._came_without_order(ended.role, ended.at_s)
            return
        promise = 1 if ended.role is LaneRole.RELEASE else 3
        self._say(
            trip, Problem(promise, f"came into lane {ended.lane}; {ordered} accepted for it"), ended.at_s
        )

    def _arrive(self, trip: Trip, ended: TripEnded) -> None:
        """It lies in a lane for good."""
        journey, released = trip.journey, ended.role is LaneRole.RELEASE
        journey.stopped_by_papers = not self._words.allow_throughout(journey.label, ended.at_s)
        journey.aided = trip.officer
        if released and ended.lane == trip.lane:
            self._judge_release(trip, ended)
        count_clean(journey, self._tallies, released=released)
        self._finish(journey.made.number)

    def _judge_release(self, trip: Trip, ended: TripEnded) -> None:
        self._tallies.released += 1
        self._tallies.released_by_officer += trip.officer
        for problem in against_parcel(trip, self._words):
            if deceived(problem, trip, self._line):
                trip.lied_to = True
            else:
                self._say(trip, Problem(problem.promise, f"was released {problem.sentence}"), ended.at_s)
        if trip.lied_to:
            self._tallies.deceived += 1
            return
        label = trip.journey.label
        if label in self._left:
            self._say(trip, Problem(1, f"was released, and parcel {label}'s waybill had been"), ended.at_s)
        self._left.add(label)

    def _finish(self, parcel: int) -> None:
        self._journeys.pop(parcel, None)
        self._words.forget(parcel)

    def _say(self, trip: Trip, problem: Problem, at_s: float) -> None:
        parcel = trip.journey.made.number
        self._violated(Violation(problem.promise, problem.sentence, at_s, parcel, *trip.key))


def _aftermath(line: Line) -> Aftermath:
    if line.ct is None:
        return Aftermath()
    speed_mm_s = line.belt.speed_mm_s
    through_s = line.ct.length_mm / speed_mm_s
    return Aftermath(line.ct.position_mm / speed_mm_s, through_s + line.ct.due_after_ms / 1000)
