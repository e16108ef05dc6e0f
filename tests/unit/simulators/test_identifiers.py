"""The synthetic numbers carry the check digits real ones carry."""

import re
from random import Random

import pytest

from simulators import identifiers


@pytest.mark.parametrize(
    ("prefix", "serial", "country", "number"),
    [("RR", 47312482, "GB", "RR473124829GB"), ("RB", 12345678, "GB", "RB123456785GB")],
)
def test_s10_has_the_check_digit_of_published_examples(
    prefix: str, serial: int, country: str, number: str
) -> None:
    assert identifiers.s10(prefix, serial, country) == number


def test_s10_replaces_the_two_digits_that_do_not_fit() -> None:
    checks = {identifiers.s10("EA", serial, "CN")[10] for serial in range(2000)}
    assert checks == set("0123456789")


@pytest.mark.parametrize(
    ("courier", "pattern"),
    [
        ("SF", r"SF\d{13}"),
        ("EMS", r"[A-Z]{2}\d{9}CN"),
        ("JD", r"JD\d{13}"),
        ("YTO", r"YT\d{13}"),
        ("ZTO", r"7\d{13}"),
    ],
)
def test_each_courier_numbers_its_own_way(courier: str, pattern: str) -> None:
    random = Random(5)
    assert all(re.fullmatch(pattern, identifiers.waybill_number(courier, random)) for _ in range(50))


def test_a_courier_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="DHL"):
        identifiers.waybill_number("DHL", Random(1))


def test_article_numbers_add_up() -> None:
    random = Random(2)
    for _ in range(50):
        digits = [int(digit) for digit in identifiers.article_number(random)]
        assert len(digits) == 13
        assert (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_identity_numbers_satisfy_iso_7064_mod_11_2() -> None:
    random = Random(3)
    for _ in range(50):
        number = identifiers.identity_number(random)
        assert re.fullmatch(r"\d{17}[0-9X]", number)
        values = [10 if digit == "X" else int(digit) for digit in number]
        assert sum(value * pow(2, 17 - place, 11) for place, value in enumerate(values)) % 11 == 1
