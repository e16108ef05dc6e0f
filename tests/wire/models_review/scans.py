"""Scans as the plant's CT writes them, and a reviewer's process to give them to."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from models.tasks import Done, Ready, Reported, Task, TaskFile
from simulators.ct import dicos
from simulators.ct.hazards import Hazard
from simulators.ct.packing import Parcelled, packed
from simulators.ct.renderer import VoxelRenderer

ENERGIES = ("low", "high")


def scanned(folder: Path, hazard: Hazard = Hazard.NONE, *, cut: bool = False) -> tuple[TaskFile, ...]:
    """A parcel's scan: a DICOS object for each energy."""
    weight_g = 8_000 if hazard is Hazard.BLOCK else 4_000
    image = VoxelRenderer().render(packed(Parcelled("wire", weight_g, 400, hazard)), "wire")
    study = dicos.Study(8_000, "3-17", datetime(2026, 7, 1, 12, 30, tzinfo=UTC), 0.4)
    files: list[TaskFile] = []
    for energy, volume in zip(ENERGIES, (image.low, image.high), strict=True):
        path = folder / f"{hazard or 'plain'}-{energy}.dcs"
        dicos.write(path, volume, energy, study, cut=cut and energy == "high")
        files.append(TaskFile(str(path), energy))
    return tuple(files)


class Worker:
    """A reviewer's process; `end` it in the test."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def ready(self) -> Ready:
        """Its first line."""
        return msgspec.json.decode(self._stream(self.process.stdout).readline(), type=Ready)

    def give(self, line: bytes) -> None:
        """Send a line as it is."""
        stdin = self._stream(self.process.stdin)
        stdin.write(line + b"\n")
        stdin.flush()

    def answer(self) -> Done | Reported:
        """The next answer."""
        return msgspec.json.decode(self._stream(self.process.stdout).readline(), type=Done | Reported)

    def result(self) -> tuple[Done, bool]:
        """The next task's review, which must come first, and whether its report was written."""
        done, reported = self.answer(), self.answer()
        assert isinstance(done, Done)
        assert isinstance(reported, Reported)
        assert reported.scan_id == done.scan_id
        return done, reported.written

    def review(self, scan_id: str, files: Sequence[TaskFile], report: str = "") -> tuple[Done, bool]:
        """Give a task and wait for its result."""
        self.give(msgspec.json.encode(Task(scan_id, tuple(files), report)))
        return self.result()

    def end(self) -> list[dict[str, object]]:
        """Close its stdin; it must end by itself. Returns its log."""
        _, log = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, log
        return [msgspec.json.decode(line) for line in log.splitlines()]

    def kill(self) -> None:
        """As a power cut would; nothing happens if it has ended."""
        self.process.kill()
        self.process.communicate()

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream


def command(*words: str) -> list[str]:
    """The worker's command line."""
    return [sys.executable, "-P", "-m", "models.review.worker", *words]


def environment() -> dict[str, str]:
    """For processes that start workers of their own."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
