"""From a frame's text to the codes it holds: separators, symbology identifiers, no-reads.

]C0RB123456785CN;]Q1SF1234567890123
^^^              ^^^                 AIM identifier (ISO/IEC 15424): "]", a letter, a modifier
   ^^^^^^^^^^^^^    ^^^^^^^^^^^^^^^   codes, between them the separator
"""

import re

from msgspec import Struct

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
