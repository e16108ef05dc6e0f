"""The papers a parcel of each category has, and the codes on its label."""

from collections.abc import Callable, Iterator
from random import Random

from config.settings import Mode, Policy
from simulators.categories import Category
from simulators.contents import DESTINATIONS, consignee, goods
from simulators.identifiers import (
    COURIERS,
    article_number,
    declaration_number,
    foreign_number,
    waybill_number,
)
from simulators.papers import Declaration, Papers, Waybill

RELEASED = 800  # CEB returnStatus
HELD = (500, 501, 502, 503, 599, 700)  # inspection, detained four ways, returned

_MODES = (Mode.DIRECT_PURCHASE, Mode.BONDED, Mode.EXPRESS_B, Mode.EXPRESS_C)
_COURIER_WEIGHTS = (35, 20, 15, 15, 15)
_MASTER_BILLS = 6


class PaperMaker:
    """Makes papers that a site's policy finds right, or wrong in exactly one way; numbers never repeat.

    Args:
        policy: of the site.
        random: for all that is in them.
        serials: make each number unlike any other without keeping those there were; without them every
            number is kept.
    """

    def __init__(self, policy: Policy, random: Random, serials: Iterator[int] | None = None) -> None:
        self._policy = policy
        self._random = random
        self._serials = serials
        self._used: set[str] = set()
        self._master_bills = [f"784-{random.randrange(10**8):08d}" for _ in range(_MASTER_BILLS)]

    def papers(self, category: Category, weight_g: int) -> tuple[Papers, tuple[str, ...]]:
        """The papers of one parcel of that true weight, and its label's codes.

        A parcel of an unknown waybill has a label and no papers; one with a label conflict brings the papers
        of a second waybill that no parcel carries; a cloned label gets its codes from the original later.
        """
        random = self._random
        waybill = self._waybill(self._declared_g(weight_g, wrong=category is Category.WRONG_WEIGHT))
        label = (waybill.number,)
        match category:
            case Category.CLONED_LABEL:
                return Papers(), ()
            case Category.UNKNOWN_WAYBILL:
                return Papers(), label
            case Category.NO_PAPERS:
                return Papers((waybill,)), label
            case Category.SEVERAL_CODES:
                codes = [*label, waybill.aliases[0], article_number(random)]
                random.shuffle(codes)
                return Papers((waybill,), (self._declaration(waybill),)), tuple(codes)
            case Category.CODE_CONFLICT:
                other = self._waybill(self._declared_g(weight_g))
                both = (waybill, other)
                return Papers(both, tuple(map(self._declaration, both))), (waybill.number, other.number)
            case Category.STALE_PAPERS:
                declaration = self._declaration(waybill, stale=True)
            case Category.CONTROL_INSTRUCTION:
                instruction = f"BK{random.randrange(10**10):010d}"
                declaration = self._declaration(waybill, control_instruction=instruction)
            case Category.CUSTOMS_HOLD:
                declaration = self._declaration(waybill, customs_status=random.choice(HELD))
            case Category.REVIEW:
                declaration = self._declaration(waybill, review=True)
            case _:
                declaration = self._declaration(waybill)
        return Papers((waybill,), (declaration,)), label

    def _waybill(self, declared_weight_g: int) -> Waybill:
        random = self._random
        courier = random.choices(COURIERS, _COURIER_WEIGHTS)[0]
        district = random.choice(tuple(DESTINATIONS))
        return Waybill(
            number=self._fresh(lambda serial: waybill_number(courier, random, serial)),
            mode=random.choice(_MODES),
            courier=courier,
            destination=district,
            master_bill=random.choice(self._master_bills),
            aliases=(self._fresh(lambda serial: foreign_number(random, serial)),),
            declared_weight_g=declared_weight_g,
            consignee=consignee(district, random),
            goods=goods(random),
        )

    def _declaration(
        self,
        waybill: Waybill,
        *,
        customs_status: int = RELEASED,
        control_instruction: str = "",
        review: bool = False,
        stale: bool = False,
    ) -> Declaration:
        limit_s = self._policy.clearance_age_s.get(waybill.mode, self._policy.clearance_age_default_s)
        share = self._random.uniform(1.2, 3.0) if stale else self._random.uniform(0.001, 0.4)
        return Declaration(
            number=self._fresh(lambda serial: declaration_number(self._random, serial)),
            waybill_number=waybill.number,
            mode=waybill.mode,
            customs_status=customs_status,
            age_s=int(limit_s * share),
            control_instruction=control_instruction,
            review=review,
        )

    def _declared_g(self, weight_g: int, *, wrong: bool = False) -> int:
        """What the papers say of a true weight: well within the policy's tolerance, or well outside it."""
        right_g = weight_g + round(self._random.uniform(-0.5, 0.5) * self._tolerance_g(weight_g))
        if not wrong:
            return right_g
        off_g = round(self._random.uniform(4.0, 8.0) * self._tolerance_g(right_g))
        understated = off_g < right_g and self._random.random() < 0.5
        return right_g - off_g if understated else right_g + off_g

    def _tolerance_g(self, weight_g: int) -> float:
        return max(self._policy.weight_tolerance_g, self._policy.weight_tolerance_share * weight_g)

    def _fresh(self, make: Callable[[int | None], str]) -> str:
        if self._serials is not None:
            return make(next(self._serials))
        while (number := make(None)) in self._used:
            pass
        self._used.add(number)
        return number
