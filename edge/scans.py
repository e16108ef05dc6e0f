"""Whose CT image is it? Joins scans to items; when one goes wrong, doubts everything in the tunnel.

A scan is an item's only if the machine names it (or the order does), it was in the tunnel at that moment, and
its length and mass in the image agree with eye and scale. After any doubt all items in the tunnel are
exceptions, until a scan agrees with its own item and with neither of the neighbours. Pure.
"""

from collections.abc import Iterator
from datetime import datetime
from math import inf

from msgspec.structs import replace

from config.settings import CtDevice, Line, Policy
from devices.interfaces import CtState
from edge.belt_clock import travelled_mm
from edge.messages import ScanDoubt
from edge.observations import ScanArrived, ScanReviewed
from edge.state import Item, State
from models.findings import ImageException, Outcome, Review

# Of such an image length and mass say nothing about whose it is.
_NOT_MEASURABLE = frozenset(
    {
        ImageException.IMPENETRABLE,
        ImageException.CUT_OFF,
        ImageException.OUT_OF_RANGE,
        ImageException.UNREADABLE,
        ImageException.NOT_REVIEWED,
    }
)
# Of equal goods no image tells its item from the neighbours. So many in a row that agree in name, time,
# length and mass end a doubt too; they are inspected themselves.
_AGREED_TO_TRUST = 5
_SPANS_KEPT = 64
_MOST_FINDINGS = 200  # of one image; they stand in every record of its passage


