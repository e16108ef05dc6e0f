"""Cognex DataMan scanners: results are lines, and DMCC replies come between them.

52 42 31 32 33 34 35 36 37 38 35 43 4E 0D 0A     a result
R  B  1  2  3  4  5  6  7  8  5  C  N  CR LF

7C 7C 30 3A 31 32 33 5B 30 5D 0D 0A              a reply: checksum flag, command number, status
|  |  0  :  1  2  3  [  0  ]  CR LF              status 0 done, 100 unknown command, 101 invalid,
                                                 102 parameter, 103 checksum, 104 rejected, 105 unavailable
"""

import re

from devices.framing.codes import CodeFraming, CodeRules, Kind
from devices.framing.delimited import LINE_ENDS, Opening

_REPLY = b"||"
_DONE = re.compile(rb"\[0\]")


def cognex(rules: CodeRules) -> CodeFraming:
    """A line is a frame; a reply is no result, and one whose status is not 0 counts as an error."""
    return CodeFraming(rules, opening=Opening.NONE, ends=LINE_ENDS, kind=_kind)


def _kind(content: bytes) -> Kind:
    if not content.startswith(_REPLY):
        return Kind.RESULT
    return Kind.REPLY if _DONE.search(content) else Kind.REFUSAL
