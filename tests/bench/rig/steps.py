"""What a trial's notes say of its items: latencies, misses and outcomes; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from tests.bench.rig.marks import Heard, Mark, What


class Steps(Struct, frozen=True):
    """The items inducted in a span. Times in ms; `reported` misses what was not heard."""

    items: int
    accepted_ms: tuple[float, ...]  # deciding eye's event in the ring → lane command accepted
    commanded_ms: tuple[float, ...]  # the same → command written by the agent
    reported_ms: tuple[float, ...]  # event of the lane in the ring → its record heard at the broker
    late: int  # passed the release cut-off without an accepted command
    diverted: int
    released: int  # of those diverted
    missed: int  # diverted and never heard of
    reasons: dict[str, int]  # of the verdicts that were no release


def steps(
    marks: Iterable[Mark], heard: Iterable[Heard], release_lanes: frozenset[int], begin_s: float, end_s: float
) -> Steps:
    """The steps of the items inducted in [begin, end)."""
    first: dict[What, dict[int, Mark]] = {what: {} for what in What}
    for mark in marks:
        first[mark.what].setdefault(mark.tracking_id, mark)
    inducted = [each for each, mark in first[What.INDUCTED].items() if begin_s <= mark.at_s < end_s]
    due, accepted, latched = first[What.DUE], first[What.ACCEPTED], first[What.LATCHED]
    diverted = [each for each in inducted if each in first[What.DIVERTED]]
    records: dict[int, float] = {}
    judged: dict[int, tuple[str, ...]] = {}
    for each in heard:
        if each.judged:
            judged[each.judged] = each.reasons
        if each.first and each.first == each.last:
            records.setdefault(each.first, each.at_s)
    return Steps(
        items=len(inducted),
        accepted_ms=_spans_ms(inducted, due, {each: mark.at_s for each, mark in accepted.items()}),
        commanded_ms=_spans_ms(
            inducted, due, {each: mark.at_s for each, mark in first[What.COMMANDED].items()}
        ),
        reported_ms=_spans_ms(diverted, first[What.DIVERTED], records),
        late=sum(1 for each in inducted if each in latched and not _in_time(accepted, latched, each)),
        diverted=len(diverted),
        released=sum(1 for each in diverted if first[What.DIVERTED][each].lane in release_lanes),
        missed=sum(1 for each in diverted if each not in records),
        reasons=dict(Counter(reason for each in inducted for reason in judged.get(each, ()))),
    )


def lost(marks: Iterable[Mark], heard: Iterable[Heard]) -> list[int]:
    """Inducted items with neither a record of their own nor a place in a gap record."""
    found = accounted(heard)
    return [
        mark.tracking_id for mark in marks if mark.what is What.INDUCTED and mark.tracking_id not in found
    ]


def accounted(heard: Iterable[Heard]) -> set[int]:
    """Tracking ids with a record of their own or inside a gap record."""
    return {number for each in heard if each.last for number in range(each.first, each.last + 1)}


def first_after(at_s: Iterable[float], after_s: float) -> float:
    """How long after a moment the first of some later ones came; inf if none did."""
    return min((each for each in at_s if each >= after_s), default=float("inf")) - after_s


def _spans_ms(items: Sequence[int], begun: dict[int, Mark], ended_s: dict[int, float]) -> tuple[float, ...]:
    return tuple(
        1000 * (ended_s[each] - begun[each].at_s) for each in items if each in begun and each in ended_s
    )


def _in_time(accepted: dict[int, Mark], latched: dict[int, Mark], item: int) -> bool:
    return item in accepted and accepted[item].at_s <= latched[item].at_s
