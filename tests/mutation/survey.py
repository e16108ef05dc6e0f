"""What a run of the unmutated module tells: which tests run which function, and what may be imported before.

Tests that never enter a mutated function cannot notice its mutants, so they are not run for them.
"""

import re
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.mutation.mutants import EVERYWHERE

_INNER = re.compile(r"\.<locals>\.<.*")  # a comprehension or lambda belongs to its function


class Survey(Struct):
    """`tests`: function → the tests that enter it, quickest first; `early`: modules imported before ours."""

    seconds: dict[str, float]  # of each test
    tests: dict[str, list[str]]
    early: list[str]
    foreign: list[str]  # modules of other houses

    def for_function(self, function: str) -> list[str]:
        """The tests that can notice a change of a function."""
        shared = set(self.tests.get(EVERYWHERE, ()))
        found = set(self.seconds) if function == EVERYWHERE else shared | set(self.tests.get(function, ()))
        return sorted(found, key=lambda test: self.seconds[test])


class Surveyor:
    """A pytest plugin that takes the survey and leaves it in a file.

    Args:
        module: the module's file.
        rooms: names of our own top-level packages.
        report: where the survey goes.
    """

    def __init__(self, module: Path, rooms: frozenset[str], report: Path) -> None:
        self._file, self._rooms, self._report = str(module), rooms, report
        self._entered: dict[str, set[str]] = defaultdict(set)
        self._seconds: dict[str, float] = {}
        self._early: list[str] | None = None
        self._test: str | None = None
        self._in_shared_fixture = False

    def wanted(self) -> None:
        """The module is about to be imported: what is complete by now does not depend on it."""
        if self._early is None:
            self._early = [
                name
                for name, module in sys.modules.items()
                if name.split(".")[0] in self._rooms
                and not getattr(getattr(module, "__spec__", None), "_initializing", False)
            ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch one test."""
        self._test = item.nodeid
        began_s = time.perf_counter()
        threading.setprofile(self._saw)
        sys.setprofile(self._saw)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
            self._seconds[item.nodeid] = time.perf_counter() - began_s

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """What a shared fixture enters counts for all tests."""
        self._in_shared_fixture = fixturedef.scope != "function"
        try:
            return (yield)
        finally:
            self._in_shared_fixture = False

    def pytest_sessionfinish(self) -> None:
        """Leave the survey."""
        tests: dict[str, set[str]] = {}
        for function, entered in self._entered.items():
            tests[function] = set(self._seconds) if EVERYWHERE in entered else entered
        foreign = [name for name, module in sys.modules.items() if _is_installed(module)]
        survey = Survey(
            self._seconds,
            {function: sorted(found) for function, found in tests.items()},
            self._early or [],
            foreign,
        )
        self._report.write_bytes(msgspec.json.encode(survey))

    def _saw(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename == self._file and self._test is not None:
            function = _INNER.sub("", frame.f_code.co_qualname)
            self._entered[function].add(EVERYWHERE if self._in_shared_fixture else self._test)


def _is_installed(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return file.startswith((sys.prefix, sys.base_prefix))
