"""Whether what a category says of a scan really came about: a fault that did not happen proves nothing."""

from simulators.categories import Category
from simulators.fates import Trip

_APART_MS = 1_000


def occurred(category: Category, trip: Trip, energies: tuple[str, ...]) -> bool:
    """Whether the scan of a parcel of that category went the way the category says."""
    sent = trip.scanned
    match category:
        case Category.CT_FAULT | Category.CT_BYPASS:
            return trip.unscanned and not sent
        case Category.SCAN_MISSING:
            return not sent and not trip.unscanned
        case Category.SCAN_TWICE:
            return len({each.scan for each in sent if each.delivered}) > 1
        case Category.SCAN_LATE:
            arrived_ms = [each.time_ms for each in sent if each.delivered]
            return bool(arrived_ms) and trip.cutoff_ms is not None and min(arrived_ms) > trip.cutoff_ms
        case Category.SCAN_WRONG_ID:
            return any(each.delivered and not each.own_id for each in sent)
        case Category.SCAN_TRUNCATED:
            return any(not each.whole for each in sent)
        case Category.ONE_ENERGY:
            return {each.energy for each in sent if each.delivered} < set(energies) and bool(sent)
        case Category.ENERGIES_APART:
            times_ms = [each.time_ms for each in sent]
            whole = trip.image_ms(energies) is not None
            return whole and max(times_ms) - min(times_ms) > _APART_MS
        case Category.IMAGE_ALARM | Category.PROHIBITED | Category.IMPENETRABLE:
            return trip.image_ms(energies) is not None
        case _:
            return True
