"""The supervisor, with real child processes and a clock of the test's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from simulators.processes import Died, Program, Restarted, Supervisor

SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def supervisor(tmp_path: Path, clock: Clock) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "log", clock)
    yield supervisor
    supervisor.stop()


def python(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code))


def runs(supervisor: Supervisor, name: str, times: int = 1) -> Callable[[], bool]:
    return lambda: supervisor.log(name).read_text().count("ready") >= times


def test_what_is_killed_starts_again_after_the_back_off(
    supervisor: Supervisor, clock: Clock, wait_until: Callable[..., None]
) -> None:
    supervisor.start(python("agent", SLEEPER))
    wait_until(runs(supervisor, "agent"), "the agent runs")
    assert supervisor.poll() == []

    supervisor.kill("agent")
    wait_until(lambda: not supervisor.alive("agent"), "the agent is dead")
    assert supervisor.poll() == [Died("agent", -signal.SIGKILL, 0.5)]
    assert supervisor.poll() == []

    clock.now_s += 0.5
    assert supervisor.poll() == [Restarted("agent")]
    wait_until(runs(supervisor, "agent", 2), "the agent runs again")
    assert supervisor.restarts("agent") == 1


def test_one_that_dies_at_once_waits_longer_each_time(
    supervisor: Supervisor, clock: Clock, wait_until: Callable[..., None]
) -> None:
    supervisor.start(python("faulty", "raise SystemExit(3)"))
    waits: list[float] = []
    for _ in range(6):
        wait_until(lambda: not supervisor.alive("faulty"), "it died")
        (died,) = supervisor.poll()
        assert isinstance(died, Died)
        assert died.exit_code == 3
        waits.append(died.backoff_s)
        clock.now_s += died.backoff_s
        supervisor.poll()
    assert waits == [0.5, 1, 2, 4, 8, 10]


def test_one_that_ran_long_enough_starts_again_soon(
    supervisor: Supervisor, clock: Clock, wait_until: Callable[..., None]
) -> None:
    supervisor.start(python("faulty", "raise SystemExit(3)"))
    for ran_s, backoff_s in ((0, 0.5), (0, 1), (30, 0.5)):
        clock.now_s += ran_s
        wait_until(lambda: not supervisor.alive("faulty"), "it died")
        assert supervisor.poll() == [Died("faulty", 3, backoff_s)]
        clock.now_s += backoff_s
        supervisor.poll()


def test_all_stop_in_order_and_the_stubborn_by_force(
    supervisor: Supervisor, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.processes.STOP_WITHIN_S", 0.3)
    for name, code in (("broker", SLEEPER), ("agent", STUBBORN)):
        supervisor.start(python(name, code))
        wait_until(runs(supervisor, name), f"{name} runs")
    pids = [supervisor.pid(name) for name in ("broker", "agent")]
    assert supervisor.stop() == ["agent"]
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_what_does_not_end_leaves_its_stacks_in_the_log(
    supervisor: Supervisor, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.processes.STOP_WITHIN_S", 0.3)
    code = f"from config import logs; logs.configure('agent'); {STUBBORN}"
    supervisor.start(python("agent", code))
    wait_until(runs(supervisor, "agent"), "the agent runs")
    assert supervisor.stop() == ["agent"]
    assert "Fatal Python error: Aborted" in supervisor.log("agent").read_text()


def test_nothing_outlives_a_killed_parent(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    child = f"import os; print(os.getpid(), 'ready', flush=True); {SLEEPER}"
    parent_code = (
        "import sys, time; from pathlib import Path; from simulators.processes import Program, Supervisor; "
        "supervisor = Supervisor(Path(sys.argv[1])); "
        f"supervisor.start(Program('child', (sys.executable, '-c', {child!r}))); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code, str(tmp_path)])
    log = tmp_path / "child.log"
    try:
        wait_until(lambda: log.exists() and "ready" in log.read_text(), "the child runs")
        pid = int(log.read_text().split()[0])
        assert psutil.pid_exists(pid)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not _running(pid), "the child is gone")


def _running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_is_started_once(supervisor: Supervisor) -> None:
    supervisor.start(python("agent", SLEEPER))
    with pytest.raises(ValueError, match="agent is running already"):
        supervisor.start(python("agent", SLEEPER))
    assert os.getpgid(supervisor.pid("agent")) == supervisor.pid("agent")
