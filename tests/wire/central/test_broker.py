"""The embedded broker, as a process of its own, against the MQTT client the edge and the centre use."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from central.broker import BrokerRefusedError, configured

PASSWORD = "a-password-of-this-test"


@dataclass
class Running:
    """A broker process and where it listens."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


@pytest.fixture
def broker(
    tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., None]
) -> Iterator[Running]:
    password_file = tmp_path / "broker-password"
    password_file.write_text(PASSWORD)
    port, log = free_port(), tmp_path / "broker.log"
    command = [sys.executable, "-m", "central.broker", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--password-file", str(password_file)], stdout=file, stderr=file
        )
    try:
        wait_until(
            lambda: b"broker_started" in log.read_bytes() or process.poll() is not None, "the broker runs"
        )
        assert process.poll() is None, log.read_text()
        yield Running(process, port, log)
    finally:
        process.kill()
        process.wait()


class Peer:
    """A client that remembers what it was told."""

    def __init__(
        self, name: str, port: int, *, password: str = PASSWORD, username: str | None = "redpeak"
    ) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        if username is not None:
            self.client.username_pw_set(username, password)
        self.received: list[bytes] = []
        self.subscribed = threading.Event()
        self.answered = threading.Event()
        self.refused = False
        self.client.on_connect = self._connected
        self.client.on_message = lambda _client, _data, message: self.received.append(bytes(message.payload))
        self.client.on_subscribe = self._subscribed
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.refused = reason.is_failure
        self.answered.set()

    def _subscribed(self, _client: Any, _data: Any, _id: int, _reasons: Any, _properties: Any) -> None:
        self.subscribed.set()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def peer(broker: Running) -> Iterator[Callable[..., Peer]]:
    peers: list[Peer] = []

    def connect(name: str, **options: Any) -> Peer:
        peers.append(Peer(name, broker.port, **options))
        assert peers[-1].answered.wait(10), "the broker never answered CONNECT"
        return peers[-1]

    yield connect
    for each in peers:
        each.close()


def test_a_persistent_session_gets_everything_sent_while_it_was_away(
    peer: Callable[..., Peer], wait_until: Callable[..., None]
) -> None:
    count = 500
    listener = peer("listener")
    listener.client.subscribe("redpeak/v1/demo/+/events", qos=1)
    assert listener.subscribed.wait(10)
    listener.close()

    sender = peer("sender")
    handles = [
        sender.client.publish("redpeak/v1/demo/L1/events", b"%d" % each, qos=1) for each in range(count)
    ]
    for handle in handles:
        handle.wait_for_publish(20)
        assert handle.is_published()

    back = peer("listener")
    wait_until(lambda: len(back.received) >= count, "all messages arrived", 30)
    assert sorted(map(int, back.received)) == list(range(count))


def test_a_retained_state_reaches_who_subscribes_later(
    peer: Callable[..., Peer], wait_until: Callable[..., None]
) -> None:
    peer("centre").client.publish("redpeak/v1/demo/state", b"ready", qos=1, retain=True).wait_for_publish(10)
    edge = peer("edge")
    edge.client.subscribe("redpeak/v1/demo/state", qos=1)
    wait_until(lambda: edge.received == [b"ready"], "the retained state arrived")


@pytest.mark.parametrize(
    ("username", "password"), [("redpeak", "wrong"), ("redpeak", ""), ("other", PASSWORD), (None, "")]
)
def test_a_stranger_is_refused(peer: Callable[..., Peer], username: str | None, password: str) -> None:
    assert peer("stranger", username=username, password=password).refused


def test_it_listens_on_loopback_only(broker: Running) -> None:
    addresses = {
        connection.laddr.ip
        for connection in psutil.Process(broker.process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    for name, found in psutil.net_if_addrs().items():
        for each in found:
            if name != "lo" and each.family is socket.AF_INET:
                with socket.socket() as probe:
                    assert probe.connect_ex((each.address, broker.port)) != 0


def test_it_refuses_any_other_interface(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "broker.example"):
        with pytest.raises(BrokerRefusedError, match=r"broker\.host: expected a loopback address"):
            configured(host, 18830, tmp_path / "users")


def test_it_stops_cleanly_and_says_so(broker: Running, peer: Callable[..., Peer]) -> None:
    peer("somebody")
    broker.process.send_signal(signal.SIGTERM)
    assert broker.process.wait(10) == 0
    assert b"broker_stopped" in broker.log.read_bytes()
    assert b"Warning" not in broker.log.read_bytes()
