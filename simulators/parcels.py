"""Parcels with their truth: what each one is, what its label shows, what it weighs and where it belongs.

A run of parcels comes from one seed. Most are clean; every other category has its share, so that each way a
parcel can be wrong is met in every run.
"""

from collections.abc import Iterator, Sequence
from itertools import count as numbers
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from config.settings import LaneRole, Line
from simulators.categories import Category, categories, right_role
from simulators.ct.hazards import LEAST_LENGTH_MM, LEAST_WEIGHT_G, Hazard
from simulators.identifiers import serials
from simulators.order import run_order
from simulators.papers import Papers
from simulators.waybills import PaperMaker

FOR_EVER = 99  # trips: a label that no trip makes readable
CHUNK = 1_000  # parcels of an endless stream, in which each odd category …
CHUNK_EACH = 6  # … comes so often: as in a long run

_HAZARDS = {
    Category.IMAGE_ALARM: Hazard.BOTTLE,
    Category.PROHIBITED: Hazard.WEAPON,
    Category.IMPENETRABLE: Hazard.BLOCK,
}


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
    hazard: Hazard = Hazard.NONE  # what is hidden in it


def parcels(line: Line, count: int, seed: int) -> tuple[Parcel, ...]:
    """`count` parcels for a line, the same for the same arguments."""
    random = Random(f"{seed} parcels")  # noqa: S311  a plant, not a secret
    maker = PaperMaker(line.policy, random)
    order, originals = run_order(categories(line), count, random)
    return _made(line, order, originals, 1, maker, random)


def endless(line: Line, seed: int) -> Iterator[Parcel]:
    """Parcels without end, the same for the same arguments: chunks that hold each category's share, numbered
    on and on, no two with the same number on their papers; nothing of a chunk is kept when it is done."""
    random = Random(f"{seed} endless parcels")  # noqa: S311
    maker = PaperMaker(line.policy, random, serials(random))
    for first in numbers(1, CHUNK):
        order, originals = run_order(categories(line), CHUNK, random, each=CHUNK_EACH)
        yield from _made(line, order, originals, first, maker, random)


def _made(
    line: Line,
    order: Sequence[Category],
    originals: dict[int, int],
    first: int,
    maker: PaperMaker,
    random: Random,
) -> tuple[Parcel, ...]:
    """The parcels of those categories, numbered from `first`."""
    scanners = len(line.scanners)
    made = [
        _parcel(number, category, maker, scanners, random) for number, category in enumerate(order, first)
    ]
    return tuple(_with_copies(_with_close_pairs(made, random), originals, random))


def _parcel(number: int, category: Category, maker: PaperMaker, scanners: int, random: Random) -> Parcel:
    hazard = _HAZARDS.get(category, Hazard.NONE)
    length_mm = random.randrange(LEAST_LENGTH_MM.get(hazard, 200), 601)
    weight_g = random.randrange(LEAST_WEIGHT_G.get(hazard, 180), 12_000)
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
        hazard=hazard,
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


def _with_copies(made: list[Parcel], originals: dict[int, int], random: Random) -> list[Parcel]:
    """Give each cloned label the label, and nearly the weight, of its original; both by place, from 0."""
    result = list(made)
    for place, copied in originals.items():
        original = made[copied]
        result[place] = replace(
            made[place],
            faces=original.faces,
            courier=original.courier,
            destination=original.destination,
            weight_g=original.weight_g + random.randrange(-4, 5),
            copy_of=original.number,
        )
    return result
