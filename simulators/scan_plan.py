"""What the CT scanner sends of an item once it has scanned it, and what goes wrong with that."""

from msgspec import Struct

from simulators.categories import Category
from simulators.signals import Item

SENT_AFTER_S = 0.8  # from the item's leaving the tunnel: the image is computed
TWICE_AFTER_S = 0.5  # the second scan of an item after the first
APART_S = 1.9  # between the energies sent apart: longer than the pitch of the belt


class Sending(Struct, frozen=True):
    """What is sent in one association. Another scan number is another scan, as far as anybody can tell."""

    energies: tuple[str, ...]
    after_s: float = SENT_AFTER_S
    scan: int = 1
    cut: bool = False  # its last object breaks off


class ScanMade(Struct, frozen=True):
    """An item was scanned; times are the plant's clock.

    `ooi_id` is what the objects will say whose image it is; `own_id` whether that is true.
    """

    item: Item
    epoch: int  # what the controller calls the item
    tracking_id: int
    ooi_id: str
    own_id: bool
    began_s: float  # of the acquisition
    ended_s: float
    at_s: float  # from when `after_s` counts
    sendings: tuple[Sending, ...]


def sendings(category: Category, energies: tuple[str, ...]) -> tuple[Sending, ...]:
    """What is sent of a parcel of that category by a scanner of those energies."""
    whole = Sending(energies)
    match category:
        case Category.SCAN_MISSING:
            return ()
        case Category.SCAN_TWICE:
            return (whole, Sending(energies, SENT_AFTER_S + TWICE_AFTER_S, scan=2))
        case Category.SCAN_LATE:
            return (Sending(energies, 0.0),)
        case Category.SCAN_TRUNCATED:
            return (Sending(energies, cut=True),)
        case Category.ONE_ENERGY:
            return (Sending(energies[:1]),)
        case Category.ENERGIES_APART if len(energies) > 1:
            first, *others = energies
            return (Sending((first,)), Sending(tuple(others), SENT_AFTER_S + APART_S))
        case _:
            return (whole,)
