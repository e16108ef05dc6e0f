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

from devices.framing.codes import CodeFraming, CodeRules, Kind
from devices.framing.delimited import LINE_ENDS, Opening

_NO_READ = "ERROR"


def keyence(rules: CodeRules) -> CodeFraming:
    """A line or STX…ETX is a frame; command replies are no results, and a refusal counts as an error."""
    rules = replace(rules, no_read=rules.no_read | {_NO_READ})
    return CodeFraming(rules, opening=Opening.ALLOWED, ends=LINE_ENDS, kind=_kind)


def _kind(content: bytes) -> Kind:
    if content.startswith(b"ER,"):
        return Kind.REFUSAL
    return Kind.REPLY if content.startswith(b"OK,") else Kind.RESULT
