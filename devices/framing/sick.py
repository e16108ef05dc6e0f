"""SICK CLV and Lector scanners.

    02  52 42 31 32 33 34 35 36 37 38 35 43 4E  0D 0A  03
    STX R  B  1  2  3  4  5  6  7  8  5  C  N   CR LF  ETX
                                                ^^^^^ if so set: inside a frame a line end separates codes

Only ETX ends a frame, so that no code in it can get lost; STX always begins one. `STX ETX` is a no-read.
"""

from devices.framing.codes import CodeFraming, CodeRules
from devices.framing.delimited import CR, ETX, LF, Opening


def sick(rules: CodeRules) -> CodeFraming:
    """What stands between STX and ETX is a frame."""
    return CodeFraming(rules, opening=Opening.REQUIRED, ends=frozenset((ETX,)), inner=frozenset((CR, LF)))
