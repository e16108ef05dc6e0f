"""Personal data as a screen may show it by default; pure.

By the waybill standard: at least one character of a name, at least six digits of a phone number and the unit
and room of an address are hidden; of an identity number at most the first 6 and last 4 stay (here 4 and 4).
"""

import re

_STARS = "***"
_LEAST_HIDDEN = 6
_BUILDING = re.compile(r"号楼|栋|幢|座|大厦|大楼|公寓|弄|号")
_ROOM = re.compile(r"\b(apartment|apt|unit|room|rm|suite|ste|flat|floor|fl)\b\.?|#", re.IGNORECASE)


def name(full: str) -> str:
    """王小明 → 王*明, 王明 → 王*, John Smith → J*** S****."""
    return " ".join(_name_part(part) for part in full.split())


def phone(full: str) -> str:
    """13812345612 → 138******12; a shorter one still loses six digits, or all."""
    return _ends(full, head=3, tail=2)


def id_number(full: str) -> str:
    """150402198001010016 → 1504**********0016."""
    return _ends(full, head=4, tail=4)


def address(full: str) -> str:
    """Up to the building; where no building can be told, the first half."""
    text = full.strip()
    if not text:
        return ""
    building = _BUILDING.search(text)
    if building:
        return text[: building.end()] + _STARS
    room = _ROOM.search(text)
    if room and room.start():
        return text[: room.start()].rstrip(" ,") + " " + _STARS
    return text[: len(text) // 2] + _STARS


def number(last4: str) -> str:
    """A waybill number of which only the last four characters are known."""
    return "••••" + last4


def _name_part(part: str) -> str:
    if len(part) <= 1:
        return "*"
    if part.isascii() or len(part) == 2:
        return part[0] + "*" * (len(part) - 1)
    return part[0] + "*" * (len(part) - 2) + part[-1]


def _ends(full: str, *, head: int, tail: int) -> str:
    text = re.sub(r"[\s\-()]", "", full)
    kept = max(0, len(text) - _LEAST_HIDDEN)
    tail = min(tail, kept // 2)
    head = min(head, kept - tail)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]
