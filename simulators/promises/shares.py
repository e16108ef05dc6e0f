"""Promise 2: a clean parcel is released without a hand, in all but a small share of the cases."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulators.categories import CLEAN_CATEGORIES
from simulators.promises.findings import Tallies, Violation
from simulators.promises.trips import Journey, Trip

CLEAN_SHARE = 0.99  # without faults, of those no scan fault of the stream itself made doubtful
CLEAN_SHARE_WITH_FAULTS = 0.97  # of those no fault touched
ENOUGH = 300  # clean parcels, before a share says anything
LISTED = 20  # parcels named

# Faults that name no trip and still make a careful line doubt what is on the belt, with the longest time from
# when one is first noticed to when it has passed (the plan's longest duration and a second of recovery). All
# others either name their trips (Disturbed), stop the belt (TripEnded.touched), or must not matter: a clean
# parcel whose papers are known at the line needs no broker, no centre and no camera.
_AFTERMATH_S = {
    "link_stuck": 5.0,  # what the controller says of a belt it does not watch is not believed
    "contract_mismatch": 5.0,
    "edge_disk_full": 9.0,  # no journal, no verdict
    "edge_database_busy": 3.0,
    "list_not_fetched": 45.0,  # whoever needs the whole list knows no paper that is young enough
    "lane_full": 31.0,  # the release lane takes no more
}
# What the stream of parcels and the officers bring with them, also in a run without faults.
_EVERYDAY = frozenset(
    {"clearance_stale", "answer_early", "answer_last_moment", "answer_late", "answer_twice"}
)
_RECOVERY_S = 3.0  # from the agent's start to the first item it watched from its induction


# After a fault of an image a careful line believes no image until one could be nobody else's: that touches
# what enters the tunnel before it is noticed (at the latest when the image is due), and a few items more.
# A weight that is not the item's own speaks against its image in the same way.
_IMAGE_FAULTS = ("ct_", "reviewer_", "scale_wrong", "scale_stuck")
_UNTIL_ONE_TELLS_S = 2.5


@dataclass
class Aftermath:
    """The times in which what was on the belt may be inspected for a fault that does not name it.

    `tunnel_after_s`: from the induction to the tunnel; `image_due_s`: from there to when an image is missed.
    """

    tunnel_after_s: float = 0.0
    image_due_s: float = 0.0
    any_fault: bool = False  # in this run so far
    _spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    _doubts: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    _dead_since_s: float | None = None

    def fault(self, fault: str, at_s: float) -> None:
        """A fault took effect."""
        self.any_fault |= fault not in _EVERYDAY
        if lasts_s := _AFTERMATH_S.get(fault):
            self._add(at_s, at_s + lasts_s)

    def disturbed(self, fault: str, at_s: float) -> None:
        """A fault touched what is on the belt; one of an image touches what comes after it, too."""
        if fault.startswith(_IMAGE_FAULTS):
            self._doubt(at_s, at_s + self.image_due_s + _UNTIL_ONE_TELLS_S)

    def image_came_late(self, at_s: float) -> None:
        """An image came whose item was past the cut-off: whose it is cannot be told any more."""
        self._doubt(at_s, at_s + _UNTIL_ONE_TELLS_S)

    def agent_died(self, at_s: float) -> None:
        """Nobody watches from now on."""
        self.any_fault = True
        if self._dead_since_s is None:
            self._dead_since_s = at_s

    def agent_began(self, at_s: float) -> None:
        """It watches again, from the next item on."""
        if self._dead_since_s is not None:
            self._add(self._dead_since_s, at_s + _RECOVERY_S)
            self._dead_since_s = None

    def overlaps(self, began_s: float, ended_s: float) -> bool:
        """Whether one of these times falls into a trip."""
        if self._dead_since_s is not None and self._dead_since_s <= ended_s:
            return True
        if any(from_s <= ended_s and began_s <= to_s for from_s, to_s in self._spans):
            return True
        entered_s = began_s + self.tunnel_after_s
        return any(from_s <= ended_s and entered_s <= to_s for from_s, to_s in self._doubts)

    def forget_before(self, at_s: float) -> None:
        """No trip on the belt began earlier."""
        self._spans = [span for span in self._spans if span[1] >= at_s]
        self._doubts = [span for span in self._doubts if span[1] >= at_s]

    def _doubt(self, from_s: float, to_s: float) -> None:
        if self._doubts and from_s <= self._doubts[-1][1]:
            first_s, last_s = self._doubts[-1]
            self._doubts[-1] = (min(first_s, from_s), max(last_s, to_s))
        else:
            self._doubts.append((from_s, to_s))

    def _add(self, from_s: float, to_s: float) -> None:
        self._spans.append((from_s, to_s))


def is_touched(trip: Trip, aftermath: Aftermath) -> bool:
    """Whether a fault, of the site or of the stream, touched a trip that has ended."""
    end = trip.end
    if end is None or end.touched or trip.close or trip.faults:
        return True
    if not trip.papers_heard and aftermath.any_fault:
        return True  # its papers were held up on their way
    return aftermath.overlaps(trip.began_s, end.at_s)


def count_clean(journey: Journey, tallies: Tallies, *, released: bool) -> None:
    """A parcel has come to its last lane: count it if it was clean."""
    if journey.made.category not in CLEAN_CATEGORIES or journey.stopped_by_papers:
        return
    unaided = released and not journey.aided
    tallies.clean += 1
    tallies.clean_released_unaided += unaided
    if not journey.touched:
        tallies.clean_untouched += 1
        tallies.clean_untouched_released_unaided += unaided
        if not unaided and len(tallies.bothered) < LISTED:
            tallies.bothered.append(journey.made.number)


def too_few(tallies: Tallies, any_fault: bool, at_s: float) -> Iterator[Violation]:
    """Promise 2 over a whole run."""
    counted, released = tallies.clean_untouched, tallies.clean_untouched_released_unaided
    least = CLEAN_SHARE_WITH_FAULTS if any_fault else CLEAN_SHARE
    if counted >= ENOUGH and released < least * counted:
        yield Violation(
            2,
            f"{released} of {counted} clean parcels that no fault touched were released without a hand, "
            f"{least:.0%} are required; left: parcels {', '.join(map(str, tallies.bothered))}",
            at_s,
        )
