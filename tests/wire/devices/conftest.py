"""A CT receiver under test, and dcmtk's sender."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wire.devices.ct_rig import Rig


@pytest.fixture
def rig(tmp_path: Path, wait_until: Callable[..., None]) -> Iterator[Rig]:
    made = Rig(tmp_path / "data", wait_until)
    yield made
    made.stop()


@pytest.fixture
def storescu(require_package: Callable[[str], str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    program = require_package("storescu")

    def send(port: int, *files: Path, syntax: str = "-x=") -> subprocess.CompletedProcess[str]:
        called = ["-aet", "STORESCU", "-aec", "REDPEAK", "127.0.0.1", str(port)]
        call = [program, "-v", "-R", syntax, *called, *map(str, files)]
        return subprocess.run(call, capture_output=True, text=True, timeout=30, check=False)

    return send
