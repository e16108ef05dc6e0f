"""Keyence SR scanners: they answer in the framing they were spoken to, CR or STX…ETX.

    52 42 31 32 33 34 35 36 37 38 35 43 4E  0D
    R  B  1  2  3  4  5  6  7  8  5  C  N   CR
02  52 42 31 32 33 34 35 36 37 38 35 43 4E  03
STX R  B  1  2  3  4  5  6  7  8  5  C  N   ETX

ERROR          nothing read
OK,LON         a command was done
ER,LON,00      a command was refused
"""

from msgspec.structs import replace

from devices.framing.codes import CodeFrame, CodeRules, codes_in
from devices.framing.delimited import LINE_ENDS, Delimited, Opening

_NO_READ = "ERROR"


class Keyence:
    """A line or STX…ETX is a frame; command replies are none, and a refusal counts as an error."""

    def __init__(self, rules: CodeRules) -> None:
        self._rules = replace(rules, no_read=rules.no_read | {_NO_READ})
        self._refusals = 0
        self._bytes = Delimited(
            opening=Opening.ALLOWED,
            ends=LINE_ENDS,
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
        frames: list[CodeFrame] = []
        for frame in self._bytes.feed(chunk, at_s):
            if frame.content.startswith(b"ER,"):
                self._refusals += 1
            elif not frame.content.startswith(b"OK,"):
                frames.append(CodeFrame(codes_in(frame.content, self._rules), frame.raw, frame.begun_s))
        return frames

    def reset(self) -> None:
        """Forget a frame begun."""
        self._bytes.reset()