class Scans:
    """Changes a line's items by what its CT scanner says.

    Args:
        line: one with a CT scanner, `ct`.
        state: the line's.
    """

    def __init__(self, line: Line, ct: CtDevice, state: State) -> None:
        self._line, self._ct, self._state = line, ct, state

    def has(self, scan: ScanArrived) -> bool:
        """Whether an item has it: what a killed agent may not have written down is announced again."""
        same = (scan.scan_id, scan.volumes)
        held = (item.scan for item in self._state.items.values() if item.scan is not None)
        return scan.complete and any((each.scan_id, each.volumes) == same for each in held)

    def arrived(self, scan: ScanArrived, at: datetime) -> Item | None:
        """Join a scan to its item; None: it has none here."""
        item = self._named(scan) if self._ct.names_items else self._in_the_tunnel(scan)
        if item is None:
            for each in self._state.items.values():
                if self._in_window(each, scan):  # it may be its second, or its first its neighbour's
                    each.scan_doubts.add(ScanDoubt.UNKNOWN_ITEM)
                    each.scan_agrees = False
            self._doubt_tunnel(scan.encoder_mm, at)
            return None
        item.note(at, "scanned", scan.middle_mm, scan.device)
        if item.scan is not None:
            self._doubt(item, ScanDoubt.DOUBLE, scan.encoder_mm, at)
            return item
        item.scan = scan
        if not self._ct.names_items:
            self._note_skipped(item, scan.encoder_mm, at)
        if ScanDoubt.MISSING in item.scan_doubts:  # the tunnel was doubted when it was found missing
            item.scan_doubts.add(ScanDoubt.LATE)
        elif not scan.complete:
            self._doubt(item, ScanDoubt.INCOMPLETE, scan.encoder_mm, at)
        elif not self._in_window(item, scan):
            self._doubt(item, ScanDoubt.OUT_OF_WINDOW, scan.encoder_mm, at)
        return item

    def reviewed(self, done: ScanReviewed, at: datetime) -> Item | None:
        """Take a review in and compare the image with what eye and scale say of its item."""
        item = next((each for each in self._state.items.values() if _waits_for(each, done)), None)
        if item is None:
            return None
        review = item.review = _gravest(done.review)
        item.note(at, "reviewed", None, detail=f"{review.outcome} {review.exception or ''}".strip())
        if review.exception in _NOT_MEASURABLE:
            return item
        if not _is_measured(item, self._line):  # its own trouble, which forbids a release by itself
            item.scan_doubts.add(ScanDoubt.NOT_TELLING)
            return item
        wrong = tuple(_disagreements(review, item, self._line))
        for doubt in wrong:
            self._doubt(item, doubt, done.encoder_mm, at)
        if wrong:
            mismatch = ImageException.MISMATCH
            item.review = replace(review, outcome=Outcome.EXCEPTION, exception=review.exception or mismatch)
        elif item.scan_doubts <= {ScanDoubt.TUNNEL_DOUBTFUL}:
            self._agreed(item, review)
        return item

    def overdue(self, item: Item, encoder_mm: int, at: datetime) -> bool:
        """Its scan should have come by now; whether it is missing."""
        item.scan_awaited = False
        missing = item.scan is None and not item.unscanned
        if missing:
            item.note(at, "scan_missing", encoder_mm, self._ct.name)
            self._doubt(item, ScanDoubt.MISSING, encoder_mm, at)
        return missing

    def ct_is(self, ct_state: int, encoder_mm: int) -> None:
        """The scanner's state from this travel of the belt on; one that is not known counts as a fault."""
        spans = self._state.ct_down
        down = bool(spans) and spans[-1][1] is None
        if ct_state == CtState.READY:
            if down:
                spans[-1] = (spans[-1][0], encoder_mm)
        elif not down:
            spans.append((encoder_mm, None))
            del spans[:-_SPANS_KEPT]
        elif travelled_mm(encoder_mm, spans[-1][0]) > 0:  # the status said so first, the ring says since when
            spans[-1] = (encoder_mm, None)

    def look(self, encoder_mm: int) -> None:
        """Note which items were in the tunnel while the scanner was not ready."""
        self._forget_spans()
        for item in self._state.items.values() if self._state.ct_down else ():
            if item.unscanned or not self._has_entered(item, encoder_mm):
                continue
            length_mm = item.length_mm or self._line.belt.longest_item_mm
            entry_mm = item.zero_mm + self._ct.position_mm
            exit_mm = item.zero_mm + self._ct.end_mm + length_mm
            item.unscanned = any(
                travelled_mm(began_mm, exit_mm) >= 0
                and (ended_mm is None or travelled_mm(entry_mm, ended_mm) >= 0)
                for began_mm, ended_mm in self._state.ct_down
            )

    def _forget_spans(self) -> None:
        """Those that were over before any of the items came to the tunnel say nothing any more."""
        spans = self._state.ct_down
        while spans and (ended_mm := spans[0][1]) is not None:
            if any(
                travelled_mm(item.zero_mm + self._ct.position_mm, ended_mm) >= 0
                for item in self._state.items.values()
            ):
                return
            del spans[0]

    def _named(self, scan: ScanArrived) -> Item | None:
        """The item the scan says it is of."""
        of_this_boot = scan.epoch in (None, self._state.epoch)
        return self._state.items.get(scan.tracking_id or 0) if of_this_boot else None

    def _in_the_tunnel(self, scan: ScanArrived) -> Item | None:
        """The item that was nearest to the tunnel's middle at the middle of the acquisition."""
        fits = [item for item in self._state.items.values() if self._in_window(item, scan)]
        return min(fits, key=lambda item: self._off_mm(item, scan), default=None)

    def _note_skipped(self, item: Item, encoder_mm: int, at: datetime) -> None:
        """By order it was the turn of those before it that still wait."""
        for other in self._state.items.values():
            if other is item:
                return
            if other.scan_awaited:
                self.overdue(other, encoder_mm, at)

    def _has_entered(self, item: Item, encoder_mm: int) -> bool:
        return item.front_mm(encoder_mm) >= self._ct.position_mm

    def _in_window(self, item: Item, scan: ScanArrived) -> bool:
        """Whether its middle was near the tunnel's at the middle of the acquisition."""
        return self._off_mm(item, scan) <= self._ct.window_mm

    def _off_mm(self, item: Item, scan: ScanArrived) -> float:
        if scan.middle_mm is None or item.length_mm is None:
            return inf
        return abs(item.front_mm(scan.middle_mm) - item.length_mm / 2 - self._ct.middle_mm)

    def _doubt(self, item: Item, doubt: ScanDoubt, encoder_mm: int, at: datetime) -> None:
        item.scan_doubts.add(doubt)
        item.scan_agrees = False
        self._doubt_tunnel(encoder_mm, at)

    def _doubt_tunnel(self, encoder_mm: int, at: datetime) -> None:
        """Every item in the tunnel, or past it and not surely matched, is an exception."""
        self._state.tunnel_doubtful, self._state.agreed_in_doubt = True, 0
        for item in self._state.items.values():
            if item.scan_agrees or item.past_cutoff or not self._has_entered(item, encoder_mm):
                continue
            if ScanDoubt.TUNNEL_DOUBTFUL not in item.scan_doubts:
                item.scan_doubts.add(ScanDoubt.TUNNEL_DOUBTFUL)
                item.note(at, "tunnel_doubtful", encoder_mm, self._ct.name)

    def _agreed(self, item: Item, review: Review) -> None:
        """The image is this item's; in doubt that counts only if it could not be a neighbour's."""
        if self._state.tunnel_doubtful:
            if any(not _differs(review, each, self._line) for each in self._neighbours(item)):
                item.scan_doubts.add(ScanDoubt.NOT_TELLING)
                self._state.agreed_in_doubt += 1
                enough = self._ct.names_items and self._state.agreed_in_doubt >= _AGREED_TO_TRUST
                self._state.tunnel_doubtful = not enough
                return
            self._state.tunnel_doubtful = False
        item.scan_agrees = not item.scan_doubts

    def _neighbours(self, item: Item) -> Iterator[Item]:
        for tracking_id in (item.tracking_id - 1, item.tracking_id + 1):
            if other := self._state.items.get(tracking_id):
                yield other


