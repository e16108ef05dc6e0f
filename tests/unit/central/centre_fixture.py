"""A composed centre behind Litestar's test client: real database and routes; the line is recorded."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from central.answers import Answers
from central.api.app import make_app
from central.centre import Centre
from central.commands import Commands
from central.fetching import Fetching
from central.importer import Importer
from central.incoming import Incoming
from central.paper_files import read
from central.service import Service, compose
from config import keyring
from config.keyring import Keyring
from config.settings import Site
from edge.messages import Answer, Command, SignedCommand
from tests.unit.central.journeys import Clock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HEADERS = {"X-Redpeak": "1"}


@dataclass
class RecordedLine:
    """Takes what is sent to the lines."""

    connected: bool = True
    reachable: bool = True
    sent: list[tuple[str, str, Struct]] = field(default_factory=list[tuple[str, str, Struct]])

    def send(self, line: str, channel: str, message: Struct) -> bool:
        if self.reachable:
            self.sent.append((line, channel, message))
        return self.reachable


@dataclass
class Office:
    """A centre one can sign in to."""

    service: Service
    line: RecordedLine
    clock: Clock
    data: Path

    @property
    def centre(self) -> Centre:
        return self.service.centre

    @property
    def keyring(self) -> Keyring:
        return self.centre.keyring

    def passwords(self) -> dict[str, str]:
        lines = (self.data / "first-login.txt").read_text().splitlines()
        return dict(line.split() for line in lines if not line.startswith("#"))

    def client(self) -> TestClient[Litestar]:
        return TestClient(make_app(self.centre), raise_server_exceptions=False)

    def signed_in(self, username: str, password: str = "") -> TestClient[Litestar]:
        client = self.client()
        given = {"username": username, "password": password or self.passwords()[username]}
        response = client.post("/api/login", json=given, headers=HEADERS)
        assert response.status_code == 200, response.text
        return client

    def receive(self, *messages: Incoming) -> None:
        """What the writer's thread would do."""
        self.centre.report(self.centre.writer.commit(messages))

    def take_papers(self, content: dict[str, Any]) -> None:
        path = self.data / "papers.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        centre = self.centre
        importer = Importer(
            centre.engine, centre.site.id, centre.keyring, clock=centre.clock, pause=lambda _s: None
        )
        assert not importer.run(list(read(path))).refused

    def commands(self) -> list[Answer]:
        """The answers sent to the line."""
        return [each for each in self.sent() if isinstance(each, Answer)]

    def sent(self) -> list[Command]:
        """What was sent to the line, signatures checked as an edge would."""
        found: list[Command] = []
        for _line, channel, message in self.line.sent:
            assert channel == "commands"
            assert isinstance(message, SignedCommand)
            payload = message.payload.encode()
            assert self.keyring.verify(payload, base64.b64decode(message.signature))
            found.append(msgspec.json.decode(payload, type=Command))
        return found


def open_office(site: Site, data: Path, clock: Clock) -> Office:
    """Compose a centre in `data`; its threads are not started."""
    keyring.create(data / "keys")
    service = compose(site, data, clock=clock, hasher=CHEAP, console=data / "console")
    line = RecordedLine()
    centre = service.centre
    commands = Commands(line, centre.keyring, states=lambda: centre.states)
    centre.answers = Answers(centre.engine, site, centre.keyring, commands, clock=clock)
    centre.fetching = Fetching(commands, clock=clock)
    return Office(service, line, clock, data)
