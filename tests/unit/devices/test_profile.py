"""Profiles: the shipped one loads, and every mistake in one is named by file, key and expectation."""

from importlib.resources import files

import pytest

from devices.errors import ProfileError
from devices.profile import Field, load_profile, parse_profile

TEXT = (files("devices") / "profiles" / "redpeak_sorter_v1.toml").read_text("utf-8")


def test_the_shipped_profile_loads() -> None:
    profile = load_profile("redpeak_sorter_v1")
    assert (profile.ring.base, profile.ring.capacity, profile.ring.slot_length) == (1000, 2000, 12)
    assert profile.status.fields.newest_sequence == Field(offset=18, words=2)
    assert profile.commands.fields.sequence == Field(offset=6, words=2)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ProfileError, match=r"no profile sorter; there are .*redpeak_sorter_v1"):
        load_profile("sorter")


@pytest.mark.parametrize(
    ("found", "instead", "message"),
    [
        ("base = 1000", "base = ", "my.toml: not TOML"),
        ("base = 1000", "base = -1", r"my.toml: .*>= 0.*\$\.ring\.base"),
        ("base = 1000", "base = 160", r"my.toml: ring\.base: expected 164 or more, after commands"),
        ("base = 1000", "base = 60000", r"my.toml: ring\.base: expected the block to end within 65536"),
        ("base = 60", "base = 70", r"my.toml: results\.base: expected 102 or more|commands\.base"),
        ("base = 60", "base = 400", r"my.toml: results\.base: expected status and results in one read"),
        ("base = 1000", "bse = 1000", r"my.toml: .*bse"),
        ("magic = 0x52505343", "magic = 'RPSC'", r"my.toml: .*int.*\$\.magic"),
        ("maximum_read = 125", "maximum_read = 126", r"my.toml: .*125.*\$\.maximum_read"),
        ("detail      = { offset = 10, words = 2 }", "", r"my.toml: .*detail.*\$\.ring\.fields"),
        ("detail      = { offset = 10", "detail = { offset = 9", r"ring\.fields\.detail: .*time_ms has it"),
        ("detail      = { offset = 10", "detail = { offset = 11", r"ring\.fields\.detail: .*12 registers"),
        (
            "outcome  = { offset = 2 }",
            "outcome  = { offset = 2, words = 3 }",
            r"results\.fields\.outcome: .*1 or 2",
        ),
        ("lanes = 16", "lanes = 8", r"lane_counts\.words: expected 16"),
        ("agent_alive    = 1", "agent_alive    = 16", r"\$\.status\.flags\.agent_alive"),
        ("slots = 8\nslot_length = 4", "slots = 7\nslot_length = 4", r"results\.slots: .*8 command slots"),
    ],
)
def test_a_mistake_is_named(found: str, instead: str, message: str) -> None:
    assert found in TEXT
    with pytest.raises(ProfileError, match=message):
        parse_profile(TEXT.replace(found, instead, 1), "my.toml")


@pytest.mark.parametrize("value", [0, 1, 0xFFFF, 0x10000, 0xFFFFFFFF])
def test_a_field_has_its_high_word_first(value: int) -> None:
    block = [0] * 5
    Field(offset=2, words=2).write(block, value)
    assert block == [0, 0, value >> 16, value & 0xFFFF, 0]
    assert Field(offset=2, words=2).read(block) == value
    assert Field(offset=2, words=2).read([9, *block], 1) == value
