"""An officer at a running line whose broker is mosquitto: the answer all the way, and what the wire shows."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.load import shipped_site
from simulators import data_folder
from tests.conftest import Mosquitto

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
HEADERS = {"X-Redpeak": "1"}


@dataclass
class Line:
    """A running site: a client that is logged in, and everything mosquitto_sub heard."""

    client: httpx.Client
    heard: Path
    data: Path

    def awaiting(self) -> list[dict[str, Any]]:
        return self.client.get("/api/reviews").raise_for_status().json()

    def page(self, passage_id: str) -> dict[str, Any]:
        return self.client.get(f"/api/passages/{passage_id}").raise_for_status().json()

    def answer(self, passage_id: str, decision: str) -> httpx.Response:
        body = {"decision": decision, "reason": "看过，相符"}
        return self.client.post(f"/api/passages/{passage_id}/answers", json=body, headers=HEADERS)


@pytest.fixture
def line(
    tmp_path: Path,
    mosquitto: Mosquitto,
    require_package: Callable[[str], str],
    wait_until: Callable[..., None],
) -> Iterator[Line]:
    listener = require_package("mosquitto_sub")
    data, heard = tmp_path / "run", tmp_path / "heard"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "broker-password").write_text(mosquitto.password)
    text = data_folder.with_free_ports(shipped_site("demo").decode(), "demo")
    broker = f"embedded = false\nport = {mosquitto.port}"
    (data / "site.toml").write_text(re.sub(r"embedded = true\nport = \d+", broker, text), "utf-8")
    command = [sys.executable, "-P", "-m", "config.command", "up", "--data", str(data), "--seed", "3"]
    with heard.open("wb") as output:
        topics = ["-t", "redpeak/#", "-v"]
        account = ["-u", mosquitto.username, "-P", mosquitto.password]
        hearing = subprocess.Popen(
            [listener, "-h", mosquitto.host, "-p", str(mosquitto.port), *account, *topics], stdout=output
        )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    state = data / "run.json"
    try:
        wait_until(
            lambda: (
                process.poll() is not None
                or (state.exists() and json.loads(state.read_text())["inducted"] > 0)
            ),
            "parcels move",
            120,
        )
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        address = json.loads(state.read_text())["console"]
        password = re.search(r"^officer (\S+)$", (data / "first-login.txt").read_text("utf-8"), re.MULTILINE)
        assert password
        with httpx.Client(base_url=address, timeout=10) as client:
            login = {"username": "officer", "password": password[1]}
            client.post("/api/login", json=login, headers=HEADERS).raise_for_status()
            yield Line(client, heard, data)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        hearing.terminate()
        hearing.wait()


def next_review(line: Line, seen: set[str], wait_until: Callable[..., None]) -> str:
    found: list[str] = []

    def flagged() -> bool:
        found[:] = [row["passage_id"] for row in line.awaiting() if row["passage_id"] not in seen]
        return bool(found)

    wait_until(flagged, "a passage awaits an answer", 90)
    seen.add(found[0])
    return found[0]


def ruled(line: Line, passage_id: str, wait_until: Callable[..., None]) -> dict[str, Any]:
    """The passage's page once it is closed and its answer ruled."""

    def final() -> bool:
        page = line.page(passage_id)
        return bool(page["closed_at"]) and all(each["ruling"] != "sent" for each in page["answers"])

    wait_until(final, "the passage is closed and the answer ruled", 60)
    return line.page(passage_id)


def test_answers_all_the_way(line: Line, wait_until: Callable[..., None]) -> None:
    seen: set[str] = set()

    released = next_review(line, seen, wait_until)
    sent = line.answer(released, "release")
    assert (sent.status_code, sent.json()["ruling"]) == (202, "sent")
    page = ruled(line, released, wait_until)
    assert [each["ruling"] for each in page["answers"]] == ["accepted"]
    assert (page["role_actual"], page["reasons"]) == ("release", ["officer_released"])

    stopped = next_review(line, seen, wait_until)
    assert line.answer(stopped, "stop").status_code == 202
    page = ruled(line, stopped, wait_until)
    assert [each["ruling"] for each in page["answers"]] == ["accepted"]
    assert (page["role_actual"], page["reasons"]) == ("inspect", ["officer_stopped"])

    late = next_review(line, seen, wait_until)
    wait_until(lambda: past_cutoff(line, late), "the parcel is past the cut-off", 60)
    answered = line.answer(late, "release")
    page = ruled(line, late, wait_until)
    assert page["role_actual"] == "inspect"
    if answered.status_code == 202:
        assert [each["ruling"] for each in page["answers"]] == ["too_late"]
    else:
        assert answered.status_code == 409

    heard = line.heard.read_text("utf-8")
    kinds = set(re.findall(r'"type":"(redpeak\.[a-z.]+\.v1)"', heard))
    assert {"redpeak.passage.decided.v1", "redpeak.passage.closed.v1", "redpeak.receipts.v1"} <= kinds
    assert {"redpeak.answer.ruled.v1", "redpeak.signedcommand.v1", "redpeak.linestate.v1"} <= kinds
    for private in private_words(line.data):
        assert private not in heard


def past_cutoff(line: Line, passage_id: str) -> bool:
    state = line.client.get("/api/lines/L1/state").json()
    places = {item["passage_id"]: item["position_mm"] for item in state["items"]}
    return places.get(passage_id, 99_999) > 9_300


def private_words(data: Path) -> Iterator[str]:
    """Numbers, names, phones and addresses of the parcels handed in."""
    papers = json.loads((data / "plant" / "papers.json").read_text("utf-8"))
    for waybill in papers["waybills"][:300]:
        yield waybill["number"]
        yield from (str(value) for value in waybill["consignee"].values())
