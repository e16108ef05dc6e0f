"""In which order the categories of a run come: shuffled, each in its share, pairs and clusters whole."""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from simulators.categories import OUT_OF_ORDER, SCAN_FAULTS, Category

LEAST = 10  # parcels of each odd category in a run of 300 or more

_LEAST_PER = 30  # … and one in so many in a shorter run
_SHARE = 0.006  # … and this share of a long one
_SHOWN = 4  # times as often in a long one come those that an officer is to look at: it is a demonstration
_FOR_AN_OFFICER = frozenset({Category.IMAGE_ALARM, Category.PROHIBITED, Category.REVIEW})
_CLONE_AFTER = (5, 40)  # parcels between a label and its copy
_CLUSTER = (3, 5)  # scan faults in a row: a scanner that is out of order spoils more than one scan
_TRIES = 200


def odd_count(count: int) -> int:
    """How many parcels of each odd category a run of `count` holds (pairs: rounded up to even)."""
    return max(min(LEAST, count // _LEAST_PER), round(count * _SHARE))


def run_order(
    categories: Sequence[Category], count: int, random: Random, *, each: int | None = None
) -> tuple[list[Category], dict[int, int]]:
    """The categories of a run, one a parcel, and for the place of each copied label that of its original.

    `each`: how many there are of an odd category, and four times as many of those for an officer; without it
    `odd_count`. An original is clean, 5 to 40 parcels before its copy, and has no other. Places count from 0.
    ValueError if no order was found in which every copy has one.
    """
    if each is None:
        each = odd_count(count)
        shown = _SHOWN * each if each > LEAST else each
    else:
        shown = _SHOWN * each
    for _ in range(_TRIES):
        order = _shuffled(categories, count, each, shown, random)
        originals = _originals(order, random)
        if len(originals) == order.count(Category.CLONED_LABEL):
            return order, originals
    raise ValueError(f"{count} parcels: too few clean ones to copy their labels")


def _originals(order: Sequence[Category], random: Random) -> dict[int, int]:
    nearest, farthest = _CLONE_AFTER
    taken: dict[int, int] = {}
    for place, category in enumerate(order):
        if category is not Category.CLONED_LABEL:
            continue
        window = range(max(0, place - farthest), max(0, place - nearest + 1))
        free = [at for at in window if order[at] is Category.CLEAN and at not in taken.values()]
        if free:
            taken[place] = random.choice(free)
    return taken


def _shuffled(
    categories: Sequence[Category], count: int, each: int, shown: int, random: Random
) -> list[Category]:
    units = [[Category.TOO_CLOSE] * 2 for _ in range((each + 1) // 2)]
    units += _clusters([fault for fault in categories if fault in SCAN_FAULTS for _ in range(each)], random)
    apart = SCAN_FAULTS | {Category.CLEAN, Category.TOO_CLOSE, Category.CLONED_LABEL}
    for category in categories:
        if category not in apart:
            units += [[category]] * (shown if category in _FOR_AN_OFFICER else each)
    units += [[Category.CLEAN]] * max(0, count - sum(map(len, units)) - each)
    random.shuffle(units)
    order = [category for unit in units for category in unit]
    for _ in range(each):
        _insert_copy(order, random)
    return order[:count]


def _clusters(faults: list[Category], random: Random) -> list[list[Category]]:
    """Scan faults in runs of a few.

    Late ones keep together: they disturb a second time when they come. So do those for which the scanner is
    out of order, between clean ones: whatever else is in the tunnel then is not scanned, and no other fault
    could happen to it.
    """
    late = [fault for fault in faults if fault is Category.SCAN_LATE]
    out_of_order = [fault for fault in faults if fault in OUT_OF_ORDER]
    others = [fault for fault in faults if fault is not Category.SCAN_LATE and fault not in OUT_OF_ORDER]
    for each in (out_of_order, others):
        random.shuffle(each)
    apart = ([Category.CLEAN, *run, Category.CLEAN] for run in _in_runs(out_of_order, random))
    return [*_in_runs(late, random), *apart, *_in_runs(others, random)]


def _in_runs(faults: list[Category], random: Random) -> Iterator[list[Category]]:
    left = iter(faults)
    while run := list(islice(left, random.randint(*_CLUSTER))):
        yield run


def _insert_copy(order: list[Category], random: Random) -> None:
    """Put a cloned label anywhere but between the two of a close pair or into a run of scan faults."""
    while True:
        place = random.randrange(min(_CLONE_AFTER[1], len(order)), len(order) + 1)
        before, after = order[place - 1 : place], order[place : place + 1]
        inside_pair = before == after == [Category.TOO_CLOSE]
        inside_run = SCAN_FAULTS.issuperset(before) and SCAN_FAULTS.issuperset(after) and before and after
        if not (inside_pair or inside_run):
            order.insert(place, Category.CLONED_LABEL)
            return
