"""What a trial's notes say of the items of a line with CT: scanned, reviewed, in time, on record; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from tests.bench.rig.marks import Heard, Mark, Stored, What
from tests.bench.rig.steps import Steps, steps

FILES = frozenset({"volume-low", "volume-high", "report", "still", "clip"})  # that a passage leaves
_OBJECTS = 2  # of one scan
_PENDING = "image_pending"  # the reason of a verdict without a review


class Seen(Struct, frozen=True):
    """The items inducted in a span. Times in ms."""

    steps: Steps
    scanned: int  # all objects of its image were taken
    reviewed: int  # its last verdict rests on a review
    past_cutoff: int  # scanned, and the review did not come before the cut-off
    complete: int  # all its files are on record
    to_lane_ms: tuple[float, ...]  # last byte of the image → release lane acknowledged
    review_ms: tuple[float, ...]  # the reviewer's own time
    store_ms: tuple[float, ...]  # of the images handed over in the span
    outcomes: dict[str, int]  # of the scans in the last verdicts


def seen(
    marks: Sequence[Mark],
    heard: Sequence[Heard],
    stored: Iterable[Stored],
    release_lanes: frozenset[int],
    begin_s: float,
    end_s: float,
) -> Seen:
    """What became of the items inducted in [begin, end)."""
    items = [m.tracking_id for m in marks if m.what is What.INDUCTED and begin_s <= m.at_s < end_s]
    last_byte_s = _last_bytes(marks)
    verdicts = {each.judged: each for each in heard if each.judged}
    files: dict[int, set[str]] = {}
    for each in heard:
        if each.filed:
            files.setdefault(each.filed, set()).add(each.file)
    judged = [verdicts[item] for item in items if item in verdicts]
    reviews = [verdict for verdict in judged if verdict.reviewed]
    scanned = [item for item in items if item in last_byte_s]
    return Seen(
        steps=steps(marks, heard, release_lanes, begin_s, end_s),
        scanned=len(scanned),
        reviewed=len(reviews),
        past_cutoff=sum(1 for item in scanned if item in verdicts and _PENDING in verdicts[item].reasons),
        complete=sum(1 for item in items if files.get(item, set()) >= FILES),
        to_lane_ms=_to_lane_ms(items, marks, last_byte_s, release_lanes),
        review_ms=tuple(float(verdict.took_ms) for verdict in reviews),
        store_ms=tuple(each.took_ms for each in stored if each.taken and begin_s <= each.at_s < end_s),
        outcomes=dict(Counter(verdict.outcome or "none" for verdict in judged)),
    )


def _last_bytes(marks: Iterable[Mark]) -> dict[int, float]:
    """When the last byte of an item's image left, for those of which every object was taken."""
    left_s: dict[int, list[float]] = {}
    for mark in marks:
        if mark.what is What.SCANNED and mark.detail:
            left_s.setdefault(mark.tracking_id, []).append(mark.at_s)
    return {item: max(each) for item, each in left_s.items() if len(each) == _OBJECTS}


def _to_lane_ms(
    items: Sequence[int], marks: Iterable[Mark], last_byte_s: dict[int, float], release_lanes: frozenset[int]
) -> tuple[float, ...]:
    released_s: dict[int, float] = {}
    for mark in marks:
        if mark.what is What.ACCEPTED and mark.lane in release_lanes:
            released_s.setdefault(mark.tracking_id, mark.at_s)
    return tuple(
        1000 * (released_s[item] - last_byte_s[item])
        for item in items
        if item in released_s and item in last_byte_s
    )
