"""What all tests share: free ports, waiting for conditions, and the peers that Debian packages bring."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGES = {
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "mosquitto_pub": "mosquitto-clients",
    "mosquitto_sub": "mosquitto-clients",
    "mbpoll": "mbpoll",
    "gcc": "gcc",
    "chromium": "chromium",
    "storescu": "dcmtk",
    "storescp": "dcmtk",
    "echoscu": "dcmtk",
    "dcmdump": "dcmtk",
    "postgres": "postgresql",
    "initdb": "postgresql",
    "pg_ctl": "postgresql",
}


def find_program(program: str) -> str | None:
    """Path of a program, also where Debian keeps those that are not on everyone's PATH."""
    places = [
        "/usr/sbin",
        "/usr/local/bin",
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
    ]
    return shutil.which(program) or shutil.which(program, path=os.pathsep.join(places))


@pytest.fixture(scope="session")
def require_package() -> Callable[[str], str]:
    """Gives the path of a program, or skips the test; in CI a missing one is a failure, never a skip."""

    def require(program: str) -> str:
        if found := find_program(program):
            return found
        reason = f"{program} is missing: apt-get install {PACKAGES.get(program, program)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return require


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may skip: a skip is reported as the failure it hides."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and in CI nothing may skip"
    return report


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives loopback ports that nobody listens on; for programs that cannot be told to take port 0."""

    def port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return port


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits until a condition holds; fails with `what` after `within_s` seconds."""

    def wait(condition: Callable[[], object], what: str, within_s: float = 10.0) -> None:
        deadline_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline_s:
                pytest.fail(f"after {within_s} s still not: {what}")
            time.sleep(0.02)

    return wait


@dataclass(frozen=True)
class Mosquitto:
    """A mosquitto of this test's own, with one user and no anonymous access."""

    host: str
    port: int
    username: str
    password: str
    password_file: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def mosquitto(
    tmp_path: Path,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
    wait_until: Callable[..., None],
) -> Iterator[Mosquitto]:
    """A running mosquitto on loopback; sessions and retained messages live in memory."""
    program, hasher = require_package("mosquitto"), require_package("mosquitto_passwd")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    password, port = "correct-horse", free_port()
    password_file = folder / "password"
    password_file.write_text(password)
    subprocess.run(
        [hasher, "-b", "-c", str(folder / "users"), "redpeak", password], check=True, capture_output=True
    )
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {folder / 'users'}\n"
        f"max_queued_messages 0\npersistence false\nuser {os.environ.get('USER', 'root')}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, "mosquitto listens")
        assert process.poll() is None, (folder / "log").read_text()
        yield Mosquitto("127.0.0.1", port, "redpeak", password, password_file, process)
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
