"""The receiver's ear: an acknowledgement that cannot be written down does not end the receiver."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest

from devices.ct import receiver
from devices.ct.arrivals import Acknowledged, encode_line
from devices.ct.ledger import Ledger


class Full(Ledger):
    """On a disk that is full for a while."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.heard: list[tuple[int, ...]] = []

    def acknowledge(self, numbers: tuple[int, ...]) -> None:
        if not self.heard:
            self.heard.append(())
            raise sqlite3.OperationalError("database or disk is full")
        self.heard.append(numbers)


class Stdin:
    def __init__(self, *lines: bytes) -> None:
        self.buffer = io.BytesIO(b"".join(line + b"\n" for line in lines))


def test_a_full_disk_ends_no_receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Full(tmp_path / "ledger.db")
    lines = [encode_line(Acknowledged((1,))), b"no line", encode_line(Acknowledged((2,)))]
    monkeypatch.setattr(sys, "stdin", Stdin(*lines))
    receiver._hear(ledger)  # pyright: ignore[reportPrivateUsage]  its loop, without the process
    assert ledger.heard == [(), (2,)]
    ledger.close()
