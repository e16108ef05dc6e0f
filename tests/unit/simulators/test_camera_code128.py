"""Code 128: check digits of worked examples, the change of sets, and bars that no printer could get wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.camera_code128 import modules, symbols


def test_the_check_symbol_of_a_worked_example() -> None:
    # The encyclopedia's PJJ123C has check 54 after start A (103); start B is one more, and so is the check.
    assert symbols("PJJ123C") == [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]


def test_digits_go_two_a_symbol() -> None:
    assert symbols("123456")[:-2] == [105, 12, 34, 56]
    assert symbols("SF1234567")[:-2] == [104, 51, 38, 17, 99, 23, 45, 67]
    assert symbols("473124829GB")[:-2] == [104, 20, 99, 73, 12, 48, 29, 100, 39, 34]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_every_symbol_is_eleven_modules_and_begins_with_a_bar(text: str) -> None:
    bars = modules(text)
    assert len(bars) == 11 * len(symbols(text)) + 2  # the stop symbol is two wider
    starts = bars[:-2:11]
    assert all(starts)
    assert bars[-1]
    assert not any(bars[10:-3:11]), "every symbol but the stop ends with a space"


@pytest.mark.parametrize("text", ["", "赤峰", "A\n"])
def test_what_cannot_be_printed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        symbols(text)
