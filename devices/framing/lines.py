"""Scanners that send plain lines.

    52 42 31 32 33 34 35 36 37 38 35 43 4E 0D 0A
    R  B  1  2  3  4  5  6  7  8  5  C  N  CR LF

CR, LF, CR LF and ETX all end a line; empty lines say nothing.
"""

from devices.framing.codes import CodeFraming, CodeRules
from devices.framing.delimited import LINE_ENDS, Opening


def lines(rules: CodeRules) -> CodeFraming:
    """A line is a frame."""
    return CodeFraming(rules, opening=Opening.NONE, ends=LINE_ENDS)
