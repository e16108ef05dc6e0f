"""Synthetic numbers that look and check like real ones: waybills, article numbers, identity numbers.

Patterns and check digits: UPU S10, GS1 EAN-13, GB 11643 (ISO 7064 MOD 11-2). Couriers other than EMS publish
patterns only.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random

COURIERS = ("SF", "EMS", "JD", "YTO", "ZTO")

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_RIC_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RIC_CHECKS = "10X98765432"
_REGIONS = ("150402", "150403", "150404", "150421", "150423", "150426", "150429", "110105", "210102")
_FIRST_BIRTHDAY = date(1960, 1, 1)
_BIRTHDAYS = 365 * 43


def serials(random: Random) -> Iterator[int]:
    """Serial numbers of eight digits in no order one can see: 100 million, then they repeat."""
    step, first = random.randrange(10**7, 10**8) // 10 * 10 + 7, random.randrange(10**8)
    return ((first + step * place) % 10**8 for place in count())


def s10(prefix: str, serial: int, country: str) -> str:
    """A UPU S10 item identifier, e.g. `s10("RR", 47312482, "GB")` is RR473124829GB."""
    digits = f"{serial:08d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=True)) % 11
    return f"{prefix}{digits}{ {10: 0, 11: 5}.get(check, check) }{country}"


def waybill_number(courier: str, random: Random, serial: int | None = None) -> str:
    """A plausible number of one of COURIERS, unlike any other serial's; KeyError for another courier."""
    match courier:
        case "SF":
            return f"SF{_digits(13, random, serial)}"
        case "EMS":
            return s10(random.choice(("EA", "EB", "LK", "CP")), _serial(random, serial), "CN")
        case "JD":
            return f"JD{_digits(13, random, serial)}"
        case "YTO":
            return f"YT{_digits(13, random, serial)}"
        case "ZTO":
            return f"7{_digits(13, random, serial)}"
        case _:
            raise KeyError(f"no courier {courier}; there are {', '.join(COURIERS)}")


def foreign_number(random: Random, serial: int | None = None) -> str:
    """The number under which a parcel left its country: the second code on many labels."""
    prefix, number = random.choice(("RB", "LX", "CX")), _serial(random, serial)
    return s10(prefix, number, random.choice(("JP", "KR", "US", "DE")))


def declaration_number(random: Random, serial: int | None = None) -> str:
    """A number as a customs declaration may have."""
    return f"1520{_digits(14, random, serial)}"


def article_number(random: Random) -> str:
    """An EAN-13 as printed on packaging."""
    body = f"{random.choice(('490', '880', '400', '301'))}{_digits(9, random)}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"


def identity_number(random: Random) -> str:
    """A resident identity number with the right check character, of nobody."""
    birthday = _FIRST_BIRTHDAY + timedelta(days=random.randrange(_BIRTHDAYS))
    body = f"{random.choice(_REGIONS)}{birthday:%Y%m%d}{random.randrange(1, 1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _RIC_WEIGHTS, strict=True))
    return body + _RIC_CHECKS[total % 11]


def phone_number(random: Random) -> str:
    """A mobile number of the 13x ranges."""
    return f"13{_digits(9, random)}"


def _serial(random: Random, serial: int | None) -> int:
    return random.randrange(10**8) if serial is None else serial


def _digits(count: int, random: Random, serial: int | None = None) -> str:
    """So many digits, the last eight of them the serial if there is one."""
    if serial is None:
        return f"{random.randrange(10**count):0{count}d}"
    return f"{random.randrange(10 ** (count - 8)):0{count - 8}d}{serial:08d}"
