"""SICK CLV and Lector scanners.

    02  52 42 31 32 33 34 35 36 37 38 35 43 4E  0D 0A  03
    STX R  B  1  2  3  4  5  6  7  8  5  C  N   CR LF  ETX
                                                ^^^^^ if so set: inside a frame a line end separates codes

Only ETX ends a frame, so that no code in it can get lost; STX always begins one. `STX ETX` is a no-read.
"""

from devices.framing.codes import CodeFrame, CodeRules, codes_in
from devices.framing.delimited import CR, ETX, LF, Delimited, Opening


class Sick:
    """What stands between STX and ETX is a frame."""

    def __init__(self, rules: CodeRules) -> None:
        self._rules = rules
        self._bytes = Delimited(
            opening=Opening.REQUIRED,
            ends=frozenset((ETX,)),
            inner=frozenset((CR, LF)),
            longest=rules.longest,
            baud=rules.baud,
            quiet_s=rules.quiet_s,
        )

    @property
    def errors(self) -> int:
        """Frames and noise dropped."""
        return self._bytes.errors

    def feed(self, chunk: bytes, at_s: float) -> list[CodeFrame]:
        """The frames that end in `chunk`, whose last byte came at `at_s`."""
        return [
            CodeFrame(codes_in(frame.content, self._rules), frame.raw, frame.begun_s)
            for frame in self._bytes.feed(chunk, at_s)
        ]

    def reset(self) -> None:
        """Forget a frame begun."""
        self._bytes.reset()
