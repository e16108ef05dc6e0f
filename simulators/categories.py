"""The ways a simulated parcel can be, and the role of the lane each belongs in."""

from enum import StrEnum

from config.settings import LaneRole, Line


class Category(StrEnum):
    """What is particular about a parcel; the comment says where it belongs."""

    CLEAN = "clean"  # a release lane, without a hand
    SEVERAL_CODES = "several_codes"  # clean: waybill, alias of the same waybill, article number
    NO_READ = "no_read"  # once round, unread again: inspect
    RECIRCULATION = "recirculation"  # once round, then read: a release lane
    CODE_CONFLICT = "code_conflict"  # labels of two known waybills: inspect
    WRONG_WEIGHT = "wrong_weight"  # inspect
    NO_PAPERS = "no_papers"  # the waybill is known, nothing is declared: wait
    UNKNOWN_WAYBILL = "unknown_waybill"  # inspect
    STALE_PAPERS = "stale_papers"  # customs spoke too long ago: wait
    CONTROL_INSTRUCTION = "control_instruction"  # inspect
    CUSTOMS_HOLD = "customs_hold"  # inspect
    REVIEW = "review"  # an officer is asked; unanswered: inspect
    CLONED_LABEL = "cloned_label"  # a copy of an earlier, clean parcel's label: inspect
    TOO_CLOSE = "too_close"  # two parcels under the belt's minimum gap: inspect both
    # Only on a line with a CT scanner: what the image shows …
    IMAGE_ALARM = "image_alarm"  # a bottle of liquid: an officer is asked; unanswered: inspect
    PROHIBITED = "prohibited"  # a blade or a gun's shape: inspect
    IMPENETRABLE = "impenetrable"  # a block of lead or steel: inspect
    # … and what becomes of the scan. Whoever has no sure image of its own is inspected.
    SCAN_MISSING = "scan_missing"  # nothing is sent
    SCAN_TWICE = "scan_twice"  # sent again as another scan
    SCAN_LATE = "scan_late"  # sent when its parcel is past the cut-off
    SCAN_WRONG_ID = "scan_wrong_id"  # names a neighbour, or nobody
    SCAN_TRUNCATED = "scan_truncated"  # one object breaks off
    ONE_ENERGY = "one_energy"  # the other object never comes
    CT_FAULT = "ct_fault"  # the scanner is out of order while it passes
    CT_BYPASS = "ct_bypass"  # … or bypassed
    ENERGIES_APART = "energies_apart"  # clean: one energy seconds after the other, still in time


CLEAN_CATEGORIES = frozenset({Category.CLEAN, Category.SEVERAL_CODES})
SCAN_FAULTS = frozenset(
    {
        Category.SCAN_MISSING,
        Category.SCAN_TWICE,
        Category.SCAN_LATE,
        Category.SCAN_WRONG_ID,
        Category.SCAN_TRUNCATED,
        Category.ONE_ENERGY,
        Category.CT_FAULT,
        Category.CT_BYPASS,
    }
)
OUT_OF_ORDER = frozenset({Category.CT_FAULT, Category.CT_BYPASS})
OFFICER_MAY_CLEAR = frozenset({Category.REVIEW, Category.IMAGE_ALARM})
_NEED_CT = SCAN_FAULTS | {
    Category.IMAGE_ALARM,
    Category.PROHIBITED,
    Category.IMPENETRABLE,
    Category.ENERGIES_APART,
}

_RIGHT_ROLES = {
    Category.CLEAN: LaneRole.RELEASE,
    Category.SEVERAL_CODES: LaneRole.RELEASE,
    Category.RECIRCULATION: LaneRole.RELEASE,
    Category.ENERGIES_APART: LaneRole.RELEASE,
    Category.NO_PAPERS: LaneRole.WAIT,
    Category.STALE_PAPERS: LaneRole.WAIT,
}


def categories(line: Line) -> tuple[Category, ...]:
    """The categories a line can have: without a CT scanner none of those it would need."""
    return tuple(each for each in Category if line.ct is not None or each not in _NEED_CT)


def right_role(category: Category) -> LaneRole:
    """Where a parcel of that category belongs."""
    return _RIGHT_ROLES.get(category, LaneRole.INSPECT)
