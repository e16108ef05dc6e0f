"""One forked process a test run: it inherits what is imported already, and nothing it breaks outlives it.

The module under test is never imported before the fork: the child gets it, mutated or not, from a finder.
"""

import importlib.util
import io
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

import pytest

_MEMORY_BYTES = 4 << 30  # a mutant that collects without end dies of this
_QUIET = [
    "-x",
    "-q",
    "--tb=no",
    "--assert=plain",
    "--no-header",
    "--no-summary",
    "--show-capture=no",
    "--override-ini=addopts=",
    "--import-mode=importlib",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "-p",
    "no:hypothesispytest",  # takes longer than most tests
    "-W",  # its plugins are imported already, which is the point
    "ignore::pytest.PytestAssertRewriteWarning",
]
TIMED_OUT = -1
_SAID = "said"


class _Given(SourceFileLoader):
    """Loads a module from code already compiled."""

    def __init__(self, module: str, path: Path, code: CodeType | None) -> None:
        super().__init__(module, str(path))
        self._code = code

    def get_code(self, fullname: str) -> CodeType | None:
        return self._code or super().get_code(fullname)


class ModuleFinder(MetaPathFinder):
    """Finds one module, as given; tells when it is first wanted."""

    def __init__(
        self, module: str, path: Path, code: CodeType | None = None, wanted: Callable[[], None] = lambda: None
    ) -> None:
        self._module, self._path, self._code, self._wanted = module, path, code, wanted

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of that module; None for all others."""
        if fullname != self._module:
            return None
        self._wanted()
        loader = _Given(fullname, self._path, self._code)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class Child(NamedTuple):
    """A running test process; `ended` becomes readable when it is over."""

    pid: int
    ended: int
    folder: str


def start(finder: ModuleFinder, tests: Sequence[str], plugins: Sequence[object] = ()) -> Child:
    """Fork, and run these tests with the module the finder gives."""
    folder = tempfile.mkdtemp(prefix="mutant-")
    pid = os.fork()
    if pid:
        return Child(pid, os.pidfd_open(pid), folder)
    status = 3
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
        _speak_into(Path(folder) / _SAID)
        sys.meta_path.insert(0, finder)
        status = int(
            pytest.main([*_QUIET, f"--rootdir={Path.cwd()}", f"--basetemp={folder}/t", *tests], plugins)
        )
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def wait(children: Sequence[Child], timeout_s: float) -> list[Child]:
    """Those that have ended, at the latest after that time."""
    ready, _, _ = select.select([child.ended for child in children], [], [], max(0.0, timeout_s))
    return [child for child in children if child.ended in ready]


def said(child: Child, last: int = 2000) -> str:
    """The end of what a child printed."""
    return (Path(child.folder) / _SAID).read_text(errors="replace")[-last:]


def reap(child: Child, *, timed_out: bool = False) -> int:
    """The exit code of a child that has ended, or is to: negative for one that was killed."""
    if timed_out:
        os.killpg(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    os.close(child.ended)
    shutil.rmtree(child.folder, ignore_errors=True)
    return TIMED_OUT if timed_out else os.waitstatus_to_exitcode(status)


def _speak_into(path: Path) -> None:
    said = os.open(path, os.O_RDWR | os.O_CREAT)
    for stream in (0, 1, 2):
        os.dup2(said, stream)
    sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(said, "w"), write_through=True)
