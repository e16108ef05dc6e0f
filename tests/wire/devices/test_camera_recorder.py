"""The recorder as a process of its own: how it begins and ends."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

ENDS_WITHIN_S = 20


@contextmanager
def recorder(folder: Path, port: int) -> Generator[subprocess.Popen[bytes]]:
    """A recorder whose camera nobody has switched on."""
    command = [sys.executable, "-P", "-m", "devices.camera.recorder"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdin is not None
            setup = {"device": "belt", "url": f"rtsp://127.0.0.1:{port}/belt", "folder": str(folder)}
            times = {"latency_s": 0.1, "before_s": 1.0, "after_s": 1.0}
            process.stdin.write(json.dumps({**setup, **times}).encode() + b"\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[bytes]) -> dict[str, object]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_it_tells_how_it_does_and_ends_with_its_input(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with recorder(tmp_path, free_port()) as process:
        assert said(process)["type"] == "account"
        assert said(process)["type"] == "account"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(ENDS_WITHIN_S) == 0


def test_it_answers_without_a_camera(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with recorder(tmp_path, free_port()) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"number":5,"at_s":1.0}\n')
        process.stdin.flush()
        answer = said(process)
        while answer["type"] != "recorded":
            answer = said(process)
        assert answer["number"] == 5
        assert "no frame of that moment" in str(answer["problem"])


@pytest.mark.parametrize("line", [b"[]\n", b"garbage\n", b'{"number":"x","at_s":1}\n', b"\xff\n"])
def test_it_ends_when_it_is_told_nonsense(tmp_path: Path, free_port: Callable[[], int], line: bytes) -> None:
    with recorder(tmp_path, free_port()) as process:
        assert process.stdin is not None
        process.stdin.write(line)
        process.stdin.flush()
        process.wait(ENDS_WITHIN_S)
