"""All mutants of one module against its tests, each in a forked child of one warm process."""

import ast
import contextlib
import gc
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.mutation import children
from tests.mutation.children import Child, ModuleFinder
from tests.mutation.mutants import EVERYWHERE, Key, Mutant, mutants
from tests.mutation.survey import Survey, Surveyor

ROOT = Path(__file__).parents[2]
_ROOMS = frozenset({"config", "devices", "models", "edge", "central", "simulators"})
_PATIENCE = 4.0  # a mutant may take so many times what its tests take, and
_GRACE_S = 5.0  # so much more
_SURVEY_LIMIT_S = 300.0


class MutationError(Exception):
    """The tests cannot be run as they are, or cannot tell a mutant from the module."""


class Target(Struct, frozen=True):
    """A module and the tests that answer for it, as paths below the root."""

    module: str
    tests: tuple[str, ...]
    root: str = str(ROOT)

    @property
    def path(self) -> Path:
        """The module's file."""
        return Path(self.root, *self.module.split(".")).with_suffix(".py")


class Outcome(Struct, frozen=True, tag=True):
    """What became of a mutant. Out of time is killed: a line that hangs is found out."""

    key: Key
    line: int
    killed: bool
    timed_out: bool = False
    covered: bool = True  # a test enters its function


class _Failed(Struct, frozen=True, tag=True):
    """Why the mutants could not be tried."""

    reason: str


def tried(target: Target, jobs: int = 1, only: str = "") -> Iterator[Outcome]:
    """Try the mutants of a module whose function or line contains `only`, `jobs` at the same time.

    A process of its own does it, so that this one imports nothing of the module's.

    Raises:
        MutationError: the tests fail without a mutant.
    """
    fork = multiprocessing.get_context("fork")
    receiving, sending = fork.Pipe(duplex=False)
    process = fork.Process(target=_work, args=(target, jobs, only, sending))
    process.start()
    sending.close()
    with contextlib.suppress(EOFError):
        while True:
            said = msgspec.json.decode(receiving.recv_bytes(), type=Outcome | _Failed)
            if isinstance(said, _Failed):
                raise MutationError(said.reason)
            yield said
    process.join()
    if process.exitcode:
        raise MutationError(f"{target.module}: its process ended with {process.exitcode}, expected 0")


def _work(target: Target, jobs: int, only: str, sending: Connection) -> None:
    def tell(said: Outcome | _Failed) -> None:
        sending.send_bytes(msgspec.json.encode(said))

    os.chdir(target.root)
    try:
        _run(target, jobs, tell, lambda key: only in key.where or only in key.before)
    except MutationError as error:
        tell(_Failed(str(error)))


def _run(target: Target, jobs: int, told: Callable[[Outcome], None], wanted: Callable[[Key], bool]) -> None:
    survey = _survey(target)
    _import_early([*survey.foreign, *survey.early])
    gc.collect()
    gc.freeze()  # what the children share is not to be copied by their collections
    planned = [each for each in _mutants(target) if wanted(each.key)]
    every_test = survey.for_function(EVERYWHERE)
    untouched = children.start(ModuleFinder(target.module, target.path), every_test)
    _expect_success(target, untouched, "in the order in which mutants are tried")
    running: dict[Child, tuple[Mutant, float]] = {}
    for mutant in planned:
        tests = survey.for_function(mutant.function)
        if not tests:
            told(Outcome(mutant.key, mutant.line, killed=False, covered=False))
            continue
        while len(running) >= jobs:
            _take_in(running, told)
        finder = ModuleFinder(target.module, target.path, mutant.compiled(target.path))
        limit_s = _GRACE_S + _PATIENCE * sum(survey.seconds[test] for test in tests)
        running[children.start(finder, tests)] = (mutant, time.monotonic() + limit_s)
    while running:
        _take_in(running, told)


def _survey(target: Target) -> Survey:
    with tempfile.TemporaryDirectory(prefix="survey-") as folder:
        report = Path(folder) / "survey.json"
        surveyor = Surveyor(target.path, _ROOMS, report)
        finder = ModuleFinder(target.module, target.path, wanted=surveyor.wanted)
        _expect_success(target, children.start(finder, target.tests, [surveyor]), "as they stand")
        return msgspec.json.decode(report.read_bytes(), type=Survey)


def _expect_success(target: Target, child: Child, how: str) -> None:
    ended = children.wait([child], _SURVEY_LIMIT_S)
    said = children.said(child)
    status = children.reap(child, timed_out=not ended)
    if status:
        raise MutationError(
            f"{target.module}: without a mutant its tests, run {how}, end with {status}, expected 0: "
            f"pytest {' '.join(target.tests)}\n{said}"
        )


def _import_early(names: Iterable[str]) -> None:
    """Import what every child will need; what cannot be imported on its own is left to the children."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _mutants(target: Target) -> list[Mutant]:
    source = target.path.read_text()
    names: dict[str, object] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _ROOMS:
            home = importlib.import_module(node.module)
            names |= {each.asname or each.name: getattr(home, each.name, None) for each in node.names}
    if target.module in sys.modules:
        raise MutationError(
            f"{target.module}: imported before its mutants, perhaps by what it imports itself"
        )
    return mutants(target.module, source, names)


def _take_in(running: dict[Child, tuple[Mutant, float]], told: Callable[[Outcome], None]) -> None:
    """Wait until at least one child has ended or is out of time."""
    soonest_s = min(until_s for _, until_s in running.values())
    ended = children.wait(list(running), soonest_s - time.monotonic())
    for child, (mutant, until_s) in list(running.items()):
        late = child not in ended and time.monotonic() >= until_s
        if child in ended or late:
            del running[child]
            status = children.reap(child, timed_out=late)
            told(Outcome(mutant.key, mutant.line, killed=status != 0, timed_out=late))
