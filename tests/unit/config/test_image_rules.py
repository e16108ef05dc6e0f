"""Rules for CT scanners, cameras and reviews: each can be broken, and says which key breaks it."""

from typing import Any

import msgspec
import pytest

from config.image_rules import CATEGORIES, IMAGE_RULES
from config.load import parse_site, shipped_site
from config.settings import Site
from config.site_check import problems
from models.findings import Category

DEMO = parse_site(shipped_site("demo"), "demo")
SHA256 = "ab" * 32
ONNX: dict[str, Any] = {"reviewers": ["classical", "onnx"]}


def with_line(**values: Any) -> Site:
    """The demonstration site with keys of its line changed; `__` stands for a step down."""
    tree = msgspec.to_builtins(DEMO)
    for path, value in values.items():
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("__"))
        place = tree["lines"][0]
        for step in steps:
            place = place[step]
        place[last] = value
    return msgspec.convert(tree, Site, str_keys=True)


def camera(**changed: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(DEMO.lines[0].cameras[0]), **changed}


FOLDER: dict[str, Any] = {"ct__driver": "folder", "ct__senders": []}
TWICE = [camera(), camera(name="side")]

BROKEN = [
    (with_line(ct__name="scale"), "ct.name", "scale.name has the same"),
    (with_line(cameras__0__name="top"), "cameras[0].name", "scanners[0].name has the same"),
    (with_line(cameras__0__name="ct"), "cameras[0].name", "ct.name has the same"),
    (with_line(ct__port=15020), "ct.port", "conveyor.port is the same"),
    (with_line(ct__port=8600), "ct.port", "centre.port is the same"),
    (with_line(cameras=TWICE), "cameras[1].url", "cameras[0].url is the same"),
    (with_line(ct__senders=[]), "ct.senders", "at least one sender"),
    (with_line(**FOLDER), "ct.folder", "expected the folder"),
    (with_line(ct__position_mm=2599), "ct.position_mm", "2600 mm"),
    (with_line(ct__length_mm=1501), "ct", "5000 mm"),
    (with_line(ct__position_mm=3601), "ct", "ends at 5001 mm"),
    (with_line(belt__release_cutoff_mm=7599), "belt.release_cutoff_mm", "found 1999 ms"),
    (with_line(belt__speed_mm_s=4201), "belt.release_cutoff_mm", "2000 ms after the longest item"),
    (with_line(cameras__0__position_mm=5700), "cameras[0].position_mm", "before the deciding eye at 5700 mm"),
    (with_line(cameras__0__password_file="keys/belt"), "cameras[0].username", "password_file"),
    (with_line(review__reviewers=[]), "review.reviewers", "at least one"),
    (with_line(review={**ONNX, "model": "a.onnx"}), "review.model_sha256", "SHA-256"),
    (with_line(review={"reviewers": ["onnx"]}), "review.reviewers", "classical beside onnx"),
    (with_line(review={**ONNX, "model_sha256": SHA256}), "review.model", "the file to which"),
    (with_line(policy__officer_may_clear=["anomaly", "bomb"]), "policy.officer_may_clear[1]", "found bomb"),
]

WRONG_ADDRESSES = [
    "",
    "belt",
    "http://10.0.0.3/belt",
    "rtsp:///belt",
    "rtsp://10.0.0.3:99999/belt",
    "rtsp://10.0.0.3:port/belt",
    "rtsp://[::1/belt",
    "rtsp://admin@10.0.0.3/belt",
    "rtsp://admin:correct-horse@10.0.0.3/belt",
]


@pytest.mark.parametrize(("site", "key", "words"), BROKEN, ids=[f"{key} {words}" for _, key, words in BROKEN])
def test_a_broken_rule_names_its_key(site: Site, key: str, words: str) -> None:
    said = {problem.key: problem.expectation for problem in problems(site)}
    assert words in said[f"lines[0].{key}"]


def test_every_rule_can_be_broken() -> None:
    untested = [
        rule.sentence for rule in IMAGE_RULES if not any(list(rule.check(site)) for site, _, _ in BROKEN)
    ]
    assert untested == []


@pytest.mark.parametrize("url", WRONG_ADDRESSES)
def test_a_wrong_camera_address_is_refused_and_not_repeated(url: str) -> None:
    [problem] = problems(with_line(cameras__0__url=url))
    assert problem.key == "lines[0].cameras[0].url"
    assert "expected an address" in problem.expectation
    assert "correct-horse" not in problem.expectation


@pytest.mark.parametrize(
    "site",
    [
        with_line(ct__position_mm=2600),
        with_line(ct__length_mm=1500),
        with_line(belt__release_cutoff_mm=7600),
        with_line(**FOLDER, ct__folder="scans", ct__port=8600),
        with_line(cameras=[]),
        with_line(cameras__0__url="rtsp://[::1]/belt?profile=2"),
        with_line(cameras__0__username="viewer", cameras__0__password_file="keys/belt"),
        with_line(review=ONNX),
        with_line(review={**ONNX, "model": "a.onnx", "model_sha256": SHA256}),
        with_line(policy__officer_may_clear=[]),
        with_line(ct=None, review__reviewers=[]),
    ],
)
def test_what_is_allowed_is_not_refused(site: Site) -> None:
    assert problems(site) == ()


def test_the_words_for_findings_are_the_reviewers() -> None:
    assert set(CATEGORIES) == {each.value for each in Category}
