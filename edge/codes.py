"""What the codes on one item say: which waybill it is, if they agree."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from config.settings import CodeRule
from edge.observations import Code, Meaning, Paper


class Agreement(StrEnum):
    """How the codes of an item fit together."""

    NONE = "none"  # no code that names a waybill
    ONE = "one"  # all name one waybill known here
    UNKNOWN = "unknown"  # one code, and nothing is known of it
    CONFLICT = "conflict"  # more than one waybill, or a known one beside an unknown


class Identity(Struct, frozen=True):
    """The waybill an item's codes name."""

    agreement: Agreement
    paper: Paper | None = None


def meaning(text: str, rules: Iterable[CodeRule]) -> Meaning:
    """By the first rule whose pattern matches; a code no rule knows is taken for a waybill, which is doubtful
    and so on the safe side."""
    for rule in rules:
        if re.search(rule.pattern, text):
            return Meaning.IGNORED if rule.meaning == "ignore" else Meaning.WAYBILL
    return Meaning.WAYBILL


def identify(codes: Sequence[Code], papers: Mapping[str, Paper | None]) -> Identity:
    """Resolve every code to its waybill, through aliases, and see whether they agree.

    A code that is known, as waybill or alias, counts whatever its form; one that is unknown counts unless its
    form says that it is not a waybill's.
    """
    waybills: dict[str, Paper] = {}
    unknown: set[str] = set()
    for code in codes:
        paper = papers.get(code.key)
        if paper is not None:
            waybills[paper.entry.waybill_key] = paper
        elif code.meaning is Meaning.WAYBILL:
            unknown.add(code.key)
    if len(waybills) + len(unknown) > 1:
        return Identity(Agreement.CONFLICT)
    if waybills:
        return Identity(Agreement.ONE, next(iter(waybills.values())))
    if unknown:
        return Identity(Agreement.UNKNOWN)
    return Identity(Agreement.NONE)
