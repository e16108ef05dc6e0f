"""CT profiles: the shipped ones, what an id says, and errors that name file, key and expectation."""

from importlib.resources import files

import pytest

from devices.ct.profile import load_ct_profile, parse_ct_profile
from devices.errors import ProfileError

DUAL = (files("devices") / "profiles" / "dicos_dual.toml").read_text("utf-8")


def test_the_shipped_profiles_say_what_a_scan_is() -> None:
    dual, single = load_ct_profile("dicos_dual"), load_ct_profile("dicos_single")
    assert (dual.objects_per_scan, dual.energies) == (2, ("low", "high"))
    assert (single.objects_per_scan, single.energies) == (1, ("high",))


@pytest.mark.parametrize(
    ("ooi_id", "item"),
    [
        ("7-42", (7, 42)),
        ("4294967295-1", (0xFFFFFFFF, 1)),
        ("7-4294967296", (7, None)),  # more than 32 bits
        ("7", (None, None)),
        ("", (None, None)),
        (" 7-42", (None, None)),
        ("7-42\n", (None, None)),
        ("٧-٤٢", (None, None)),  # digits, but not ours
        ("7--42", (None, None)),
        ("7-42-1", (None, None)),
        ("9" * 60 + "-1", (None, None)),
    ],
)
def test_an_id_says_epoch_and_tracking_id_or_nothing(
    ooi_id: str, item: tuple[int | None, int | None]
) -> None:
    assert load_ct_profile("dicos_dual").item(ooi_id) == item


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("objects_per_scan = 2", "objects_per_scan = 3", r"objects_per_scan"),
        ('energies = ["low", "high"]', 'energies = ["low", "low"]', r"energies: expected 2 different"),
        ('energies = ["low", "high"]', 'energies = ["low"]', r"energies: expected 2 different"),
        ('packing = "separate"', 'packing = "stacked"', r"packing|stacked"),
        ('"stated_or_kvp"\n', '"only"\n', r"energy_told_by: expected"),
        ("high_from_kvp = 120.0", "", r"high_from_kvp: expected with"),
        ("(?P<tracking>[0-9]{1,10})", "[0-9]+", r"ooi_pattern: expected a group named tracking"),
        ("(?P<epoch>", "(?P<boot>", r"ooi_pattern: .*boot means nothing"),
        ("(?P<epoch>", "(?P<epoch>(", r"ooi_pattern: expected a regular expression"),
        ('"UTC"', '"Mars/Base"', r"time_zone: expected"),
        ("objects_per_scan", "objects_a_scan", r"objects_a_scan"),
    ],
)
def test_a_wrong_profile_is_answered_with_file_key_and_expectation(old: str, new: str, error: str) -> None:
    assert DUAL.count(old) == 1
    with pytest.raises(ProfileError, match=rf"site\.toml: .*({error})"):
        parse_ct_profile(DUAL.replace(old, new), "site.toml")
