"""The CT scanner's process against dcmtk's storescp, which nobody here wrote, and into a folder."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicos
import pytest
from msgspec.structs import replace

from simulators.ct.orders import (
    Forget,
    ObjectSent,
    Order,
    Prepare,
    Ready,
    Send,
    Setup,
    decode_report,
    encode_line,
)
from simulators.ct.packing import Parcelled
from simulators.ct.renderer import SHAPE

ACQUIRED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BOTH = ("low", "high")


class Process:
    """The scanner as the plant starts it, by its orders and reports."""

    def __init__(self, setup: Setup) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "simulators.ct"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.order(setup)
        assert isinstance(self._report(), Ready)

    def order(self, *orders: Order) -> None:
        assert self.process.stdin
        for order in orders:
            self.process.stdin.write(encode_line(order) + b"\n")
        self.process.stdin.flush()

    def send(self, key: int, energies: tuple[str, ...] = BOTH, **other: Any) -> Send:
        due_s = time.monotonic() + other.pop("in_s", 0.0)
        order = Send(key, other.pop("scan", 1), energies, f"70000-{key}", ACQUIRED_AT, 0.4, due_s, **other)
        self.order(order)
        return order

    def sent(self, count: int) -> list[ObjectSent]:
        reports = [self._report() for _ in range(count)]
        return [report for report in reports if isinstance(report, ObjectSent)]

    def end(self) -> tuple[int, str]:
        _, log = self.process.communicate(timeout=10)
        return self.process.returncode, log.decode()

    def _report(self) -> ObjectSent | Ready:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.end()
        return decode_report(line)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts scanners that send to a port of this machine, or into a folder."""
    started: list[Process] = []

    def make(**setup: Any) -> Process:
        made = Setup(1, str(tmp_path / "work"), "127.0.0.1", called_title="REDPEAK")
        started.append(Process(replace(made, **setup)))
        return started[-1]

    yield make
    for each in started:
        each.process.kill()
        each.process.communicate()


@pytest.fixture
def store(
    tmp_path: Path,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
    wait_until: Callable[..., None],
) -> Iterator[tuple[int, Path]]:
    """A storescp: its port, and the folder where it keeps what comes."""
    program, port, folder = require_package("storescp"), free_port(), tmp_path / "stored"
    folder.mkdir()
    with (tmp_path / "storescp.log").open("wb") as log:
        command = [
            program,
            "-aet",
            "REDPEAK",
            "--promiscuous",
            "-pdu",
            "131072",
            "-od",
            str(folder),
            str(port),
        ]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: str(port) in listening(process.pid), "storescp listens")
        yield port, folder
    finally:
        process.kill()
        process.wait()


def listening(pid: int) -> str:
    """The ports on which a process listens, without calling it: an empty association would be logged."""
    rows = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return " ".join(str(int(row.split()[1].partition(":")[2], 16)) for row in rows if row.split()[3] == "0A")


def dumped(program: str, path: Path) -> dict[str, str]:
    """What dcmdump says of a file: tag → value, without brackets."""
    said = subprocess.run([program, str(path)], capture_output=True, text=True, check=True).stdout
    return {tag: value for tag, value in re.findall(r"\(([0-9a-f,]{9})\) \w\w =?\[?([^\]#]*?)\]? +#", said)}


def test_storescp_takes_our_volumes_and_dcmdump_and_pydicos_read_them(
    start: Callable[..., Process], store: tuple[int, Path], require_package: Callable[[str], str]
) -> None:
    port, folder = store
    scanner = start(port=port)
    scanner.order(Prepare(4, Parcelled("w 4", 3_000, 400)))
    order = scanner.send(4, in_s=0.3)
    low, high = scanner.sent(2)
    assert [(each.energy, each.whole, each.delivered) for each in (low, high)] == [
        ("low", True, True),
        ("high", True, True),
    ]
    assert order.due_s <= low.sent_s < high.sent_s <= time.monotonic()
    assert scanner.end()[0] == 0
    files = sorted(folder.iterdir())
    said = [dumped(require_package("dcmdump"), path) for path in files]
    assert [each["0008,0016"] for each in said] == ["DICOS_CTImageStorage"] * 2
    assert {each["0010,0020"] for each in said} == {"70000-4"}
    assert {each["0008,002a"] for each in said} == {"20260304050607.000000+0000"}
    assert {each["0018,9073"] for each in said} == {"0.4"}
    assert {each["0018,0060"] for each in said} == {"90", "150"}
    assert len({each["0020,000d"] for each in said}) == 1
    assert len({each["0008,0018"] for each in said}) == 2
    for path in files:
        (data,) = pydicos.CTLoader(str(path)).get_data()
        assert data.shape == SHAPE
        assert data[:, :, :].max() > data[0].max()


def test_energies_apart_lie_around_anothers_objects(
    start: Callable[..., Process], store: tuple[int, Path]
) -> None:
    scanner = start(port=store[0])
    scanner.order(Prepare(1, Parcelled("w 1", 900, 300)), Prepare(2, Parcelled("w 2", 900, 300)))
    scanner.send(1, ("high",), in_s=1.2)
    scanner.send(1, ("low",))
    scanner.send(2, in_s=0.5)
    assert [(each.key, each.energy) for each in scanner.sent(4)] == [
        (1, "low"),
        (2, "low"),
        (2, "high"),
        (1, "high"),
    ]


def test_a_second_scan_is_another_study(
    start: Callable[..., Process], store: tuple[int, Path], require_package: Callable[[str], str]
) -> None:
    port, folder = store
    scanner = start(port=port)
    scanner.order(Prepare(1, Parcelled("w 1", 900, 300)))
    scanner.send(1)
    scanner.send(1, scan=2)
    assert all(each.delivered for each in scanner.sent(4))
    said = [dumped(require_package("dcmdump"), path) for path in folder.iterdir()]
    assert len(said) == 4
    assert len({each["0020,000d"] for each in said}) == 2


def test_an_object_that_breaks_off_is_sent_so(tmp_path: Path, start: Callable[..., Process]) -> None:
    scanner = start(folder=str(tmp_path / "folder"))
    scanner.order(Prepare(1, Parcelled("w 1", 900, 300)))
    scanner.send(1, cut=True)
    low, high = scanner.sent(2)
    assert (low.whole, high.whole, high.delivered) == (True, False, True)
    sizes = {path.stem.rpartition("-")[2]: path.stat().st_size for path in (tmp_path / "folder").iterdir()}
    assert 0.5 < sizes["high"] / sizes["low"] < 0.7


def test_without_a_receiver_it_gives_up_and_goes_on(
    tmp_path: Path, start: Callable[..., Process], free_port: Callable[[], int]
) -> None:
    scanner = start(port=free_port())
    scanner.order(Prepare(1, Parcelled("w 1", 900, 300)))
    scanner.send(1)
    reports = scanner.sent(2)
    assert [(each.delivered, each.why) for each in reports] == [(False, "nobody answers")] * 2
    scanner.order(Forget(1))
    assert scanner.end()[0] == 0
    assert list((tmp_path / "work").iterdir()) == []


def test_files_appear_whole_in_a_folder(tmp_path: Path, start: Callable[..., Process]) -> None:
    folder = tmp_path / "folder"
    scanner = start(folder=str(folder))
    scanner.order(Prepare(1, Parcelled("w 1", 900, 300)))
    scanner.send(1)
    assert all(each.delivered for each in scanner.sent(2))
    assert len(list(folder.glob("*.dcs"))) == 2
    assert not list(folder.glob(".*"))
