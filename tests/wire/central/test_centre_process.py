"""`redpeak central run` as a process, with mosquitto's own clients playing the edge."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct
from sqlalchemy import func, select

from central import database, schema
from config import keyring
from config.load import shipped_site
from edge import messages
from tests.conftest import Mosquitto
from tests.unit.central.journeys import START, closed, decided, line_state

HEADERS = {"X-Redpeak": "1"}


@dataclass
class Heard:
    """What `mosquitto_sub` read, by topic."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def of(self, channel: str) -> list[dict[str, Any]]:
        return [content["data"] for topic, content in list(self.messages) if topic.endswith(channel)]

    def receipted(self) -> set[str]:
        return {id for data in self.of("/L1/receipts") for id in data["ids"]}

    def ready(self) -> list[bool]:
        return [data["ready"] for data in self.of("/demo/state")]


@dataclass
class Plant:
    """A site's folder with a broker; starts centres and plays its line."""

    data: Path
    mosquitto: Mosquitto
    url: str
    heard: Heard
    publisher: str

    @contextmanager
    def centre(self) -> Generator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "config.command", "central", "run", *self.where()]
        with (self.data / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def where(self) -> list[str]:
        return ["--site", str(self.data / "site.toml"), "--data", str(self.data)]

    def publish(self, message: Struct, id: str, channel: str = "events") -> None:
        payload = messages.wrap(message, id=id, source="/demo/L1", time=START)
        self.publish_raw(payload, channel)

    def publish_raw(self, payload: bytes, channel: str = "events") -> None:
        peer = self.mosquitto
        subprocess.run(
            [
                self.publisher,
                "-h",
                peer.host,
                "-p",
                str(peer.port),
                "-u",
                peer.username,
                "-P",
                peer.password,
                "-q",
                "1",
                "-t",
                messages.topic("demo", "L1", channel),
                "-s",
            ],
            input=payload,
            check=True,
            timeout=20,
        )

    def count(self, table: Any) -> int:
        engine = database.connect("sqlite:///central.db", self.data)
        with engine.connect() as connection:
            found = connection.execute(select(func.count()).select_from(table)).scalar_one()
        engine.dispose()
        return found

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        return (self.data / "log").read_text()


@pytest.fixture
def plant(
    tmp_path: Path,
    mosquitto: Mosquitto,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
) -> Iterator[Plant]:
    keyring.create(tmp_path / "keys")
    (tmp_path / "keys" / "broker-password").write_text(mosquitto.password)
    port = free_port()
    text = shipped_site("demo").decode()
    text = text.replace("port = 8600", f"port = {port}").replace("port = 18830", f"port = {mosquitto.port}")
    (tmp_path / "site.toml").write_text(text.replace("embedded = true", "embedded = false"), encoding="utf-8")
    subscriber = subprocess.Popen(
        [
            require_package("mosquitto_sub"),
            "-h",
            mosquitto.host,
            "-p",
            str(mosquitto.port),
            "-u",
            mosquitto.username,
            "-P",
            mosquitto.password,
            "-q",
            "1",
            "-F",
            "%t %p",
            "-t",
            "redpeak/v1/demo/#",
        ],
        stdout=subprocess.PIPE,
    )
    heard = Heard()
    assert subscriber.stdout is not None

    def listen(lines: Any) -> None:
        for line in lines:
            topic, _, content = line.partition(b" ")
            if content.startswith(b"{"):
                try:
                    heard.messages.append((topic.decode(), json.loads(content)))
                except ValueError:
                    continue

    thread = threading.Thread(target=listen, args=(subscriber.stdout,), daemon=True)
    thread.start()
    yield Plant(tmp_path, mosquitto, f"http://127.0.0.1:{port}", heard, require_package("mosquitto_pub"))
    subscriber.kill()
    subscriber.wait()
    thread.join(5)
    subscriber.stdout.close()


def test_results_are_receipted_once_stored_and_a_stop_is_said(
    plant: Plant, wait_until: Callable[..., None]
) -> None:
    with plant.centre() as centre:
        wait_until(plant.healthy, "the centre is healthy", 30)
        wait_until(lambda: True in plant.heard.ready(), "the centre says it is ready")
        plant.publish(decided("p1"), "e1")
        plant.publish(closed("p1"), "e2")
        plant.publish(decided("p1"), "e1")
        plant.publish_raw(b'{"id":"e3","specversion":"9"}')
        plant.publish_raw(b"garbage")
        plant.publish(line_state(), "s1", "state")
        wait_until(lambda: plant.heard.receipted() == {"e1", "e2", "e3"}, "all readable ones are receipted")
        receipts = [content for topic, content in plant.heard.messages if topic.endswith("receipts")]
        assert {content["type"] for content in receipts} == {"redpeak.receipts.v1"}
        assert receipts[0]["source"] == "/demo"
        centre.send_signal(signal.SIGTERM)
        assert centre.wait(20) == 0, plant.log()
        wait_until(lambda: plant.heard.ready()[-1] is False, "the centre says that it goes")
    assert (plant.count(schema.passages), plant.count(schema.events)) == (1, 2)
    assert plant.count(schema.quarantine) == 2
    assert '"event": "centre_stopped"' in plant.log()


def test_killed_and_restarted_it_takes_what_was_queued(plant: Plant, wait_until: Callable[..., None]) -> None:
    with plant.centre() as centre:
        wait_until(plant.healthy, "the centre is healthy", 30)
        wait_until(lambda: True in plant.heard.ready(), "the centre says it is ready")
        plant.publish(decided("p1"), "e1")
        wait_until(lambda: "e1" in plant.heard.receipted(), "the first is receipted")
        centre.send_signal(signal.SIGKILL)
        centre.wait()
    wait_until(lambda: plant.heard.ready()[-1] is False, "the last will is heard", 60)
    plant.publish(closed("p1"), "e2")  # nobody is there: the broker keeps it for the session
    with plant.centre():
        wait_until(lambda: "e2" in plant.heard.receipted(), "the queued one is receipted", 30)
    assert plant.count(schema.events) == 2


def test_papers_taken_in_beside_it_reach_the_line_in_order(
    plant: Plant, wait_until: Callable[..., None]
) -> None:
    waybills = [{"number": f"SF{number:013}", "mode": "9610"} for number in range(300)]
    papers = plant.data / "papers.json"
    papers.write_text(json.dumps({"waybills": [*waybills, {"number": "SF1", "mode": "9610"}]}))
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        wait_until(lambda: True in plant.heard.ready(), "the centre says it is ready")
        command = [sys.executable, "-m", "config.command", "central", "import", str(papers), *plant.where()]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert "papers.json: waybills record 301" in done.stderr
        assert "300 waybills" in done.stdout
        wait_until(
            lambda: sum(len(delta["entries"]) for delta in plant.heard.of("/L1/clearance")) == 300,
            "every change reaches the line",
        )
        numbers = [delta["number"] for delta in plant.heard.of("/L1/clearance")]
        assert numbers == list(range(1, len(numbers) + 1))
        wait_until(
            lambda: plant.heard.of("/demo/state")[-1]["clearance_number"] == numbers[-1], "the state names it"
        )
        token = (plant.data / "keys" / "edge-token").read_text()
        snapshot = httpx.get(
            f"{plant.url}/api/lines/L1/clearance", headers={"Authorization": f"Bearer {token}"}
        )
        assert (snapshot.json()["number"], len(snapshot.json()["entries"])) == (numbers[-1], 300)


def test_a_browser_hears_of_a_passage_and_the_stream_ends_with_the_service(
    plant: Plant, wait_until: Callable[..., None]
) -> None:
    with plant.centre() as centre:
        wait_until(plant.healthy, "the centre is healthy", 30)
        password = re.findall(r"^officer (\S+)$", (plant.data / "first-login.txt").read_text(), re.MULTILINE)
        client = httpx.Client(base_url=plant.url, headers=HEADERS)
        given = {"username": "officer", "password": password[0]}
        assert client.post("/api/login", json=given).status_code == 200
        with client.stream("GET", "/api/events", timeout=20) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines).startswith((":", "retry"))
            plant.publish(line_state(), "s1", "state")
            plant.publish(decided("p1"), "e1")
            seen: set[str] = set()
            while not seen >= {"passage", "line", "figures"}:
                line = next(lines)
                if line.startswith("event: "):
                    seen.add(line.removeprefix("event: "))
            centre.send_signal(signal.SIGTERM)
            for _ in lines:
                pass
        assert centre.wait(20) == 0
        client.close()


def test_nothing_personal_is_logged(plant: Plant, wait_until: Callable[..., None]) -> None:
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        plant.publish_raw(json.dumps({"id": "e1", "source": "/demo/L1", "name": "王小明"}).encode())
        wait_until(lambda: "e1" in plant.heard.receipted(), "it is receipted")
        httpx.get(f"{plant.url}/api/passages?waybill=SF1234567890123")
    assert "王小明" not in plant.log()
    assert "SF1234567890123" not in plant.log()
    assert "Traceback" not in plant.log()
