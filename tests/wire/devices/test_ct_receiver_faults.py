"""The CT receiver in trouble: cut off, killed, its port taken, lied to."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

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
from tests.wire.devices.ct_objects import write_object, write_scan
from tests.wire.devices.ct_rig import SENDERS, Rig
from tests.wire.devices.ct_sender import c_store


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
