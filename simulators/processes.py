"""Keeps the programs of a site running: starts them, restarts what dies, stops all in order.

Nothing outlives the parent: each program is started through this file's own `main`, which asks the kernel to
kill it when the parent goes (Linux), and becomes the program. No threads: the caller polls.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 10.0
SETTLED_S = 30.0  # a program that ran this long starts again with the first back-off
STOP_WITHIN_S = 10.0
ABORT_WITHIN_S = 1.0
_PR_SET_PDEATHSIG = 1


class Program(Struct, frozen=True):
    """What to run: `command` is complete, its first word the executable."""

    name: str
    command: tuple[str, ...]


class Died(Struct, frozen=True):
    """A program ended unasked; it starts again after `backoff_s`."""

    name: str
    exit_code: int  # negative: the signal that ended it
    backoff_s: float


class Restarted(Struct, frozen=True):
    """A program that had died runs again."""

    name: str


class _Running:
    """One program and what became of it so far."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes], started_s: float) -> None:
        self.program = program
        self.process = process
        self.started_s = started_s
        self.backoff_s = FIRST_BACKOFF_S
        self.due_s: float | None = None  # when to start it again
        self.restarts = 0


class Supervisor:
    """Runs programs, each with its output in `log_folder`/NAME.log.

    Args:
        log_folder: made if it is not there; logs are appended to.
        clock: monotonic seconds.
    """

    def __init__(self, log_folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._log_folder = log_folder
        self._clock = clock
        self._running: dict[str, _Running] = {}
        log_folder.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self._log_folder / f"{name}.log"

    def start(self, program: Program) -> None:
        """Start a program that is to run until `stop`."""
        if program.name in self._running:
            raise ValueError(f"{program.name} is running already")
        self._running[program.name] = _Running(program, self._spawn(program), self._clock())

    def poll(self) -> list[Died | Restarted]:
        """Look after all programs once: notice deaths, start again what is due. To be called often."""
        news: list[Died | Restarted] = []
        now_s = self._clock()
        for each in self._running.values():
            if each.due_s is not None:
                if now_s >= each.due_s:
                    each.process, each.started_s, each.due_s = self._spawn(each.program), now_s, None
                    each.restarts += 1
                    news.append(Restarted(each.program.name))
            elif (code := each.process.poll()) is not None:
                settled = now_s - each.started_s >= SETTLED_S
                wait_s = FIRST_BACKOFF_S if settled else each.backoff_s
                each.backoff_s = min(2 * wait_s, LONGEST_BACKOFF_S)
                each.due_s = now_s + wait_s
                news.append(Died(each.program.name, code, wait_s))
        return news

    def alive(self, name: str) -> bool:
        """Whether that program runs at this moment."""
        each = self._running[name]
        return each.due_s is None and each.process.poll() is None

    def restarts(self, name: str) -> int:
        """How often that program had to be started again."""
        return self._running[name].restarts

    def all_restarts(self) -> dict[str, int]:
        """The same of every program that is to run."""
        return {name: each.restarts for name, each in self._running.items()}

    def complete(self, program: Program) -> int:
        """Run a program to its end and return its exit code; nobody looks after the others meanwhile."""
        process = self._spawn(program)
        try:
            return process.wait()
        finally:
            _signal_group(process, signal.SIGKILL)

    def pid(self, name: str) -> int:
        """Process id of that program's latest run."""
        return self._running[name].process.pid

    def kill(self, name: str) -> None:
        """End a program as a power cut would (SIGKILL, its children too); `poll` then restarts it."""
        _signal_group(self._running[name].process, signal.SIGKILL)

    def stop(self) -> list[str]:
        """End all programs, last started first: SIGTERM, after ten seconds SIGABRT, which leaves a Python
        program's stacks in its log, then SIGKILL.

        Returns the names of those that did not end by themselves.
        """
        forced: list[str] = []
        for name in reversed(self._running):
            process = self._running[name].process
            _signal_group(process, signal.SIGTERM)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                forced.append(name)
                _signal_group(process, signal.SIGABRT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(ABORT_WITHIN_S)
            _signal_group(process, signal.SIGKILL)  # whatever it left behind in its group
            process.wait()
        self._running.clear()
        return forced

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then stops all in order.
        guard = (sys.executable, "-P", "-m", "simulators.processes", str(os.getpid()))
        with self.log(program.name).open("ab") as output:
            return subprocess.Popen(
                [*guard, *program.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def main(arguments: Sequence[str]) -> None:
    """Become the program in `arguments[1:]`, tied to the life of process `arguments[0]`."""
    parent = int(arguments[0])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it went before we asked
            sys.exit(1)
    os.execv(arguments[1], list(arguments[1:]))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
