"""What became of each parcel of a run, and where it should have gone: from the plant's truth alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from config.settings import LaneRole, Line
from simulators.categories import OFFICER_MAY_CLEAR, Category
from simulators.parcels import Parcel
from simulators.truth import (
    CutoffPassed,
    DecisionDue,
    Disturbed,
    FaultTook,
    ImageReviewed,
    LabelSent,
    LaneAccepted,
    LineCleared,
    OfficerAnswered,
    OfTrip,
    PaperChanged,
    PaperHeard,
    ParcelMade,
    ProcessBegan,
    ProcessDied,
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

CLOSE_MM = 250  # items nearer to each other than this belong on the bench

TripKey = tuple[int, int]  # epoch, tracking id


@dataclass
class Trip:
    """One induction of a parcel and its end, if it has come to one."""

    key: TripKey
    close: bool
    end: TripEnded | None = None
    broken: bool = False  # somebody took it off the belt
    due_ms: int | None = None
    cutoff_ms: int | None = None
    accepted_ms: list[int] = field(default_factory=list[int])  # each lane command, in order
    scanned: list[ScanSent] = field(default_factory=list[ScanSent])  # each object
    unscanned: bool = False  # the CT scanner was out of order while it passed

    def note(self, record: OfTrip) -> None:
        """Take in what happened on it."""
        match record:
            case TripEnded():
                self.end = record
            case TripBroken():
                self.broken = True
            case DecisionDue():
                self.due_ms = record.time_ms
            case CutoffPassed():
                self.cutoff_ms = record.time_ms
            case Unscanned():
                self.unscanned = True
            case ScanSent():
                self.scanned.append(record)
            case LaneAccepted():
                self.accepted_ms.append(record.time_ms)
            case LabelSent() | WeightSent() | ImageReviewed() | Disturbed():
                pass  # told by a plant in memory only

    def image_ms(self, energies: tuple[str, ...]) -> int | None:
        """When its image was sent to the last byte: one scan of its own, whole, in time; else None."""
        sound = all(sent.own_id and sent.whole and sent.delivered for sent in self.scanned)
        if not sound or sorted(sent.energy for sent in self.scanned) != sorted(energies):
            return None
        last_ms = max((sent.time_ms for sent in self.scanned), default=None)
        in_time = self.cutoff_ms is None or last_ms is None or last_ms < self.cutoff_ms
        return last_ms if in_time and len({sent.scan for sent in self.scanned}) == 1 else None

    @property
    def touched(self) -> bool:
        """Whether a fault touched it; a scan that nobody took is one."""
        ended_so = self.end is not None and self.end.touched
        return ended_so or any(not sent.delivered and sent.whole for sent in self.scanned)


@dataclass
class Fate:
    """A parcel and its trips, in order."""

    parcel: ParcelMade
    trips: list[Trip] = field(default_factory=list[Trip])
    strayed: list[StrayEnded] = field(default_factory=list[StrayEnded])  # without a tracking id

    @property
    def at_bench_by_hand(self) -> bool:
        """Whether somebody took it off the belt, or it came to the bench without a tracking id."""
        strayed = bool(self.strayed) and self.strayed[-1].role is LaneRole.INSPECT
        return self.trips[-1].broken if self.trips else strayed

    @property
    def end(self) -> TripEnded | None:
        """Its arrival in a lane for good; None while it travels or goes round."""
        last = self.trips[-1].end if self.trips else None
        return None if last is None or last.role is LaneRole.RECIRCULATE else last

    @property
    def released(self) -> bool:
        """Whether it lies in a release lane."""
        if any(each.role is LaneRole.RELEASE for each in self.strayed):
            return True
        return self.end is not None and self.end.role is LaneRole.RELEASE

    @property
    def touched(self) -> bool:
        """Whether a fault touched any of its trips."""
        return any(trip.touched for trip in self.trips)


@dataclass
class Run:
    """The last run of a truth log."""

    started: RunStarted
    fates: dict[int, Fate]  # by the parcel's place in the stream
    trips: dict[TripKey, Trip]

    def right_roles(self, fate: Fate, *, officer_released: bool) -> frozenset[LaneRole]:
        """The roles of the lanes it may lie in, given what physically happened to it."""
        parcel = fate.parcel
        if fate.trips and fate.trips[-1].close:
            return frozenset({LaneRole.INSPECT})
        match parcel.category:
            case Category.TOO_CLOSE:  # in the end nothing was near it: an ordinary clean parcel
                return frozenset({LaneRole.RELEASE})
            case Category.CLONED_LABEL:
                original = self.fates.get(parcel.copy_of or 0)
                if original is not None and original.released:
                    return frozenset({LaneRole.INSPECT})
                return frozenset(
                    {LaneRole.INSPECT, LaneRole.RELEASE}
                )  # the only one of the pair to be released
            case category if officer_released and category in OFFICER_MAY_CLEAR:
                return frozenset({LaneRole.RELEASE})
            case _:
                return frozenset({parcel.right})


def release_lane(line: Line, parcel: ParcelMade | Parcel) -> int | None:
    """The lane to which the site's sort plan sends it once released; None if no rule fits."""
    for rule in line.sort_plan:
        if rule.courier in ("", parcel.courier) and rule.destination in ("", parcel.destination):
            return rule.lane
    return None


def last_run(records: Iterable[Truth]) -> Run:
    """Fold a truth log into the fates of its last run; ValueError if it holds none."""
    run: Run | None = None
    behind: Trip | None = None
    for record in records:
        if isinstance(record, RunStarted):
            run, behind = Run(record, {}, {}), None
            continue
        if run is None:
            raise ValueError("the truth log does not begin with a run")
        match record:
            case ParcelMade():
                run.fates[record.number] = Fate(record)
            case TripBegan():
                close = record.gap_ahead_mm is not None and record.gap_ahead_mm < CLOSE_MM
                trip = Trip((record.epoch, record.tracking_id), close)
                if behind is not None and close:
                    behind.close = True
                behind = run.trips[trip.key] = trip
                run.fates[record.parcel].trips.append(trip)
            case StrayEnded():
                run.fates[record.parcel].strayed.append(record)
            case (
                StrayLaid()
                | FaultTook()
                | ProcessDied()
                | ProcessBegan()
                | PaperChanged()
                | PaperHeard()
                | OfficerAnswered()
                | LineCleared()
            ):
                pass  # of the site as a whole
            case _:
                if trip := run.trips.get((record.epoch, record.tracking_id)):
                    trip.note(record)
    if run is None:
        raise ValueError("the truth log is empty")
    return run
