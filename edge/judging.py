"""Verdicts over an item's life: given, revised while that can be carried out, closed by where it went."""

from collections.abc import Iterator
from datetime import datetime

from config.settings import LaneRole, Line
from edge import records
from edge.observations import Action, Report, SetLane
from edge.tracking import Item
from edge.verdict import Verdict, verdict

_MARKS_KEPT = 4096  # releases kept in mind for items already looked up; older ones are found in the journal


class Judging:
    """Judges items by the line's settings, the lanes that are open and the waybills already released.

    Args:
        line: the line's settings.
        policy_hash: SHA-256 of them, written into each verdict.
    """

    def __init__(self, line: Line, policy_hash: str) -> None:
        self._line, self._policy_hash = line, policy_hash
        self._released: dict[str, str] = {}  # waybill key → passage of this run that was, or may be, released
        self.closed_lanes: set[int] = set()

    def decide(self, item: Item, at: datetime) -> Iterator[Action]:
        """The first verdict."""
        yield from self._adopt(item, self._judge(item), at)

    def revise(self, item: Item, at: datetime) -> Iterator[Action]:
        """Judge a decided item again; past the cut-off only the inspection lane is still open to it."""
        if item.verdict is None:
            return
        found = self._judge(item)
        same = (found.lane, found.reasons) == (item.verdict.lane, item.verdict.reasons)
        if same or (item.past_cutoff and found.role is not LaneRole.INSPECT):
            return
        yield from self._adopt(item, found, at)

    def came_too_late(self, item: Item, at: datetime) -> Iterator[Action]:
        """The controller no longer takes the verdict's lane: the record says what it does instead."""
        item.past_cutoff = True
        if item.verdict is not None and item.verdict.role is not LaneRole.INSPECT:
            yield from self._adopt(item, records.undecided(item, self._line), at, command=False)

    def close(self, item: Item, lane: int | None, at: datetime) -> Iterator[Action]:
        """The item was seen in `lane`, or nowhere: then a release it had been given still counts as one."""
        found = item.verdict
        if found is None:
            found = records.undecided(item, self._line)
            yield from self._adopt(item, found, at, command=False)
        closed = records.closed(item, found, lane, self._line, at)
        yield Report(closed)
        if closed.role is LaneRole.RELEASE:
            self._mark(item, found)
            if not closed.as_decided:
                yield Report(records.released_without_order(closed))
        elif lane is not None:
            self._unmark(item)

    def _judge(self, item: Item) -> Verdict:
        closed_lanes = frozenset(self.closed_lanes)
        found = verdict(item.gathered(False), self._line, closed_lanes)
        holder = self._released.get(_waybill(found) or "")
        if holder in (None, item.passage_id):
            return found
        return verdict(item.gathered(True), self._line, closed_lanes)

    def _adopt(self, item: Item, found: Verdict, at: datetime, command: bool = True) -> Iterator[Action]:
        item.verdict = found
        item.revision += 1
        if found.role is LaneRole.RELEASE:
            self._mark(item, found)
        item.note(at, "decided", None, detail=f"{found.role} {','.join(found.reasons)}")
        yield Report(records.decided(item, found, self._policy_hash, at))
        if command and item.confirmed_lane != found.lane:
            yield SetLane(item.epoch, item.tracking_id, found.lane)

    def _mark(self, item: Item, found: Verdict) -> None:
        """Keep in mind which passage holds a waybill's one release; kept until it is seen in another lane."""
        waybill = _waybill(found)
        if waybill is not None:
            self._released[waybill] = item.passage_id
        while len(self._released) > _MARKS_KEPT:
            del self._released[next(iter(self._released))]

    def _unmark(self, item: Item) -> None:
        for waybill in [key for key, holder in self._released.items() if holder == item.passage_id]:
            del self._released[waybill]


def _waybill(found: Verdict) -> str | None:
    return found.paper.entry.waybill_key if found.paper is not None else None
