"""Uploads over real HTTP into a centre of its own process: cut, killed, resumed, contested."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.unit.central.scanned_line import sha256_of
from tests.wire.central.centre_process import Plant

CONTENT = os.urandom(3_000_000)
NAME = sha256_of(CONTENT)
WRONG = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
FIRST = 1_000_000  # bytes that are sent before something happens


@dataclass
class Uploader:
    """What an edge does, with httpx."""

    plant: Plant

    def url(self, name: str = NAME) -> str:
        return f"{self.plant.url}/api/lines/L1/media/{name}"

    def headers(self, offset: int, length: int = len(CONTENT)) -> dict[str, str]:
        token = (self.plant.data / "keys" / "edge-token").read_text()
        told = {"Upload-Offset": str(offset), "Upload-Length": str(length)}
        return {"Authorization": f"Bearer {token}", **told}

    def offset(self) -> int:
        return int(httpx.head(self.url(), headers=self.headers(0)).headers["upload-offset"])

    def part(self) -> Path:
        return self.plant.data / "media" / "parts" / NAME

    def received(self) -> int:
        """What the centre's process has handed to the disk."""
        return self.part().stat().st_size if self.part().exists() else 0

    def send(
        self, content: bytes | Iterator[bytes], offset: int, length: int = len(CONTENT), name: str = NAME
    ) -> httpx.Response:
        return httpx.patch(self.url(name), content=content, headers=self.headers(offset, length), timeout=30)

    def send_all(self, offset: int) -> httpx.Response:
        return self.send(CONTENT[offset:], offset)


@dataclass
class Stalled:
    """A request whose body stops after FIRST bytes until it is let go."""

    uploader: Uploader
    outcome: str = ""

    def __post_init__(self) -> None:
        self._go_on = threading.Event()
        self._breaks = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self, *, breaks: bool = False) -> str:
        self._breaks = breaks
        self._go_on.set()
        self._thread.join(30)
        return self.outcome

    def _body(self) -> Iterator[bytes]:
        yield CONTENT[:FIRST]
        self._go_on.wait(60)
        if self._breaks:
            raise ConnectionAbortedError
        yield CONTENT[FIRST:]

    def _run(self) -> None:
        try:
            self.outcome = str(self.uploader.send(self._body(), 0).status_code)
        except (httpx.HTTPError, ConnectionAbortedError):
            self.outcome = "broke off"


@pytest.fixture
def uploader(plant: Plant) -> Uploader:
    return Uploader(plant)


def test_killed_in_the_middle_it_goes_on_where_it_was(
    plant: Plant, uploader: Uploader, wait_until: Callable[..., None]
) -> None:
    with plant.centre() as centre:
        wait_until(plant.healthy, "the centre is healthy", 30)
        stalled = Stalled(uploader)
        wait_until(lambda: uploader.received() > FIRST // 2, "the first bytes are on the disk")
        centre.kill()
        centre.wait()
        assert stalled.end() == "broke off"
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        offset = uploader.offset()
        assert FIRST // 2 < offset <= FIRST
        done = uploader.send_all(offset)
        assert (done.status_code, done.headers["upload-complete"]) == (204, "?1")
    assert (plant.data / "media" / NAME[:2] / NAME).read_bytes() == CONTENT
    assert not uploader.part().exists()


def test_a_connection_that_breaks_loses_nothing_that_came(
    plant: Plant, uploader: Uploader, wait_until: Callable[..., None]
) -> None:
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        stalled = Stalled(uploader)
        wait_until(lambda: uploader.received() > FIRST // 2, "the first bytes are on the disk")
        second = uploader.send(CONTENT[uploader.received() :], uploader.received())
        assert second.status_code == 409  # the first still holds the file
        assert stalled.end(breaks=True) == "broke off"
        wait_until(lambda: uploader.offset() == FIRST, "what came is kept")
        assert uploader.send(CONTENT[9:], 9).headers["upload-offset"] == str(FIRST)
        assert uploader.send_all(FIRST).status_code == 204
    assert "request_failed" not in plant.log()


def test_of_two_senders_one_wins(plant: Plant, uploader: Uploader, wait_until: Callable[..., None]) -> None:
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        codes: list[int] = []
        senders = [
            threading.Thread(target=lambda: codes.append(uploader.send_all(0).status_code)) for _ in range(4)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(30)
        assert sorted(codes) == [204, 409, 409, 409]
        assert uploader.offset() == len(CONTENT)
    assert (plant.data / "media" / NAME[:2] / NAME).read_bytes() == CONTENT


def test_a_wrong_file_and_a_stranger_are_refused(
    plant: Plant, uploader: Uploader, wait_until: Callable[..., None]
) -> None:
    with plant.centre():
        wait_until(plant.healthy, "the centre is healthy", 30)
        wrong = uploader.send(WRONG, 0)
        assert (wrong.status_code, wrong.headers["upload-offset"]) == (422, "0")
        assert uploader.offset() == 0
        token = uploader.headers(0)["Authorization"]
        nobody = {key: value for key, value in uploader.headers(0).items() if key != "Authorization"}
        assert httpx.patch(uploader.url(), content=b"x", headers=nobody).status_code == 403
        assert httpx.head(uploader.url(), headers=nobody).status_code == 401
        too_long = uploader.send(bytes((4 << 20) + 1), 0, length=8 << 20)
        assert too_long.status_code == 413
        assert token.removeprefix("Bearer ") not in plant.log()
    assert "Traceback" not in plant.log()
