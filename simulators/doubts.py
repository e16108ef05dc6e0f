"""Which parcels a scan fault touches: those whose own scan a careful line can no longer trust.

The rule. A scan fault is noticed at certain moments, which follow from the site's settings: a scan that
does not come, when it is due (`due_after_ms`); one that is not whole, when it comes or when its time is
over (`complete_within_ms`); one of a wrong item, when it comes, and then the item's own is still missing; a
second one, and a late one, when they come. At such a moment every item that has entered the tunnel and has
not been surely matched with a scan of its own is touched. From then on the line is in doubt, until a scan
comes that could be of no neighbour, because its item's length or weight differs from both; scans before
that touch their item too. When a scan is matched is only known to lie between its sending and the end of
its review, so one that was on its way at such a moment may have been matched before it, and ends no doubt.
A scanner that is out of order touches what is in its tunnel meanwhile, and a wrong id the item it names.
Nothing else is touched: what entered the tunnel after the moment and can be told from its neighbours must
be released.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from config.settings import CtDevice, Policy
from simulators.categories import Category
from simulators.scan_plan import SENT_AFTER_S, TWICE_AFTER_S, ScanMade
from simulators.signals import Item

MATCHED_WITHIN_S = 1.2  # from a scan's sending to the end of its review
_SLACK_S = 0.3  # around a moment
_TELLING = 1.4  # times the site's tolerance apart: both measurements have errors

_MISSED = frozenset({Category.SCAN_MISSING, Category.SCAN_LATE, Category.SCAN_WRONG_ID})

_Span = tuple[float, float]


@dataclass
class Doubts:
    """The doubts of one line; times are the plant's clock, and what falls due falls due by belt travel."""

    ct: CtDevice
    policy: Policy
    speed_mm_s: int
    in_doubt: bool = False
    next_s: float = inf  # when `touched` has something to say again …
    next_mm: float = inf  # … or at which travel
    _doubted_s: float = 0.0  # when a fault was last noticed
    _entered: list[Item] = field(default_factory=list[Item])  # latest last, for neighbours
    _unmatched: dict[Item, _Span | None] = field(
        default_factory=dict[Item, _Span | None]
    )  # → when it will be: from its sending to the end of its review
    _spans: list[_Span] = field(default_factory=list[_Span])
    _dues_mm: list[float] = field(default_factory=list[float])  # travel at which a missing scan is noticed

    def entered(self, item: Item) -> None:
        """An item came into the tunnel."""
        self._unmatched[item] = None
        self._entered = [*self._entered[-8:], item]

    def gone(self, item: Item) -> None:
        """An item is no longer on the belt."""
        self._unmatched.pop(item, None)

    def left(self, item: Item, at_s: float, at_mm: float) -> None:
        """It came out of the tunnel: note when a fault of its scan will be noticed."""
        category = item.parcel.category
        self._note(_noticed(category, at_s, self.ct))
        if category in _MISSED:
            self._miss(at_mm)

    def taken(self, item: Item) -> None:
        """Somebody took it off the belt: unless it was scanned its scan will be missed where it should be."""
        self.gone(item)
        if not item.scanned:
            self._miss(item.front_zero_mm + self.ct.end_mm + item.parcel.length_mm)

    def nameless(self, made: ScanMade) -> None:
        """A scan of an item the controller does not know is on its way."""
        for sending in made.sendings:
            self.came_late(made.at_s + sending.after_s)

    def came_late(self, at_s: float) -> None:
        """A scan comes whose item is past the cut-off."""
        self._note(((at_s, at_s + MATCHED_WITHIN_S),))

    def scanned(self, made: ScanMade) -> None:
        """Its scan is on its way and nothing is wrong with it."""
        sent_s = made.at_s + max(each.after_s for each in made.sendings)
        self._unmatched[made.item] = (sent_s, sent_s + MATCHED_WITHIN_S)
        self.next_s = min(self.next_s, sent_s + MATCHED_WITHIN_S)

    def neighbours(self, item: Item) -> tuple[Item, ...]:
        """The items next to it, as far as they have entered the tunnel."""
        place = self._entered.index(item) if item in self._entered else len(self._entered)
        return tuple(self._entered[max(0, place - 1) : place] + self._entered[place + 1 : place + 2])

    def touched(self, now_s: float, travel_mm: float) -> Iterator[Item]:
        """The items that are touched at this moment."""
        slack_mm = _SLACK_S * self.speed_mm_s
        noticed = any(begin_s - _SLACK_S <= now_s <= end_s + _SLACK_S for begin_s, end_s in self._spans)
        if noticed or any(abs(travel_mm - due_mm) <= slack_mm for due_mm in self._dues_mm):
            self.in_doubt, self._doubted_s = True, now_s
            yield from tuple(self._unmatched)
        self._spans = [span for span in self._spans if now_s <= span[1] + _SLACK_S]
        self._dues_mm = [due_mm for due_mm in self._dues_mm if travel_mm <= due_mm + slack_mm]
        due = [(item, span) for item, span in self._unmatched.items() if span and span[1] <= now_s]
        for item, (sent_s, _) in due:
            del self._unmatched[item]
            if not self.in_doubt:
                continue
            if not self._tells(item):
                yield item
            elif sent_s > self._doubted_s:
                self.in_doubt = False
        moments = [begin_s - _SLACK_S for begin_s, _ in self._spans]
        self.next_s = min(moments + [span[1] for span in self._unmatched.values() if span], default=inf)
        self.next_mm = min(self._dues_mm, default=inf) - slack_mm

    def _note(self, spans: tuple[_Span, ...]) -> None:
        """A fault will be noticed then."""
        self._spans += spans
        self.next_s = min([self.next_s, *(begin_s - _SLACK_S for begin_s, _ in spans)])

    def _miss(self, left_mm: float) -> None:
        """The scan of an item that left the tunnel at that travel, or should have, does not come."""
        due_mm = left_mm + self.speed_mm_s * self.ct.due_after_ms / 1000
        self._dues_mm.append(due_mm)
        self.next_mm = min(self.next_mm, due_mm - _SLACK_S * self.speed_mm_s)

    def _tells(self, item: Item) -> bool:
        """Whether its image could be of neither neighbour."""
        if item.parcel.category is Category.IMPENETRABLE or not _is_measured(item):
            return False
        return all(self._differ(item, other) for other in self.neighbours(item))

    def _differ(self, item: Item, other: Item) -> bool:
        if not _is_measured(other):
            return False
        if abs(item.parcel.length_mm - other.parcel.length_mm) > _TELLING * self.policy.image_length_mm:
            return True
        share_g = self.policy.image_mass_share * other.parcel.weight_g
        apart_g = abs(item.parcel.weight_g - other.parcel.weight_g)
        return apart_g > _TELLING * max(self.policy.image_mass_g, share_g)


def _noticed(category: Category, left_s: float, ct: CtDevice) -> tuple[_Span, ...]:
    """When a fault is noticed of a scan whose item left the tunnel at `left_s`, other than its missing."""
    comes_s = left_s + SENT_AFTER_S
    due_s = left_s + ct.due_after_ms / 1000
    over_s = comes_s + ct.complete_within_ms / 1000
    match category:
        case Category.SCAN_WRONG_ID:
            return ((comes_s, comes_s + MATCHED_WITHIN_S),)
        case Category.SCAN_TWICE:
            again_s = comes_s + TWICE_AFTER_S
            return ((again_s, again_s + MATCHED_WITHIN_S),)
        case Category.SCAN_TRUNCATED:
            return ((comes_s, comes_s + MATCHED_WITHIN_S), (over_s, max(over_s, due_s)))
        case Category.ONE_ENERGY:
            return ((over_s, max(over_s, due_s)),)
        case _:
            return ()


def _is_measured(item: Item) -> bool:
    """Whether its length and weight are surely its own."""
    return not item.disturbed and item.seen_weight_g is not None
