"""An officer's answer becomes a threat detection report beside the machine's."""

from pathlib import Path
from typing import Any

import pytest

from edge.messages import AnswerRuled, MediaKind, Ruling
from models.findings import Outcome
from models.formats.dicos_ct import read_header
from models.formats.tdr import report_bytes
from models.formats.tdr_reading import parse_report
from models.formats.tdr_report import Report, ReportType, machine_report
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.dicos_scan import dicos_files
from tests.unit.central.journeys import START, decided, incoming
from tests.unit.central.scanned_line import ALARM, LIQUID, recorded, run_line, scanned, sha256_of

PAGE = "/api/passages/p1"


@pytest.fixture
def volumes(office: Office, tmp_path: Path) -> tuple[bytes, bytes]:
    """A passage that awaits an answer; its scan lies at the edge."""
    folder = tmp_path / "scan"
    folder.mkdir()
    low, high = dicos_files(folder)
    run_line(office, one=scanned("p1", ALARM, volumes=[sha256_of(low), sha256_of(high)]))
    office.receive(
        incoming(recorded("p1", low, part="low"), "m1"), incoming(recorded("p1", high, part="high"), "m2")
    )
    return low, high


def answer(client: Any, decision: str) -> str:
    body = {"decision": decision, "reason": "看过"}
    response = client.post(f"{PAGE}/answers", json=body, headers=HEADERS)
    assert response.status_code == 202, response.text
    return response.json()["answer_id"]


def officers(client: Any) -> Report:
    response = client.get(f"{PAGE}/reports/officer")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/dicom"
    return parse_report(response.content, "report")


def test_a_stop_is_an_operators_alarm_on_the_machines_objects(
    office: Office, volumes: tuple[bytes, bytes]
) -> None:
    for content in volumes:
        office.centre.media.keep(content)
    office.clock.pass_time(seconds=9)
    with office.signed_in("officer") as client:
        answer(client, "stop")
        report = officers(client)
        [item] = [each for each in client.get(f"{PAGE}/media").json() if each["kind"] == "report"]
        assert (item["part"], item["state"], item["device"]) == ("officer", "here", "centre")
        assert client.get(f"{PAGE}/reports/machine").status_code == 404
    assert (report.type, report.outcome, report.took_ms) == (ReportType.OPERATOR, Outcome.ALARM, 8_000)
    assert (report.ooi_id, len(report.images)) == ("7-1", 2)
    assert [finding.kind for finding in report.findings] == [LIQUID.kind]
    assert "值班关员" not in report.author


def test_a_release_is_a_clear_made_from_the_machines_own_report(
    office: Office, volumes: tuple[bytes, bytes], tmp_path: Path
) -> None:
    headers = [read_header(tmp_path / "scan" / energy) for energy in ("low", "high")]
    machine = report_bytes(machine_report(ALARM, headers, START))
    office.receive(incoming(recorded("p1", machine, MediaKind.REPORT), "m3"))
    office.centre.media.keep(machine)
    with office.signed_in("officer") as client:
        answer(client, "release")
        report = officers(client)
        assert client.get(f"{PAGE}/reports/machine").content == machine
    assert (report.type, report.outcome) == (ReportType.OPERATOR, Outcome.CLEAR)
    assert report.study_uid == headers[0].study_uid


def test_an_answer_quicker_than_the_upload_is_reported_after_it(
    office: Office, volumes: tuple[bytes, bytes]
) -> None:
    token = (office.data / "keys" / "edge-token").read_text()
    with office.signed_in("officer") as client:
        answer(client, "stop")
        assert client.get(f"{PAGE}/reports/officer").status_code == 404
        for content in volumes:
            told = {"Upload-Offset": "0", "Upload-Length": str(len(content))}
            url = f"/api/lines/L1/media/{sha256_of(content)}"
            bearer = {"Authorization": f"Bearer {token}"}
            assert client.patch(url, content=content, headers={**told, **bearer}).status_code == 204
        assert officers(client).outcome is Outcome.ALARM


def test_a_later_answer_has_the_later_report(office: Office, volumes: tuple[bytes, bytes]) -> None:
    for content in volumes:
        office.centre.media.keep(content)
    with office.signed_in("officer") as client:
        first = answer(client, "stop")
        office.receive(incoming(AnswerRuled(first, "p1", Ruling.REFUSED, 1, START), "r"))
        office.clock.pass_time(seconds=5)
        answer(client, "release")
        assert officers(client).outcome is Outcome.CLEAR
        assert len([each for each in client.get(f"{PAGE}/media").json() if each["kind"] == "report"]) == 2


def test_an_answer_stands_without_a_report(office: Office, tmp_path: Path) -> None:
    nonsense = b"no image at all"
    run_line(office, one=scanned("p1", ALARM, volumes=[sha256_of(nonsense)]))
    office.receive(incoming(recorded("p1", nonsense, part="high"), "m1"))
    office.centre.media.keep(nonsense)
    office.receive(incoming(decided("p2", awaiting_answer=True, tracking_id=2), "e2"))
    with office.signed_in("officer") as client:
        answer(client, "stop")
        assert client.get(f"{PAGE}/reports/officer").status_code == 404
        body = {"decision": "stop", "reason": "看过"}
        assert client.post("/api/passages/p2/answers", json=body, headers=HEADERS).status_code == 202
        assert client.get("/api/passages/p2/reports/officer").status_code == 404
