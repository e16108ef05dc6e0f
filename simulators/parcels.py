"""Parcels with their truth: what each one is, what its label shows, what it weighs and where it belongs.

A run of parcels comes from one seed. Most are clean; every other category has its share, so that each way a
parcel can be wrong is met in every run.
"""

from random import Random

from msgspec import Struct
from msgspec.structs import replace

from config.settings import LaneRole, Line
from simulators.categories import ODD_CATEGORIES, Category, right_role
from simulators.papers import Papers
from simulators.waybills import PaperMaker

FOR_EVER = 99  # trips: a label that no trip makes readable

_LEAST = 12  # parcels of each odd category in a run of 300 or more
_LEAST_PER = 25  # … and one in so many in a shorter run
_SHARE = 0.012  # … and this share of a long one
_CLONE_AFTER = (5, 40)  # parcels between a label and its copy


class Parcel(Struct, frozen=True):
    """One thing on the belt. `faces`: the codes each scanner of the line can see on it, in their order."""

    number: int  # place in the stream, from 1
    category: Category
    right: LaneRole
    courier: str
    destination: str
    weight_g: int
    length_mm: int
    faces: tuple[tuple[str, ...], ...]
    papers: Papers
    unread_trips: int = 0  # its first trips on which no scanner reads it
    gap_ahead_mm: int | None = None  # put this close behind the parcel before it; None: the usual pitch
    copy_of: int | None = None  # the parcel whose label it carries


def parcels(line: Line, count: int, seed: int) -> tuple[Parcel, ...]:
    """`count` parcels for a line, the same for the same arguments."""
    random = Random(f"{seed} parcels")  # noqa: S311  a plant, not a secret
    maker = PaperMaker(line.policy, random)
    made = [
        _parcel(number, category, maker, len(line.scanners), random)
        for number, category in enumerate(_order(count, random), start=1)
    ]
    return tuple(_with_copies(_with_close_pairs(made, random), random))


def odd_count(count: int) -> int:
    """How many parcels of each odd category a run of `count` holds (pairs: rounded up to even)."""
    return max(min(_LEAST, count // _LEAST_PER), round(count * _SHARE))


def _order(count: int, random: Random) -> list[Category]:
    """The categories, shuffled; close pairs stay side by side, copies have originals before them."""
    each = odd_count(count)
    units: list[list[Category]] = [[Category.TOO_CLOSE] * 2 for _ in range((each + 1) // 2)]
    units += [
        [category]
        for category in ODD_CATEGORIES
        if category not in (Category.TOO_CLOSE, Category.CLONED_LABEL)
        for _ in range(each)
    ]
    clean = max(0, count - sum(map(len, units)) - each)
    units += [[Category.CLEAN]] * clean
    random.shuffle(units)
    order = [category for unit in units for category in unit]
    for _ in range(each):
        _insert_copy(order, random)
    return order[:count]


def _insert_copy(order: list[Category], random: Random) -> None:
    """Put a cloned label anywhere but between the two of a close pair."""
    while True:
        place = random.randrange(min(_CLONE_AFTER[1], len(order)), len(order) + 1)
        inside_pair = order[place - 1 : place + 1] == [Category.TOO_CLOSE] * 2
        if not inside_pair:
            order.insert(place, Category.CLONED_LABEL)
            return


def _parcel(number: int, category: Category, maker: PaperMaker, scanners: int, random: Random) -> Parcel:
    length_mm = random.randrange(200, 601)
    weight_g = random.randrange(180, 12_000)
    papers, label = maker.papers(category, weight_g)
    waybill = papers.waybills[0] if papers.waybills else None
    return Parcel(
        number=number,
        category=category,
        right=right_role(category),
        courier=waybill.courier if waybill else "",
        destination=waybill.destination if waybill else "",
        weight_g=weight_g,
        length_mm=length_mm,
        faces=_faces(category, label, scanners, random),
        papers=papers,
        unread_trips={Category.NO_READ: FOR_EVER, Category.RECIRCULATION: 1}.get(category, 0),
    )


def _faces(
    category: Category, label: tuple[str, ...], scanners: int, random: Random
) -> tuple[tuple[str, ...], ...]:
    """Who sees the label: usually all, else one; two labels may lie on different sides."""
    if scanners > 1 and category is Category.CODE_CONFLICT and random.random() < 0.5:
        first = random.randrange(scanners)
        return tuple(label[:1] if scanner == first else label[1:] for scanner in range(scanners))
    if random.random() < 0.75:
        return (label,) * scanners
    sole = random.randrange(scanners)
    return tuple(label if scanner == sole else () for scanner in range(scanners))


def _with_close_pairs(made: list[Parcel], random: Random) -> list[Parcel]:
    """Let the second of each close pair follow at 40 to 200 mm."""
    result: list[Parcel] = []
    second = False
    for parcel in made:
        close = parcel.category is Category.TOO_CLOSE
        result.append(replace(parcel, gap_ahead_mm=random.randrange(40, 201)) if close and second else parcel)
        second = close and not second
    return result


def _with_copies(made: list[Parcel], random: Random) -> list[Parcel]:
    """Give each cloned label the label, and nearly the weight, of a clean parcel 5 to 40 before it."""
    nearest, farthest = _CLONE_AFTER
    taken: set[int] = set()
    result = list(made)
    for place, parcel in enumerate(made):
        if parcel.category is not Category.CLONED_LABEL:
            continue
        window = made[max(0, place - farthest) : max(0, place - nearest + 1)]
        originals = [p for p in window if p.category is Category.CLEAN and p.number not in taken]
        if not originals:
            raise ValueError(f"parcel {parcel.number}: no clean parcel before it whose label could be copied")
        original = random.choice(originals)
        taken.add(original.number)
        result[place] = replace(
            parcel,
            faces=original.faces,
            courier=original.courier,
            destination=original.destination,
            weight_g=original.weight_g + random.randrange(-4, 5),
            copy_of=original.number,
        )
    return result
