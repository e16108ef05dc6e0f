"""Promises 1 and 11: what a release rests on, judged by the parcel that physically lies on the belt.

A device can lie so that no line could tell: it says the last thing again, or shows a neighbour's image that
happens to fit. Such a release is not the line's; the problem names the faults that can deceive so, and the
image must really have fitted.
"""

from collections.abc import Iterator

from config.settings import LaneRole, Line
from simulators.categories import OFFICER_MAY_CLEAR, SCAN_FAULTS, Category
from simulators.promises.findings import Problem
from simulators.promises.papers import Words
from simulators.promises.trips import Trip
from simulators.truth import ImageReviewed

_LABEL_LIES = frozenset({"scanner_stuck", "scanner_wrong"})
_WEIGHT_LIES = frozenset({"scale_stuck"})
_IMAGE_LIES = frozenset({"ct_stuck", "ct_wrong", "reviewer_wrong"})
_FITS = 1.5  # times the site's tolerance: eye, scale and image each have an error of their own

_OF_IMAGE = frozenset({Category.IMAGE_ALARM, Category.PROHIBITED, Category.IMPENETRABLE})
_OF_PAPERS = frozenset({Category.NO_PAPERS, Category.STALE_PAPERS})  # they can become right
_BY_EVIDENCE = SCAN_FAULTS | {
    Category.TOO_CLOSE,
    Category.CLONED_LABEL,
}  # right or not by what really happened


def against_command(
    trip: Trip, line: Line, energies: tuple[str, ...], words: Words, at_s: float
) -> Iterator[Problem]:
    """What spoke against a release when the controller accepted it at `at_s`."""
    if trip.close:
        yield Problem(1, "with another item closer than the minimum gap")
    if not trip.own_label:
        yield Problem(1, "before its own label was read", _LABEL_LIES)
    if line.scale is not None and not trip.own_weight:
        yield Problem(1, "before it was weighed by itself", _WEIGHT_LIES if trip.weighed else frozenset())
    if line.ct is not None:
        yield from _against_image(trip, line, energies)
    if papers := words.objection(trip.journey.label, at_s, officer=trip.officer):
        yield Problem(1, papers, _LABEL_LIES)


def against_parcel(trip: Trip, words: Words) -> Iterator[Problem]:
    """What a parcel is that speaks against its being in a release lane, whatever was read of it."""
    made = trip.journey.made
    match made.category:
        case category if category in _BY_EVIDENCE:
            return
        case Category.RECIRCULATION:
            if trip.number == 0:
                yield Problem(1, "though nobody could read its label on this trip", _LABEL_LIES)
        case category if category in OFFICER_MAY_CLEAR:
            if not trip.officer:
                lies = _IMAGE_LIES if category in _OF_IMAGE else _LABEL_LIES
                yield Problem(11, f"({category}) without an officer's answer in time", lies)
        case category if category in _OF_PAPERS and words.say_something(trip.journey.label):
            return  # judged by the words themselves
        case category if made.right is not LaneRole.RELEASE:
            yield Problem(1, f"though it belongs to {made.right} ({category})", _lies_about(category))
        case _:
            pass


def deceived(problem: Problem, trip: Trip, line: Line) -> bool:
    """Whether a device lied so that no line could have seen this problem."""
    if problem.lies.isdisjoint(trip.faults):
        return False
    if not problem.lies <= _IMAGE_LIES:
        return True
    image = trip.other_image or trip.own_image
    return image is not None and _could_be_its_own(image, trip, line)


def _against_image(trip: Trip, line: Line, energies: tuple[str, ...]) -> Iterator[Problem]:
    if trip.unscanned:
        yield Problem(1, "though the CT scanner was out of order while it passed")
        return
    image = trip.own_image
    if image is None:
        yield Problem(1, "before its own image was reviewed", _IMAGE_LIES)
    elif not trip.has_whole_image(energies):
        yield Problem(1, "without a whole image of its own", _IMAGE_LIES)
    elif not image.clear and not (trip.officer and trip.journey.made.category in OFFICER_MAY_CLEAR):
        yield Problem(11, "though its image is not clear and no officer who may released it", _IMAGE_LIES)


def _could_be_its_own(image: ImageReviewed, trip: Trip, line: Line) -> bool:
    made, policy = trip.journey.made, line.policy
    if not image.clear:
        return False
    if image.length_mm is not None and abs(image.length_mm - made.length_mm) > _FITS * policy.image_length_mm:
        return False
    allowed_g = max(policy.image_mass_g, policy.image_mass_share * made.weight_g)
    return image.mass_g is None or abs(image.mass_g - made.weight_g) <= _FITS * allowed_g


def _lies_about(category: Category) -> frozenset[str]:
    if category in _OF_IMAGE:
        return _IMAGE_LIES
    return _WEIGHT_LIES if category is Category.WRONG_WEIGHT else _LABEL_LIES
