"""`redpeak central run` as a process beside a mosquitto: how tests start it, speak to it and hear it."""

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from sqlalchemy import func, select

from central import database
from edge import messages
from tests.conftest import Mosquitto
from tests.unit.central.journeys import START

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

    def login(self, username: str) -> dict[str, str]:
        logins = (self.data / "first-login.txt").read_text()
        [password] = re.findall(rf"^{username} (\S+)$", logins, re.MULTILINE)
        return {"username": username, "password": password}

    def log(self) -> str:
        return (self.data / "log").read_text()
