"""The form of a rule between a site's keys, and what several rules need."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from config.settings import Line, Site


class Problem(Struct, frozen=True):
    """A key that does not fit the others, and what is expected of it."""

    key: str
    expectation: str


class Rule(Struct, frozen=True):
    """One thing that must hold; `check` yields what breaks it."""

    sentence: str
    check: Callable[[Site], Iterable[Problem]]


def keyed_lines(site: Site) -> Iterator[tuple[str, Line]]:
    """Each line with the key under which it stands."""
    for index, line in enumerate(site.lines):
        yield f"lines[{index}]", line


def deciding_eye_mm(line: Line) -> int | None:
    """Where the deciding eye is; None if the line has no eye of that index."""
    eyes, index = line.belt.eyes_mm, line.belt.decide_eye
    return eyes[index] if index < len(eyes) else None
