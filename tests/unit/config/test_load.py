"""Site files: what loads, and what an error says of one that does not."""

from pathlib import Path

import pytest

from config.load import SiteError, load_site, parse_site, shipped_site, shipped_sites
from config.settings import LaneRole, Mode

DEMO = shipped_site("demo").decode()


def changed(before: str, after: str) -> bytes:
    assert before in DEMO
    return DEMO.replace(before, after, 1).encode()


def test_the_shipped_sites_load(tmp_path: Path) -> None:
    assert "demo" in shipped_sites()
    for name in shipped_sites():
        path = tmp_path / f"{name}.toml"
        path.write_bytes(shipped_site(name))
        assert load_site(path).id == name


def test_values_keep_their_types() -> None:
    line = parse_site(DEMO.encode(), "demo").line("L1")
    assert line.belt.eyes_mm == (0, 1500, 3400, 5700)
    assert line.lane(5).role is LaneRole.INSPECT
    assert line.policy.clearance_age_s[Mode.DIRECT_PURCHASE] == 172_800


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            changed("speed_mm_s = 1000", 'speed_mm_s = "fast"'),
            "lines[0].belt.speed_mm_s: expected `int`, found `str`",
        ),
        (changed("speed_mm_s = 1000", "speed_mm_s = 0"), "lines[0].belt.speed_mm_s: expected `int` >= 1"),
        (changed("speed_mm_s = 1000", "speed = 1000"), "lines[0].belt.speed: is no key of this table"),
        (changed("speed_mm_s = 1000", ""), "lines[0].belt.speed_mm_s: expected here, but missing"),
        (changed('role = "wait"', 'role = "attic"'), "lines[0].lanes[2].role: invalid enum value 'attic'"),
        (changed('id = "demo"', ""), "id: expected here, but missing"),
        (changed('id = "demo"', 'colour = "red"\nid = "demo"'), "colour: is no key of this table"),
        (changed("port = 18830", "port = 188300"), "broker.port: expected `int` <= 65535"),
        (changed("[broker]", "[broker"), "expected TOML: "),
        (b'name = "\xff"', "expected UTF-8 text; byte 8 is none"),
    ],
)
def test_an_error_names_file_key_and_expectation(content: bytes, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(content, "here.toml")
    assert str(caught.value).startswith(f"here.toml: {said}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"nowhere\.toml: cannot be read \(No such file or directory\)"):
        load_site(tmp_path / "nowhere.toml")


def test_an_unknown_shipped_site_names_those_there_are() -> None:
    with pytest.raises(SiteError, match=r"atlantis: expected a shipped site: .*demo"):
        shipped_site("atlantis")


def test_loading_lists_every_problem_across_keys(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(
        changed("recirculations = 1", "recirculations = 1").replace(b"lane = 2\n", b"lane = 9\n")
    )
    path.write_text(path.read_text().replace('role = "recirculate"', 'role = "wait"'))
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert [problem.key for problem in caught.value.problems] == [
        "lines[0].policy.recirculations",
        "lines[0].sort_plan[0].lane",
    ]
    assert all(line.startswith(f"{path}: lines[0].") for line in str(caught.value).splitlines())


def test_a_file_in_the_way_of_nothing_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b"")
    with pytest.raises(SiteError, match="id: expected here, but missing"):
        load_site(path)
