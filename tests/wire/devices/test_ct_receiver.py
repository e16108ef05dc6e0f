"""The CT driver and its receiver against dcmtk's and pynetdicom's senders: what goes in, what is refused."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom import _config as pynetdicom_config  # pyright: ignore[reportPrivateUsage]
from pynetdicom.association import Association

from config.settings import CtSender
from devices.ct.arrivals import (
    Acknowledged,
    Arrived,
    FromReceiver,
    Listening,
    ReceiverOrder,
    decode_from_receiver,
    encode_line,
)
from devices.interfaces import DeviceState
from models.formats.dicos_ct import read_ct
from tests.wire.devices.ct_objects import ACQUIRED_AT, DICOS_CT, FULL, write_object, write_scan
from tests.wire.devices.ct_pydicos import write_with_pydicos
from tests.wire.devices.ct_rig import SENDERS, Rig

EXPLICIT = "1.2.840.10008.1.2.1"


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


def c_store(
    port: int,
    *files: Path,
    monkeypatch: pytest.MonkeyPatch,
    title: str = "STORESCU",
    source: str = "127.0.0.1",
) -> list[tuple[int, str]]:
    """Send files as they are with pynetdicom; status and comment of each."""
    monkeypatch.setattr(pynetdicom_config, "STORE_SEND_CHUNKED_DATASET", True)
    entity = AE(title)
    entity.add_requested_context(DICOS_CT, [EXPLICIT])
    associate = cast(Callable[..., Association], entity.associate)  # it lacks types
    association = associate("127.0.0.1", port, ae_title="REDPEAK", bind_address=(source, 0))
    if not association.is_established:
        return []
    answers = [association.send_c_store(file) for file in files]
    association.release()
    return [(int(answer.Status), str(answer.get("ErrorComment", ""))) for answer in answers]


@pytest.mark.parametrize("compressed", [False, True], ids=["uncompressed", "rle"])
@pytest.mark.parametrize("writer", ["pydicom", "pydicos"])
def test_a_scan_sent_with_storescu_becomes_one_scan_with_its_pixels(
    rig: Rig,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    free_port: Callable[[], int],
    tmp_path: Path,
    writer: str,
    compressed: bool,
) -> None:
    port = free_port()
    study = generate_uid()
    if writer == "pydicom":
        files = write_scan(tmp_path, study=study, compressed=compressed)
    else:
        files = tuple(
            write_with_pydicos(tmp_path / f"{energy}.dcs", energy, study, "7-42", compressed=compressed)
            for energy in ("low", "high")
        )
    driver = rig.receive(port)
    sent = storescu(port, *files, syntax="-xr" if compressed else "-x=")
    assert sent.returncode == 0, sent.stderr
    (scan,) = rig.wait_for_scans(1)
    assert (scan.scan_id, scan.complete, scan.problem) == (study, True, "")
    assert (scan.epoch, scan.tracking_id) == (7, 42)
    assert [file.energy for file in scan.files] == ["low", "high"]
    for file, original in zip(scan.files, files, strict=True):
        assert Path(file.path).name == file.sha256
        assert (read_ct(file.path)[1] == read_ct(original)[1]).all()
    assert scan.scanned_at_s is not None
    wall_now_s = ACQUIRED_AT.timestamp() + scan.at_s - scan.scanned_at_s + 0.7
    assert wall_now_s == pytest.approx(Path(scan.files[1].path).stat().st_mtime, abs=1.0)
    health = driver.health()
    assert (health.state, health.readings, health.errors) == (DeviceState.ONLINE, 2, 0)
    assert rig.leftovers() == []


def test_full_volumes_are_received_in_little_memory(
    rig: Rig,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    driver = rig.receive(port)
    for _ in range(3):
        assert storescu(port, *write_scan(tmp_path, shape=FULL)).returncode == 0
    assert all(scan.complete for scan in rig.wait_for_scans(3))
    figures = Path(f"/proc/{driver.pid}/smaps_rollup").read_text()
    pss_kb = next(int(line.split()[1]) for line in figures.splitlines() if line.startswith("Pss:"))
    assert pss_kb < 120_000


def test_only_senders_on_the_list_are_let_in(
    rig: Rig,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    echoscu = require_package("echoscu")
    port = free_port()
    rig.receive(port)

    def echo(title: str, called: str) -> subprocess.CompletedProcess[str]:
        call = [echoscu, "-v", "-aet", title, "-aec", called, "127.0.0.1", str(port)]
        return subprocess.run(call, capture_output=True, text=True, timeout=30, check=False)

    assert echo("ECHOSCU", "REDPEAK").returncode == 0
    stranger = echo("STRANGER", "REDPEAK")
    assert stranger.returncode != 0
    assert "Calling AE Title Not Recognized" in stranger.stderr + stranger.stdout
    assert "STRANGER at 127.0.0.1" in rig.wait_for_state(DeviceState.DEGRADED)
    misdirected = echo("ECHOSCU", "OTHER")
    assert "Called AE Title Not Recognized" in misdirected.stderr + misdirected.stdout
    path = write_object(tmp_path / "one")
    assert c_store(port, path, monkeypatch=monkeypatch, source="127.0.0.2") == []
    assert rig.stored() == 0


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-1000])
    return path


def of_another_class(path: Path) -> Path:
    """Sent as DICOS CT; the data set says medical CT."""
    content = path.read_bytes()
    at = content.rindex(DICOS_CT.encode())
    medical = b"1.2.840.10008.5.1.4.1.1.2".ljust(len(DICOS_CT), b"\0")
    path.write_bytes(content[:at] + medical + content[at + len(DICOS_CT) :])
    return path


def with_a_huge_header(path: Path) -> Path:
    content = path.read_bytes()
    at = content.index(b"\x10\0\x20\0LO")  # Patient ID
    path.write_bytes(content[: at + 4] + b"UT\0\0\xf0\xff\xff\xff" + content[at + 8 :])
    return path


def test_a_bad_object_is_refused_with_a_reason_and_leaves_nothing(
    rig: Rig, free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    driver = rig.receive(port)
    bad = [
        spoil(write_object(tmp_path / spoil.__name__))
        for spoil in (cut_short, with_a_huge_header, of_another_class)
    ]
    (cut, huge, other) = c_store(port, *bad, monkeypatch=monkeypatch)
    assert cut == (0xC000, "PixelData: cut short")
    assert huge[0] == 0xC000
    assert other[0] == 0xA900
    assert "SOPClassUID" in other[1]
    rig.wait_for_state(DeviceState.DEGRADED)
    assert driver.health().errors == 3
    assert (rig.stored(), rig.leftovers()) == (0, [])
    low, high = write_scan(tmp_path)
    assert c_store(port, low, high, monkeypatch=monkeypatch) == [(0, ""), (0, "")]
    assert rig.wait_for_scans(1)[0].complete
    assert rig.wait_for_state(DeviceState.ONLINE) == ""


def test_the_same_scan_again_is_told_as_a_double_and_a_clash_is_refused(
    rig: Rig,
    free_port: Callable[[], int],
    tmp_path: Path,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    rig.receive(port)
    study = generate_uid()
    low = write_object(tmp_path / "low", "low", study=study, sop="1.2.3", seed=1)
    high = write_object(tmp_path / "high", "high", study=study, seed=1)
    for _ in range(2):
        assert storescu(port, low, high).returncode == 0
    first, second = rig.wait_for_scans(2)
    assert (first.problem, second.problem) == ("", "double: objects of this scan came before")
    assert first.scan_id == second.scan_id == study
    assert first.files == second.files
    clash = write_object(tmp_path / "clash", "low", sop="1.2.3", seed=2)
    ((status, comment),) = c_store(port, clash, monkeypatch=monkeypatch)
    assert (status, comment) == (0xC001, "SOPInstanceUID: another object came under this UID")
    assert rig.stored() == 2


def test_a_short_disk_is_answered_out_of_resources(
    rig: Rig, free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    rig.receive(port, least_free_mb=1_000_000_000)
    ((status, comment),) = c_store(port, write_object(tmp_path / "one"), monkeypatch=monkeypatch)
    assert status == 0xA700
    assert "out of room" in comment
    assert "out of room" in rig.wait_for_state(DeviceState.DEGRADED)
    assert (rig.stored(), rig.leftovers()) == (0, [])


class Cut:
    """A forwarder that lets so many bytes through to the receiver and then resets both sides."""

    def __init__(self, to_port: int, after_bytes: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._to_port, self._after_bytes = to_port, after_bytes
        threading.Thread(target=self._forward, daemon=True).start()

    def _forward(self) -> None:
        sender, _ = self._listener.accept()
        receiver = socket.create_connection(("127.0.0.1", self._to_port))
        threading.Thread(target=self._back, args=(receiver, sender), daemon=True).start()
        left = self._after_bytes
        while left > 0 and (content := sender.recv(min(left, 65536))):
            receiver.sendall(content)
            left -= len(content)
        for each in (receiver, sender):
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._listener.close()

    def _back(self, receiver: socket.socket, sender: socket.socket) -> None:
        try:
            while content := receiver.recv(65536):
                sender.sendall(content)
        except OSError:
            return


def test_a_sender_cut_off_in_the_middle_of_an_object_leaves_no_scan(
    rig: Rig,
    free_port: Callable[[], int],
    tmp_path: Path,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    port = free_port()
    rig.receive(port)
    low, high = write_scan(tmp_path, shape=(64, 64, 64))
    assert storescu(Cut(port, 300_000).port, low, high).returncode != 0
    assert rig.stored() == 0
    assert storescu(port, low, high).returncode == 0
    (scan,) = rig.wait_for_scans(1)
    assert (scan.complete, scan.problem) == (True, "")


def test_a_receiver_killed_between_the_objects_of_a_scan_loses_and_doubles_nothing(
    rig: Rig,
    free_port: Callable[[], int],
    tmp_path: Path,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    wait_until: Callable[..., None],
) -> None:
    port = free_port()
    driver = rig.receive(port, complete_within_ms=30_000)
    low, high = write_scan(tmp_path)
    assert storescu(port, low).returncode == 0
    killed = driver.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(
        lambda: driver.pid not in (None, killed) and driver.port is not None, "another receiver listens"
    )
    assert storescu(port, high).returncode == 0
    (scan,) = rig.wait_for_scans(1)
    assert (scan.complete, scan.problem) == (True, "")
    assert driver.health().readings == 3  # the low one was announced again, and known


def test_a_receiver_that_cannot_listen_is_offline_and_comes_back(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        rig.receive(int(taken.getsockname()[1]), listens=False)
        assert "status 3" in rig.wait_for_state(DeviceState.OFFLINE)
    rig.wait_for_state(DeviceState.ONLINE)


class Receiver:
    """A receiver process without a driver."""

    def __init__(self, evidence: Path) -> None:
        order = ReceiverOrder("127.0.0.1", 0, "REDPEAK", SENDERS, str(evidence), 10**9, 10**6, "UTC")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "devices.ct.receiver", encode_line(order).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def hear(self) -> FromReceiver:
        assert self.process.stdout is not None
        return decode_from_receiver(self.process.stdout.readline())

    def acknowledge(self, *numbers: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(encode_line(Acknowledged(numbers)) + b"\n")
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(10)
        self.process.stdout.close()
        return status


def test_what_nobody_acknowledged_is_announced_at_each_start_until_somebody_does(
    tmp_path: Path, storescu: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    first = Receiver(tmp_path / "evidence")
    listening = first.hear()
    assert isinstance(listening, Listening)
    assert storescu(listening.port, *write_scan(tmp_path)).returncode == 0
    first.process.send_signal(signal.SIGKILL)  # nothing of what it announced was read
    first.end()
    second = Receiver(tmp_path / "evidence")
    assert isinstance(second.hear(), Listening)
    announced = [second.hear(), second.hear()]
    low, high = (each for each in announced if isinstance(each, Arrived))
    assert (low.energy, high.energy, low.double, high.double) == ("low", "high", False, False)
    second.acknowledge(low.number)
    assert second.end() == 0  # it ends by itself when its stdin closes
    third = Receiver(tmp_path / "evidence")
    assert isinstance(third.hear(), Listening)
    assert third.hear() == high
    third.acknowledge(high.number)
    assert third.end() == 0


def test_a_caller_that_announces_four_gigabytes_is_cut_off_and_stops_nobody(
    tmp_path: Path, require_package: Callable[[str], str]
) -> None:
    receiver = Receiver(tmp_path / "evidence")
    listening = receiver.hear()
    assert isinstance(listening, Listening)
    with (
        socket.create_connection(("127.0.0.1", listening.port)) as caller,
        pytest.raises(OSError, match=r"reset|[Bb]roken pipe"),
    ):
        caller.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFF0))  # an A-ASSOCIATE-RQ, so long
        for _ in range(1024):
            caller.sendall(bytes(1 << 20))
    call = [
        require_package("echoscu"),
        "-aet",
        "ECHOSCU",
        "-aec",
        "REDPEAK",
        "127.0.0.1",
        str(listening.port),
    ]
    assert subprocess.run(call, capture_output=True, timeout=30, check=False).returncode == 0
    assert receiver.end() == 0


def test_an_order_that_is_none_is_said_so(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "devices.ct.receiver", '{"host": 1}']
    ended = subprocess.run(call, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert "order_not_understood" in ended.stderr


def test_a_sender_list_is_a_list_of_pairs(
    rig: Rig, free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sender's title from the other's address is a stranger."""
    port = free_port()
    senders = (CtSender("CT1", "127.0.0.1"), CtSender("CT2", "127.0.0.2"))
    rig.receive(port, senders=senders)
    path = write_object(tmp_path / "one")
    assert c_store(port, path, monkeypatch=monkeypatch, title="CT1", source="127.0.0.2") == []
    assert c_store(port, path, monkeypatch=monkeypatch, title="CT2", source="127.0.0.2") == [(0, "")]
