"""Cognex DataMan scanners: results are lines, and DMCC replies come between them.

52 42 31 32 33 34 35 36 37 38 35 43 4E 0D 0A     a result
R  B  1  2  3  4  5  6  7  8  5  C  N  CR LF

7C 7C 30 3A 31 32 33 5B 30 5D 0D 0A              a reply: checksum flag, command number, status
|  |  0  :  1  2  3  [  0  ]  CR LF              status 0 done, 100 unknown command, 101 invalid,
                                                 102 parameter, 103 checksum, 104 rejected, 105 unavailable
"""

import re

from devices.framing.codes import CodeFrame, CodeRules, codes_in
from devices.framing.delimited import LINE_ENDS, Delimited, Opening

_REPLY = b"||"
_DONE = re.compile(rb"\[0\]")


class Cognex:
    """A line is a frame; a reply is none, and one whose status is not 0 counts as an error."""

    def __init__(self, rules: CodeRules) -> None:
        self._rules = rules
        self._refusals = 0
        self._bytes = Delimited(
            opening=Opening.NONE,
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
            if frame.content.startswith(_REPLY):
                self._refusals += _DONE.search(frame.content) is None
            else:
                frames.append(CodeFrame(codes_in(frame.content, self._rules), frame.raw, frame.begun_s))
        return frames

    def reset(self) -> None:
        """Forget a line begun."""
        self._bytes.reset()
