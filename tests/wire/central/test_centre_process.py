"""`redpeak central run` as a process, with mosquitto's own clients playing the edge."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable

import httpx

from central import schema
from tests.unit.central.journeys import closed, decided, line_state
from tests.wire.central.centre_process import HEADERS, Plant


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
        assert re.search(r"papers\.json .* waybills record 301 .* number .* length >= 4", done.stderr), (
            done.stderr
        )
        assert re.search(r"papers\.json \W+300\W+0\W+0\W+1\W+300\b", done.stdout), done.stdout
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
        client = httpx.Client(base_url=plant.url, headers=HEADERS)
        assert client.post("/api/login", json=plant.login("officer")).status_code == 200
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
        search = {"waybill": "SF1234567890123"}
        refused = httpx.post(f"{plant.url}/api/passages/search", json=search, headers=HEADERS)
        assert refused.status_code == 401
        client = httpx.Client(base_url=plant.url, headers=HEADERS)
        assert client.post("/api/login", json=plant.login("officer")).status_code == 200
        assert client.post("/api/passages/search", json=search).json()["items"] == []
        assert client.post("/api/passages/search", json={"SF1234567890123": 1}).status_code == 400
        client.close()
    assert "王小明" not in plant.log()
    assert "SF1234567890123" not in plant.log()
    assert "Traceback" not in plant.log()
