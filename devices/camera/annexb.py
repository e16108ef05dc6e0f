"""The parameter sets in an H.264 byte stream: what a decoder must know before the first picture.

    00 00 01  NAL unit  00 00 01  NAL unit …        a start code may be led by further zero bytes
              └ first byte: 0, importance (2 bits), type (5 bits)

(ITU-T H.264, Annex B and table 7-1.)
"""

_START = b"\x00\x00\x01"
_SLICES = range(1, 6)  # pictures begin here: all sets that they need came before
_SETS = (7, 8)  # sequence and picture parameter sets


def parameter_sets(unit: bytes) -> bytes:
    """The sets before the first picture of an access unit, each with its start code; or nothing."""
    sets = bytearray()
    start = unit.find(_START)
    while start != -1 and start + 3 < len(unit):
        kind = unit[start + 3] & 0x1F
        if kind in _SLICES:
            break
        end = unit.find(_START, start + 3)
        if kind in _SETS:
            body = unit[start + 3 : end if end != -1 else len(unit)].rstrip(b"\x00")
            sets += b"\x00" + _START + body
        start = end
    return bytes(sets)
