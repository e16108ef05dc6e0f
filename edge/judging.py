"""Verdicts over an item's life: given, revised while that can be carried out, closed by where it went."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from config.settings import LaneRole, Line
from devices.interfaces import CommandOutcome
from edge import answers, records
from edge.messages import Reason
from edge.observations import Action, Flag, Report, SetLane
from edge.state import Item, State
from edge.verdict import Gathered, Verdict, inspected, verdict
from models.findings import Outcome, Review

# What a person will look at: its evidence is kept and goes to the centre.
_FLAGGING = frozenset(
    {
        Reason.IMAGE_ALARM,
        Reason.IMAGE_PROHIBITED,
        Reason.IMAGE_EXCEPTION,
        Reason.SCAN_DOUBTFUL,
        Reason.OFFICER_REVIEW,
        Reason.CONTROL_INSTRUCTION,
    }
)
_MARKS_KEPT = 512  # releases kept in mind for items already looked up; older ones are found in the journal


def is_for_a_person(reasons: Iterable[Reason], review: Review | None) -> bool:
    """Whether somebody needs a passage's evidence, for what was found or where it was sent."""
    return not _FLAGGING.isdisjoint(reasons) or (review is not None and review.outcome is not Outcome.CLEAR)


class _Judged(NamedTuple):
    """A verdict, and all that it followed from."""

    gathered: Gathered
    closed_lanes: frozenset[int]
    verdict: Verdict


class Judging:
    """Judges items by the line's settings, the lanes that are open and the waybills already released.

    Args:
        line: the line's settings.
        policy_hash: SHA-256 of them, written into each verdict.
        state: the line's, whose items are judged.
    """

    def __init__(self, line: Line, policy_hash: str, state: State) -> None:
        self._line, self._policy_hash, self._state = line, policy_hash, state
        self._judged: dict[int, _Judged] = {}  # by tracking id

    def decide(self, item: Item, at: datetime) -> Iterator[Action]:
        """The first verdict."""
        yield from self._adopt(item, self._judge(item), at)

    def revise(self, item: Item, at: datetime, *, anew: bool = False) -> Iterator[Action]:
        """Judge a decided item again; past the cut-off only the inspection lane is still open to it, and a
        release that no longer stands goes there, whatever else it would have become. `anew`: what is known of
        it belongs into a record even if the verdict stands."""
        if item.verdict is None:
            return
        found = self._judge(item)
        if found is item.verdict and not anew:
            return
        if item.past_cutoff and found.role is not LaneRole.INSPECT:
            stands = found.role is LaneRole.RELEASE or item.verdict.role is not LaneRole.RELEASE
            found = item.verdict if stands else inspected(self._line, *found.reasons, paper=found.paper)
        if anew or _said(found) != _said(item.verdict):
            yield from self._adopt(item, found, at)

    def ruled(self, item: Item, lane: int, outcome: CommandOutcome) -> None:
        """What the controller says of a lane command: whether a release may be under way. A latched one may
        have been carried out unseen: a lane accepted later does not take it back."""
        release = self._line.lane(lane).role is LaneRole.RELEASE
        if outcome is CommandOutcome.ACCEPTED:
            item.may_leave = release or (item.past_cutoff and item.may_leave)
        elif release and outcome in (CommandOutcome.TOO_LATE, CommandOutcome.LANE_UNAVAILABLE):
            item.may_leave = (
                False  # of an item or an epoch it no longer knows it cannot say: it may have left
            )

    def came_too_late(self, item: Item, at: datetime) -> Iterator[Action]:
        """The controller no longer takes the verdict's lane, and may hold an older one: to inspection."""
        item.past_cutoff = True
        if item.verdict is not None and item.verdict.role is not LaneRole.INSPECT:
            yield from self._adopt(item, records.undecided(item, self._line), at)

    def revise_all(self, at: datetime) -> Iterator[Action]:
        """Judge every open item again."""
        for item in self._state.items.values():
            if item.verdict is not None:
                yield from self.revise(item, at)

    def close(self, item: Item, lane: int | None, at: datetime) -> Iterator[Action]:
        """The item was seen in `lane`, or nowhere: then a release it may have taken counts as one."""
        del self._state.items[item.tracking_id]
        self._judged.pop(item.tracking_id, None)
        found = item.verdict
        if found is None:
            found = records.undecided(item, self._line)
            undecided = self._adopt(item, found, at)
            yield from (action for action in undecided if not isinstance(action, SetLane))
        closed = records.closed(item, found, lane, self._line, at)
        yield Report(closed)
        if closed.role is LaneRole.RELEASE:
            self._mark(item, found)
            if lane is not None and not closed.as_decided:
                yield Report(records.released_without_order(closed))
        elif lane is not None:
            self._unmark(item)
        if ruled := answers.overtaken(item, lane, at):
            yield Report(ruled)

    def _judge(self, item: Item) -> Verdict:
        """By the evidence; which lanes are open no longer matters once the controller has latched one."""
        closed_lanes: frozenset[int] = frozenset()
        if not item.past_cutoff:
            closed_lanes = frozenset(self._state.closed_lanes | item.refused)
        found = self._found(item, closed_lanes)
        holder = self._state.released.get(_waybill(found) or "")
        if holder in (None, item.passage_id):
            return found
        return verdict(item.gathered(True), self._line, closed_lanes)

    def _found(self, item: Item, closed_lanes: frozenset[int]) -> Verdict:
        """The verdict by the line's own evidence: the one known already while that is the same."""
        gathered, known = item.gathered(False), self._judged.get(item.tracking_id)
        if known is not None and known.gathered == gathered and known.closed_lanes == closed_lanes:
            return known.verdict
        found = verdict(gathered, self._line, closed_lanes)
        self._judged[item.tracking_id] = _Judged(gathered, closed_lanes, found)
        return found

    def _adopt(self, item: Item, found: Verdict, at: datetime) -> Iterator[Action]:
        if item.verdict is None or item.verdict.lane != found.lane:
            item.confirmed = False  # whatever was acknowledged before: another lane may be under way by now
        item.verdict = found
        item.revision += 1
        if found.role is LaneRole.RELEASE:
            self._mark(item, found)
        item.note(at, "decided", None, detail=f"{found.role} {','.join(found.reasons)}")
        yield Report(records.decided(item, found, self._policy_hash, at))
        if ruled := answers.withdrawn(item, found, at):
            yield Report(ruled)
        if not item.flagged and is_for_a_person(found.reasons, item.review):
            item.flagged = True
            yield Flag(item.passage_id)
        if not item.confirmed:
            item.may_leave |= found.role is LaneRole.RELEASE
            yield SetLane(item.epoch, item.tracking_id, found.lane)

    def _mark(self, item: Item, found: Verdict) -> None:
        """Keep in mind which passage holds a waybill's one release; kept until it is seen in another lane."""
        waybill, released = _waybill(found), self._state.released
        if waybill is not None:
            released.pop(waybill, None)
            released[waybill] = item.passage_id
        while len(released) > _MARKS_KEPT:
            del released[next(iter(released))]

    def _unmark(self, item: Item) -> None:
        released = self._state.released
        for waybill in [key for key, holder in released.items() if holder == item.passage_id]:
            del released[waybill]


def _said(found: Verdict) -> tuple[int, tuple[Reason, ...], str | None]:
    return found.lane, found.reasons, _waybill(found)


def _waybill(found: Verdict) -> str | None:
    return found.paper.entry.waybill_key if found.paper is not None else None