def _waits_for(item: Item, done: ScanReviewed) -> bool:
    """A study's name alone would not do: a scanner may give it to two items."""
    if item.review is not None or item.scan is None:
        return False
    return (item.passage_id, item.scan.scan_id) == (done.passage_id, done.scan_id)


def _gravest(review: Review) -> Review:
    """One that contradicts itself counts as the worst that it says; one that finds no end is none."""
    if len(review.findings) > _MOST_FINDINGS:
        exception = review.exception or ImageException.OUT_OF_RANGE
        review = replace(review, findings=review.findings[:_MOST_FINDINGS], exception=exception)
    if review.exception is not None:
        return replace(review, outcome=Outcome.EXCEPTION)
    if review.findings and review.outcome is Outcome.CLEAR:
        return replace(review, outcome=Outcome.ALARM)
    return review


def _disagreements(review: Review, item: Item, line: Line) -> Iterator[ScanDoubt]:
    """Where image and item differ; what cannot be measured differs."""
    if not _length_agrees(review.length_mm, item.length_mm, line.policy):
        yield ScanDoubt.LENGTH_DIFFERS
    if line.scale is not None and not _mass_agrees(review.mass_g, item.weight_g, line.policy):
        yield ScanDoubt.MASS_DIFFERS


def _differs(review: Review, other: Item, line: Line) -> bool:
    """Whether the image is surely not another item's: one that is not measured could be it."""
    return _is_measured(other, line) and any(_disagreements(review, other, line))


def _is_measured(item: Item, line: Line) -> bool:
    """Whether length and weight are surely its own: of an item in doubt they may be its neighbour's too."""
    if item.doubts:
        return False
    return item.length_mm is not None and (line.scale is None or item.weight_g is not None)


def _length_agrees(image_mm: float | None, eye_mm: int | None, policy: Policy) -> bool:
    return image_mm is not None and eye_mm is not None and abs(image_mm - eye_mm) <= policy.image_length_mm


def _mass_agrees(image_g: float | None, scale_g: float | None, policy: Policy) -> bool:
    if image_g is None or scale_g is None:
        return False
    return abs(image_g - scale_g) <= max(policy.image_mass_g, policy.image_mass_share * scale_g)
