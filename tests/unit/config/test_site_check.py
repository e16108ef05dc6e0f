"""Rules across a site's keys: the shipped sites keep them all, and each can be broken."""

from typing import Any

import msgspec
import pytest

from config.image_rules import IMAGE_RULES
from config.load import parse_site, shipped_site, shipped_sites
from config.settings import Site
from config.site_check import RULES, problems

SORTING = parse_site(shipped_site("sorting"), "sorting")


def with_values(**values: Any) -> Site:
    """The site without CT with keys changed; `__` stands for a step down, numbers index lists."""
    tree = msgspec.to_builtins(SORTING)
    for path, value in values.items():
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("__"))
        place = tree
        for step in steps:
            place = place[step]
        place[last] = value
    return msgspec.convert(tree, Site, str_keys=True)


def with_line(**values: Any) -> Site:
    """The same, below the first line."""
    return with_values(**{f"lines__0__{path}": value for path, value in values.items()})


def lanes(*wanted: tuple[int, str, str, int]) -> list[dict[str, Any]]:
    return [dict(zip(("number", "name", "role", "diverter_mm"), lane, strict=True)) for lane in wanted]


LINE = msgspec.to_builtins(SORTING.lines[0])
INSPECT, RELEASE, RELEASE_2 = (
    (9, "I", "inspect", 14_000),
    (1, "R", "release", 11_000),
    (2, "S", "release", 12_000),
)
PLAIN = {"policy__recirculations": 0}

BROKEN = [
    (with_values(lines=[]), "lines", "at least one line"),
    (with_values(lines=[LINE, LINE]), "lines[1].id", "lines[0].id has the same"),
    (with_line(scanners__1__name="top"), "lines[0].scanners[1].name", "scanners[0].name has the same"),
    (with_line(scale__name="side"), "lines[0].scale.name", "scanners[1].name has the same"),
    (with_line(scale__name="conveyor"), "lines[0].scale.name", "lines[0].conveyor has the same"),
    (with_values(broker__port=8600), "broker.port", "centre.port is the same"),
    (with_line(conveyor__port=18830), "lines[0].conveyor.port", "broker.port is the same"),
    (with_line(scale__port="dev/top"), "lines[0].scale.port", "scanners[0].port is the same"),
    (with_values(broker__host="10.0.0.2"), "broker.host", "loopback"),
    (with_values(broker__host="broker.example"), "broker.host", "loopback"),
    (with_values(centre__host="0.0.0.0"), "centre.host", "loopback"),
    (with_values(timezone="Asia/Atlantis"), "timezone", "time zone"),
    (with_line(lanes__1__number=1), "lines[0].lanes[1].number", "lanes[0].number is the same"),
    (with_line(lanes__1__name="R1"), "lines[0].lanes[1].name", "lanes[0].name is the same"),
    (with_line(lanes__1__diverter_mm=11_000), "lines[0].lanes[1].diverter_mm", "lanes[0].diverter_mm"),
    (with_line(lanes=lanes(RELEASE, RELEASE_2), **PLAIN), "lines[0].lanes", "role inspect, found 0"),
    (with_line(lanes__2__role="inspect"), "lines[0].lanes", "role inspect, found 2"),
    (with_line(lanes=lanes(INSPECT), sort_plan=[], **PLAIN), "lines[0].lanes", "role release"),
    (with_line(lanes__3__role="wait"), "lines[0].policy.recirculations", "no lane with role recirculate"),
    (with_line(sort_plan__0__lane=7), "lines[0].sort_plan[0].lane", "found 7"),
    (with_line(sort_plan__1__lane=5), "lines[0].sort_plan[1].lane", "I has inspect"),
    (with_line(sort_plan=[{"lane": 1, "courier": "SF"}]), "lines[0].sort_plan", "for the rest"),
    (with_line(sort_plan__0__courier=""), "lines[0].sort_plan[1]", "never reached"),
    (with_line(belt__eyes_mm=[10, 1500, 4200]), "lines[0].belt.eyes_mm", "at 0"),
    (with_line(belt__eyes_mm=[0, 4200, 4200]), "lines[0].belt.eyes_mm", "rise"),
    (with_line(belt__decide_eye=3), "lines[0].belt.decide_eye", "one of the 3 eyes"),
    (with_line(scanners__0__position_mm=3501), "lines[0].scanners[0].position_mm", "3500 mm"),
    (with_line(scale__length_mm=1901), "lines[0].scale", "ends at 3501 mm"),
    (with_line(belt__release_cutoff_mm=4200), "lines[0].belt.release_cutoff_mm", "after the deciding eye"),
    (with_line(belt__release_cutoff_mm=4798), "lines[0].belt.release_cutoff_mm", "300 ms"),
    (with_line(belt__inspect_cutoff_mm=8999), "lines[0].belt.inspect_cutoff_mm", "release_cutoff_mm (9000)"),
    (with_line(lanes__3__diverter_mm=9600), "lines[0].lanes[3].diverter_mm", "past 9600 mm"),
    (with_line(lanes__4__diverter_mm=16_001), "lines[0].lanes[4].diverter_mm", "ends at 16000 mm"),
    (with_line(lanes__2__diverter_mm=15_000), "lines[0].lanes[2].diverter_mm", "before lane I"),
    (with_line(scanners=[]), "lines[0].scanners", "at least one scanner"),
    (with_line(scanners__0__no_read=[""]), "lines[0].scanners[0].no_read", "not empty"),
    (
        with_line(policy__code_rules__0__pattern="("),
        "lines[0].policy.code_rules[0].pattern",
        "regular expression",
    ),
]


@pytest.mark.parametrize("name", shipped_sites())
def test_a_shipped_site_keeps_every_rule(name: str) -> None:
    assert problems(parse_site(shipped_site(name), name)) == ()


@pytest.mark.parametrize(("site", "key", "words"), BROKEN, ids=[f"{key} {words}" for _, key, words in BROKEN])
def test_a_broken_rule_names_its_key(site: Site, key: str, words: str) -> None:
    said = {problem.key: problem.expectation for problem in problems(site)}
    assert words in said[key]


def test_every_rule_can_be_broken() -> None:
    here = [rule for rule in RULES if rule not in IMAGE_RULES]
    untested = [rule.sentence for rule in here if not any(list(rule.check(site)) for site, _, _ in BROKEN)]
    assert untested == []


@pytest.mark.parametrize(
    "site",
    [
        with_values(broker__host="localhost"),
        with_values(broker__host="::1"),
        with_values(broker__embedded=False, broker__host="10.0.0.2", centre__host="0.0.0.0"),
        with_line(conveyor__host="10.0.0.9"),
        with_line(belt__release_cutoff_mm=4800),
        with_line(belt__inspect_cutoff_mm=9000),
        with_line(lanes=lanes(RELEASE, INSPECT), sort_plan=[{"lane": 1}], **PLAIN),
    ],
)
def test_what_is_allowed_is_not_refused(site: Site) -> None:
    assert problems(site) == ()
