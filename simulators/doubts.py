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

from config.settings import CtDevice, Policy
from simulators.belt import Item
from simulators.categories import Category
from simulators.scan_plan import SENT_AFTER_S, TWICE_AFTER_S, ScanMade

MATCHED_WITHIN_S = 1.2  # from a scan's sending to the end of its review
_SLACK_S = 0.3  # around a moment
_TELLING = 1.4  # times the site's tolerance apart: both measurements have errors

_Span = tuple[float, float]


@dataclass
class Doubts:
    """The doubts of one line; times are the plant's clock."""

    ct: CtDevice
    policy: Policy
    in_doubt: bool = False
    _doubted_s: float = 0.0  # when a fault was last noticed
    _entered: list[Item] = field(default_factory=list[Item])  # latest last, for neighbours
    _unmatched: dict[Item, _Span | None] = field(
        default_factory=dict[Item, _Span | None]
    )  # → when it will be: from its sending to the end of its review
    _spans: list[_Span] = field(default_factory=list[_Span])

    def entered(self, item: Item) -> None:
        """An item came into the tunnel."""
        self._unmatched[item] = None
        self._entered = [*self._entered[-8:], item]

    def gone(self, item: Item) -> None:
        """An item is no longer on the belt."""
        self._unmatched.pop(item, None)

    def left(self, item: Item, at_s: float) -> None:
        """It came out of the tunnel: note when a fault of its scan will be noticed."""
        self._spans += _noticed(item.parcel.category, at_s, self.ct)

    def came_late(self, at_s: float) -> None:
        """A scan comes whose item is past the cut-off."""
        self._spans.append((at_s, at_s + MATCHED_WITHIN_S))

    def scanned(self, made: ScanMade) -> None:
        """Its scan is on its way and nothing is wrong with it."""
        sent_s = made.at_s + max(each.after_s for each in made.sendings)
        self._unmatched[made.item] = (sent_s, sent_s + MATCHED_WITHIN_S)

    def neighbours(self, item: Item) -> tuple[Item, ...]:
        """The items next to it, as far as they have entered the tunnel."""
        place = self._entered.index(item) if item in self._entered else len(self._entered)
        return tuple(self._entered[max(0, place - 1) : place] + self._entered[place + 1 : place + 2])

    def touched(self, now_s: float) -> Iterator[Item]:
        """The items that are touched at this moment."""
        if any(begin_s - _SLACK_S <= now_s <= end_s + _SLACK_S for begin_s, end_s in self._spans):
            self.in_doubt, self._doubted_s = True, now_s
            yield from tuple(self._unmatched)
        self._spans = [span for span in self._spans if now_s <= span[1] + _SLACK_S]
        due = [(item, span) for item, span in self._unmatched.items() if span and span[1] <= now_s]
        for item, (sent_s, _) in due:
            del self._unmatched[item]
            if not self.in_doubt:
                continue
            if not self._tells(item):
                yield item
            elif sent_s > self._doubted_s:
                self.in_doubt = False

    def _tells(self, item: Item) -> bool:
        """Whether its image could be of neither neighbour."""
        if item.parcel.category is Category.IMPENETRABLE or item.seen_weight_g is None:
            return False
        return all(self._differ(item, other) for other in self.neighbours(item))

    def _differ(self, item: Item, other: Item) -> bool:
        if other.seen_weight_g is None:
            return False
        if abs(item.parcel.length_mm - other.parcel.length_mm) > _TELLING * self.policy.image_length_mm:
            return True
        share_g = self.policy.image_mass_share * other.parcel.weight_g
        apart_g = abs(item.parcel.weight_g - other.parcel.weight_g)
        return apart_g > _TELLING * max(self.policy.image_mass_g, share_g)


def _noticed(category: Category, left_s: float, ct: CtDevice) -> tuple[_Span, ...]:
    """When a fault is noticed of a scan whose item left the tunnel at `left_s`."""
    comes_s = left_s + SENT_AFTER_S
    due_s = left_s + ct.due_after_ms / 1000
    over_s = comes_s + ct.complete_within_ms / 1000
    match category:
        case Category.SCAN_MISSING | Category.SCAN_LATE:
            return ((due_s, due_s),)
        case Category.SCAN_WRONG_ID:
            return ((comes_s, comes_s + MATCHED_WITHIN_S), (due_s, due_s))
        case Category.SCAN_TWICE:
            again_s = comes_s + TWICE_AFTER_S
            return ((again_s, again_s + MATCHED_WITHIN_S),)
        case Category.SCAN_TRUNCATED:
            return ((comes_s, comes_s + MATCHED_WITHIN_S), (over_s, max(over_s, due_s)))
        case Category.ONE_ENERGY:
            return ((over_s, max(over_s, due_s)),)
        case _:
            return ()
