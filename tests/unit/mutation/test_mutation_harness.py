"""The mutation harness bites: what tests can notice is killed, what no test can notice lives, and is told."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from config.settings import LaneRole
from tests.mutation import report
from tests.mutation.mutants import Key, mutants
from tests.mutation.report import ModuleReport
from tests.mutation.running import Outcome
from tests.mutation.survivors import FILE, read_survivors
from tests.mutation.targets import TARGETS

PLANTED = '''
"""A module with a line that hangs when broken, one no test enters, and one that says the same either way."""

def total(count: int, price: int) -> int:
    if count <= 0:
        return 0
    while count > 1:
        count -= 1
        price += 1
    return price

def unseen() -> int:
    return 7

def same(first: int) -> int:
    return max(first, first)
'''
TESTS = """
from planted import same, total

def test_total():
    assert total(0, 5) == 0
    assert total(3, 5) == 7

def test_same():
    assert same(4) == 4
"""
TRY = """
import json, sys
from tests.mutation.running import Target, tried
target = Target("planted", ("test_planted.py",), sys.argv[1])
print(json.dumps([(*each.key, each.killed, each.timed_out, each.covered) for each in tried(target)]))
"""


def changes(source: str, **names: object) -> set[tuple[str, str]]:
    return {(each.key.before, each.key.after) for each in mutants("m", dedent(source), names)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], tuple[bool, ...]]]:
    """What became of each mutant of the planted module: killed, out of time, covered."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted.py").write_text(PLANTED.strip())
    (folder / "test_planted.py").write_text(TESTS)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(folder)], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    yield {(before, after): tuple(rest) for _, before, after, _, *rest in json.loads(done.stdout)}


def test_what_a_test_notices_is_killed(found: dict[tuple[str, str], tuple[bool, ...]]) -> None:
    assert found["return price", "return None"] == (True, False, True)
    assert found["count <= 0", "count > 0"] == (True, False, True)
    assert found["price += 1", "pass"] == (True, False, True)


def test_what_hangs_is_killed_when_its_time_is_over(found: dict[tuple[str, str], tuple[bool, ...]]) -> None:
    assert found["count -= 1", "pass"] == (True, True, True)


def test_what_says_the_same_either_way_lives(found: dict[tuple[str, str], tuple[bool, ...]]) -> None:
    assert found["return max(first, first)", "return min(first, first)"] == (False, False, True)


def test_what_no_test_enters_lives_and_is_told_apart(
    found: dict[tuple[str, str], tuple[bool, ...]],
) -> None:
    assert found["return 7", "return 8"] == (False, False, False)


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("a = b < c", "a = b < c", {"a = b <= c", "a = b >= c"}),
        ("a = b is not c", "a = b is not c", {"a = b is c"}),
        ("a = b and c", "a = b and c", {"a = b or c", "a = b", "a = c"}),
        ("a = not b", "a = not b", {"a = b"}),
        ("a = b % 2", "a = b % 2", {"a = b // 2", "a = b % 3"}),
        ("a = b in ('', c)", "a = b in ('', c)", {"a = b not in ('', c)", "a = b in (c,)", "a = b in ('',)", "a = b in ('XX', c)"}),  # noqa: E501
        ("f(a, b=c)", "f(a, b=c)", {"f(None, b=c)", "f(a)", "pass"}),
        ("if a:\n    f()", "if a", {"if True", "if False"}),
        ("a = {b, c}", "a = {b, c}", {"a = {b}", "a = {c}"}),
        ("a = LaneRole.WAIT", "a = LaneRole.WAIT", {"a = LaneRole.INSPECT"}),
        ("try:\n    f()\nexcept (A, B):\n    g()", "except (A, B)", {"except (A, B): raise", "except (A,)", "except (B,)"}),  # noqa: E501
        ("def f():\n    raise A", "raise A", {"pass"}),
        ("def f():\n    yield a", "yield a", {"pass"}),
        ("a = [b for b in c if b]", "a = [b for b in c if b]", {"a = [b for b in c]"}),
    ],
)  # fmt: skip
def test_every_kind_of_mistake_is_made(source: str, before: str, after: set[str]) -> None:
    made = changes(source, LaneRole=LaneRole)
    assert {each for line, each in made if line == before} == after


def test_what_no_run_can_tell_is_left_alone() -> None:
    assert not changes(
        '''
        """Says 1."""
        import a
        _log = get_logger("name")
        Kind = A | B
        T = TypeVar("T")

        class C(Base, frozen=True):
            """Says 2."""

            field: Literal["x"]

        @decorated(1)
        def f(a: Annotated[int, 3]) -> Literal[4]:
            """Says 5."""
            _log.info("said", a=1)
            assert_never(a)
        '''
    )


def test_equal_changes_of_equal_lines_are_told_apart_and_lines_may_move() -> None:
    source = "def f():\n    g()\n    g()\n"
    first, second = [each.key for each in mutants("m", source, {}) if each.key.after == "pass"]
    assert (first, second) == (Key("m:f", "g()", "pass", 1), Key("m:f", "g()", "pass", 2))
    moved = [each.key for each in mutants("m", "h = 1\n\n" + source, {})]
    assert {first, second} <= set(moved)


KEYS = [Key("m:f", "a", str(number), 1) for number in range(10)]


def judged(killed: int, *explained: Key, all_tried: bool = True) -> ModuleReport:
    outcomes = [Outcome(key, 1, killed=place < killed) for place, key in enumerate(KEYS)]
    return report.judged("m", outcomes, dict.fromkeys(explained, "why"), 1.0, all_tried=all_tried)


def test_nine_of_ten_killed_and_the_last_explained_is_enough() -> None:
    assert judged(10).is_good
    assert judged(9, KEYS[9]).is_good
    assert not judged(9).is_good
    assert judged(9).unexplained[0].key == KEYS[9]
    assert not judged(8, KEYS[8], KEYS[9]).is_good  # explained, and still too many


def test_an_explanation_of_what_is_killed_or_gone_is_stale() -> None:
    gone = Key("m:f", "b", "c", 1)
    assert judged(9, KEYS[9], KEYS[0]).stale == [KEYS[0]]
    assert judged(10, gone).stale == [gone]
    assert judged(10, gone, all_tried=False).stale == []
    assert judged(10, Key("other:f", "b", "c", 1)).is_good


def test_every_explained_survivor_is_a_mutant_there_is() -> None:
    """Those of enumerations aside, which need the module imported: the whole run finds them."""
    known = {
        each.key
        for target in TARGETS
        for each in mutants(target.module, target.path.read_text(), {"LaneRole": LaneRole})
    }
    assert read_survivors(FILE).keys() <= known


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[survivor]]\nwhere = 'm:f'\n", r"survivors\.toml: .*missing required field"),
        ("[[survivor]]\nwhere = 1\n", r"survivors\.toml: Expected `str`"),
        (
            "[[survivor]]\nwhere='m:f'\nbefore='a'\nafter='b'\nwhy=' '",
            r"m:f: b: expected once, with a reason",
        ),
        ("nonsense", r"survivors\.toml: "),
    ],
)
def test_a_wrong_list_of_survivors_is_named(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text(content)
    with pytest.raises(ValueError, match=told):
        read_survivors(path)
