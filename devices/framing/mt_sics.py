"""Mettler-Toledo scales, MT-SICS level 0: replies are lines.

53 20 53 20 20 20 20 20 31 32 33 34 2E 35 20 67 0D 0A
S     S                 1  2  3  4  .  5     g  CR LF
^     ^  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^    ^
│     │  │                                unit: g or kg
│     │  weight, right-aligned in 10 characters
│     S stable, D dynamic, I not executable now, + overload, - underload (the last three: no weight)
weight reply

ES  syntax error     EL  logical error     anything else a scale says (`I4 A "…"`, `Z A`) is no weight
"""

import re
from decimal import Decimal

from msgspec import Struct

from devices.framing.delimited import LINE_ENDS, Delimited, Opening

_LONGEST = 64
_QUIET_S = 0.2
_WEIGHT = re.compile(rb"S (?P<status>[SD]) +(?P<weight>-? *\d+(?:\.\d+)?) (?P<unit>g|kg) *")
_NO_WEIGHT = re.compile(rb"S [I+\-] *")
_OTHER_REPLY = re.compile(rb"[A-Z][A-Z0-9]{0,4} [A-Z+\-].*")
_GRAMS = {b"g": 1, b"kg": 1000}


class Weighing(Struct, frozen=True):
    """One weight reply; `weight_g` is None when the scale could not tell."""

    weight_g: float | None
    stable: bool
    raw: bytes
    begun_s: float


class MtSics:
    """A line is a reply; what is no MT-SICS reply, ES and EL count as errors."""

    def __init__(self, baud: int) -> None:
        self._refusals = 0
        self._bytes = Delimited(
            opening=Opening.NONE, ends=LINE_ENDS, longest=_LONGEST, baud=baud, quiet_s=_QUIET_S
        )

    @property
    def errors(self) -> int:
        """Lines and noise dropped, and commands refused."""
        return self._bytes.errors + self._refusals

    def feed(self, chunk: bytes, at_s: float) -> list[Weighing]:
        """The weights whose replies end in `chunk`, whose last byte came at `at_s`."""
        weighings: list[Weighing] = []
        for frame in self._bytes.feed(chunk, at_s):
            if match := _WEIGHT.fullmatch(frame.content):
                number = match["weight"].replace(b" ", b"").decode("ascii")
                weight_g = float(Decimal(number) * _GRAMS[match["unit"]])
                weighings.append(Weighing(weight_g, match["status"] == b"S", frame.raw, frame.begun_s))
            elif _NO_WEIGHT.fullmatch(frame.content):
                weighings.append(Weighing(None, False, frame.raw, frame.begun_s))
            elif frame.content.startswith(b"S ") or not _OTHER_REPLY.fullmatch(frame.content):
                self._refusals += 1
        return weighings

    def reset(self) -> None:
        """Forget a line begun."""
        self._bytes.reset()
