"""What a screen shows of personal data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central import masking


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("欧阳小明", "欧**明"),
        ("王", "*"),
        ("John Smith", "J*** S****"),
        ("", ""),
    ],
)
def test_names(full: str, shown: str) -> None:
    assert masking.name(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"), [("13812345612", "138******12"), ("138-1234-5612", "138******12"), ("12345", "*****")]
)
def test_phones(full: str, shown: str) -> None:
    assert masking.phone(full) == shown


def test_identity_number() -> None:
    assert masking.id_number("150402198001010016") == "1504**********0016"


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("内蒙古赤峰市红山区长青街12号楼3单元502室", "内蒙古赤峰市红山区长青街12号楼***"),
        ("红山区锦绣大厦1801", "红山区锦绣大厦***"),
        ("12 Main Street Apt 5B", "12 Main Street ***"),
        ("", ""),
    ],
)
def test_addresses_end_at_the_building(full: str, shown: str) -> None:
    assert masking.address(full) == shown


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_six_digits_at_least_are_hidden(digits: str) -> None:
    for mask in (masking.phone, masking.id_number):
        shown = mask(digits)
        assert len(shown) == len(digits)
        assert shown.count("*") >= min(6, len(digits))


@given(st.text(min_size=1, max_size=12).filter(lambda name: name.strip() and "*" not in name))
def test_something_of_every_name_is_hidden(full: str) -> None:
    assert "*" in masking.name(full)
