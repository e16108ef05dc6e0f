"""From a frame's text to the codes it holds: separators, symbology identifiers, no-reads.

]C0RB123456785CN;]Q1SF1234567890123
^^^              ^^^                 AIM identifier (ISO/IEC 15424): "]", a letter, a modifier
   ^^^^^^^^^^^^^    ^^^^^^^^^^^^^^^   codes, between them the separator
"""

import re
from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from devices.framing.delimited import Delimited, Opening

_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_LINE_END = re.compile(r"[\r\n]+")


class CodeRules(Struct, frozen=True):
    """What a scanner was set to send."""

    baud: int
    no_read: frozenset[str]
    longest: int = 512  # bytes of a frame's content
    separator: str = ";"  # between the codes of one frame
    quiet_s: float = 0.2  # a longer silence inside a frame drops it


class CodeFrame(Struct, frozen=True):
    """One frame of a scanner; no codes means a no-read."""

    codes: tuple[str, ...]
    raw: bytes
    begun_s: float


def codes_in(content: bytes, rules: CodeRules) -> tuple[str, ...]:
    """The codes in a frame's content, in their order; texts that mean "nothing read" are not codes."""
    parts = _LINE_END.sub(rules.separator, content.decode("ascii")).split(rules.separator)
    texts = (part.strip(" ") for part in parts)
    codes = (_AIM.sub("", text) for text in texts if text not in rules.no_read)
    return tuple(code for code in codes if code and code not in rules.no_read)


class Kind(Enum):
    """What a frame is."""

    RESULT = "result"
    REPLY = "reply"  # to a command: says nothing of an item
    REFUSAL = "refusal"  # of a command: counts as an error


class CodeFraming:
    """A scanner's bytes to frames of codes.

    Args:
        rules: what the scanner was set to send.
        opening, ends, inner: where its frames begin and end, as `Delimited` takes them.
        kind: tells results from replies; every frame is a result unless given.
    """

    def __init__(
        self,
        rules: CodeRules,
        *,
        opening: Opening,
        ends: frozenset[int],
        inner: frozenset[int] = frozenset(),
        kind: Callable[[bytes], Kind] = lambda content: Kind.RESULT,
    ) -> None:
        self._rules = rules
        self._kind = kind
        self._refusals = 0
        self._bytes = Delimited(
            opening=opening,
            ends=ends,
            inner=inner,
            longest=rules.longest,
            baud=rules.baud,
            quiet_s=rules.quiet_s,
        )

    @property
    def errors(self) -> int:
        """Frames and noise dropped, and commands refused."""
        return self._bytes.errors + self._refusals

    def feed(self, chunk: bytes, at_s: float) -> list[CodeFrame]:
        """The results that end in `chunk`, whose last byte came at `at_s`."""
        results: list[CodeFrame] = []
        for frame in self._bytes.feed(chunk, at_s):
            kind = self._kind(frame.content)
            self._refusals += kind is Kind.REFUSAL
            if kind is Kind.RESULT:
                results.append(CodeFrame(codes_in(frame.content, self._rules), frame.raw, frame.begun_s))
        return results

    def reset(self) -> None:
        """Forget a frame begun."""
        self._bytes.reset()
