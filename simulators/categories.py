"""The ways a simulated parcel can be, and the role of the lane each belongs in."""

from enum import StrEnum

from config.settings import LaneRole


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


CLEAN_CATEGORIES = frozenset({Category.CLEAN, Category.SEVERAL_CODES})
ODD_CATEGORIES = tuple(category for category in Category if category is not Category.CLEAN)

_RIGHT_ROLES = {
    Category.CLEAN: LaneRole.RELEASE,
    Category.SEVERAL_CODES: LaneRole.RELEASE,
    Category.RECIRCULATION: LaneRole.RELEASE,
    Category.NO_PAPERS: LaneRole.WAIT,
    Category.STALE_PAPERS: LaneRole.WAIT,
}


def right_role(category: Category) -> LaneRole:
    """Where a parcel of that category belongs."""
    return _RIGHT_ROLES.get(category, LaneRole.INSPECT)
