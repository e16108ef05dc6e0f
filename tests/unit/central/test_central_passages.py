"""Passages as each role sees them: lists, one page, papers in the open, answers."""

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from central import schema
from central.roles import Role
from config.settings import LaneRole
from edge.messages import AlarmRaised, AnswerRuled, Decision, GapCause, GapRecorded, Reason, Ruling
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import START, closed, decided, incoming, line_state

SF, JD = "SF1234567890123", "JD0000000007788"
PAPERS: dict[str, Any] = {
    "waybills": [
        {
            "number": SF,
            "mode": "9610",
            "courier": "SF",
            "declared_weight_g": 500,
            "consignee": {
                "name": "王小明",
                "phone": "13812345612",
                "address": "内蒙古赤峰市红山区长青街12号楼502",
                "id_number": "150402198001010016",
            },
            "goods": [{"name": "玩具车", "quantity": 2, "value": 168}],
        },
        {"number": JD, "mode": "9610", "courier": "JD"},
    ],
    "declarations": [
        {
            "number": "D-0001",
            "waybill_number": SF,
            "mode": "9610",
            "customs_status": 800,
            "status_at": "2026-11-23T01:00:00Z",
            "control_instruction": "BK20261123",
        }
    ],
}
TARGETED = (Reason.WEIGHT_MISMATCH, Reason.CONTROL_INSTRUCTION)
SECRETS = ("王小明", "13812345612", "502", "150402198001010016", SF, "D-0001")


@pytest.fixture
def busy(office: Office) -> Office:
    """A line with a targeted parcel that waits for an answer, a released one and a lost one."""
    office.take_papers(PAPERS)
    keyring = office.keyring
    office.receive(
        incoming(line_state(), "s", channel="state"),
        incoming(
            decided(
                "p1",
                role=LaneRole.INSPECT,
                lane=5,
                waybill=SF,
                reasons=TARGETED,
                awaiting_answer=True,
                keyring=keyring,
            ),
            "e1",
        ),
        incoming(decided("p2", waybill=JD, tracking_id=2, keyring=keyring), "e2"),
        incoming(closed("p2", waybill=None, tracking_id=2), "e3"),
        incoming(GapRecorded(7, 3, 4, 40, 60, GapCause.RING_OVERRUN, (1,), START), "e4"),
        incoming(AlarmRaised("jam", "lane 2", START), "e5"),
    )
    return office


def ids(content: dict[str, Any]) -> list[str]:
    return [row["passage_id"] for row in content["items"]]


def test_lists_are_filtered_and_paged(busy: Office) -> None:
    with busy.signed_in("officer") as client:

        def asked(query: str) -> list[str]:
            return ids(client.get(f"/api/passages?{query}").json())

        assert asked("") == ["p2", "p1"]
        assert asked("line=L1&role=inspect") == ["p1"]
        assert asked("line=L2") == []
        assert asked("reason=control_instruction") == ["p1"]
        assert asked("reason=nonsense") == []
        assert asked("open=true") == ["p1"]
        assert asked("open=false") == ["p2"]
        assert asked(f"waybill={SF.lower()[:2]} {SF[2:]}") == ["p1"]
        assert asked("waybill=3456") == []
        first = client.get("/api/passages?limit=1").json()
        assert (ids(first), first["next"]) == (["p2"], "p2")
        rest = client.get(f"/api/passages?limit=1&before={first['next']}").json()
        assert (ids(rest), rest["next"]) == (["p1"], None)
        row = rest["items"][0]
        assert (row["last4"], row["courier"], row["weight_g"]) == ("0123", "SF", 512.5)
        assert client.get("/api/passages?limit=9999").status_code == 400


def test_a_page_is_masked(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        response = client.get("/api/passages/p1")
    page = response.json()
    assert page["papers"]["number"] == "••••0123"
    assert page["papers"]["consignee"] == {
        "name": "王*明",
        "phone": "138******12",
        "address": "内蒙古赤峰市红山区长青街12号楼***",
        "id_number": "1504**********0016",
    }
    assert not [secret for secret in SECRETS if secret in response.text]
    assert "sealed" not in response.text
    assert page["clearance"]["state"] == "inspect"
    assert page["papers"]["declarations"][0]["control_instruction"] == "BK20261123"
    assert page["goods"][0]["name"] == "玩具车"
    assert page["chain"]["decided"] == {"sequence": 2, "hash": "d1"}
    assert page["evidence"]["codes"][0]["scanner"] == "top"


def test_papers_are_shown_for_a_reason_and_that_is_recorded(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        assert client.post("/api/passages/p1/reveal", json={}, headers=HEADERS).status_code == 400
        blank = client.post("/api/passages/p1/reveal", json={"reason": "  "}, headers=HEADERS)
        assert blank.status_code == 400
        response = client.post("/api/passages/p1/reveal", json={"reason": "收件人来电"}, headers=HEADERS)
        assert response.status_code == 200
        assert not [secret for secret in SECRETS if secret not in response.text]
        assert response.json()["codes"] == [{"scanner": "top", "raw": SF}]
        assert response.headers["cache-control"] == "no-store"
    with busy.signed_in("auditor") as client:
        entry = next(each for each in client.get("/api/audit").json() if each["action"] == "papers_revealed")
        assert (entry["actor"], entry["subject"]) == ("officer", "p1")
        assert client.get("/api/passages").status_code == 403


def test_operators_are_not_told_why_customs_stops_a_parcel(busy: Office) -> None:
    with busy.signed_in("operator") as client:
        rows = client.get("/api/passages").json()["items"]
        targeted = next(row for row in rows if row["passage_id"] == "p1")
        assert targeted["reasons"] == ["weight_mismatch", "inspection"]
        assert targeted["awaiting_answer"] is False
        assert ids(client.get("/api/passages?reason=control_instruction").json()) == []
        assert ids(client.get("/api/passages?reason=%25").json()) == []
        assert ids(client.get("/api/passages?reason=inspection").json()) == ["p1"]
        for path in ("/api/passages/p1", "/api/figures/today", "/api/lines/L1/state"):
            text = client.get(path).text
            assert "control_instruction" not in text.replace('"control_instruction":""', "")
            assert "BK20261123" not in text
        for path in ("reveal", "answers"):
            body = {"reason": "x", "decision": "release"}
            assert client.post(f"/api/passages/p1/{path}", json=body, headers=HEADERS).status_code == 403
        assert client.get("/api/reviews").status_code == 403


def test_an_express_company_sees_its_own_parcels_only(busy: Office) -> None:
    users = busy.centre.users
    users.add_express_company("jd", "JD")
    users.add("jd", "京东", "jd", [Role.EXPRESS_COMPANY], "long enough!")
    with busy.signed_in("jd", "long enough!") as client:
        assert ids(client.get("/api/passages").json()) == ["p2"]
        assert client.get("/api/passages/p2").status_code == 200
        assert client.get("/api/passages/p1").status_code == 404
        assert ids(client.get(f"/api/passages?waybill={SF}").json()) == []
        for path in ("/api/figures/today", "/api/alarms", "/api/lines/L1/state", "/api/audit"):
            assert client.get(path).status_code == 403


def answer(client: Any, passage: str = "p1", **more: Any) -> Any:
    body = {"decision": "stop", "reason": "液体", **more}
    return client.post(f"/api/passages/{passage}/answers", json=body, headers=HEADERS)


def test_an_answer_is_recorded_signed_and_sent_and_the_edge_rules(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        response = answer(client)
        assert response.status_code == 202
        answer_id = response.json()["answer_id"]
        assert response.json()["ruling"] == "sent"
        [command] = busy.commands()
        assert (command.answer_id, command.session, command.epoch) == (answer_id, "s1", 7)
        assert command.decision is Decision.STOP
        busy.receive(incoming(AnswerRuled(answer_id, "p1", Ruling.TOO_LATE, 9700, START), "e9"))
        [shown] = client.get("/api/passages/p1").json()["answers"]
        assert (shown["ruling"], shown["position_mm"], shown["reason"]) == ("too_late", 9700, "液体")
        assert shown["officers"] == ["值班关员"]


def test_what_cannot_be_answered_is_refused_with_a_reason(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        assert answer(client, "p2").json()["why"] == "not_awaited"
        assert answer(client, "p9").status_code == 404
        assert answer(client, reason="").status_code == 400
        busy.line.connected = False
        assert (answer(client).status_code, answer(client).json()["why"]) == (503, "line_away")
        busy.line.connected = True
        busy.receive(incoming(line_state(epoch=8), "s2", channel="state"))
        assert answer(client).status_code == 409
        busy.receive(incoming(line_state(online=False), "s3", channel="state"))
        assert answer(client).status_code == 503
    assert busy.commands() == []


def test_an_answer_that_could_not_be_sent_is_closed(busy: Office) -> None:
    busy.line.reachable = False
    with busy.signed_in("officer") as client:
        assert answer(client).status_code == 503
        [shown] = client.get("/api/passages/p1").json()["answers"]
    assert (shown["ruling"], shown["detail"]) == ("refused", "not sent")


def test_releasing_against_an_instruction_takes_two_officers(busy: Office) -> None:
    passwords = busy.passwords()
    with busy.signed_in("officer") as client:
        assert answer(client, decision="release").json()["why"] == "two_needed"
        for second, status in (
            ({"username": "officer", "password": passwords["officer"]}, 409),
            ({"username": "supervisor", "password": "wrong"}, 400),
            ({"username": "operator", "password": passwords["operator"]}, 403),
            ({"username": "supervisor", "password": passwords["supervisor"]}, 202),
        ):
            assert answer(client, decision="release", second_officer=second).status_code == status
    [command] = busy.commands()
    assert len(set(command.officers)) == 2
    with busy.centre.engine.connect() as connection:
        actors = connection.execute(
            select(schema.audit.c.actor).where(schema.audit.c.action == "answered_release")
        ).scalars()
        assert set(actors) == set(command.officers)


def test_reviews_come_with_the_belt_that_is_left(busy: Office) -> None:
    with busy.signed_in("supervisor") as client:
        [review] = client.get("/api/reviews").json()
    assert (review["passage_id"], review["remaining_mm"], review["speed_mm_s"]) == ("p1", None, 2000)


def test_figures_and_alarms(busy: Office) -> None:
    with busy.signed_in("supervisor") as client:
        figures = client.get("/api/figures/today").json()
        [alarm] = client.get("/api/alarms").json()
    assert (figures["inducted"], figures["recorded"], figures["gaps"]) == (4, 2, 2)
    assert figures["by_role"] == {"inspect": 1, "release": 1}
    assert figures["by_reason"] == {"weight_mismatch": 1, "control_instruction": 1, "cleared": 1}
    assert {"hour": 10, "count": 2} in figures["per_hour"]  # 02:00 UTC in Asia/Shanghai
    assert (alarm["line"], alarm["code"]) == ("L1", "jam")


def test_the_edge_fetches_the_clearance_list_with_its_token(busy: Office) -> None:
    token = (busy.data / "keys" / "edge-token").read_text()
    bearer = {"Authorization": f"Bearer {token}"}
    with busy.client() as client:
        response = client.get("/api/lines/L1/clearance", headers=bearer)
        assert response.status_code == 200
        assert {entry["state"] for entry in response.json()["entries"]} == {"inspect", "released"}
        known = {**bearer, "If-None-Match": response.headers["etag"]}
        again = client.get("/api/lines/L1/clearance", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/api/lines/L7/clearance", headers=bearer).status_code == 404
        wrong = {"Authorization": "Bearer nonsense"}
        assert client.get("/api/lines/L1/clearance", headers=wrong).status_code == 401
        assert client.get("/api/passages", headers=bearer).status_code == 403


def test_a_parcel_that_left_by_a_release_lane_is_released_once(busy: Office) -> None:
    busy.receive(incoming(decided("p5", waybill=JD, tracking_id=5, keyring=busy.keyring), "e10"))
    end = closed("p5", waybill=None, tracking_id=5)
    busy.receive(incoming(structs.replace(end, waybill_key=busy.keyring.waybill_key(JD)), "e11"))
    snapshot = busy.centre.snapshots.current(START)
    assert b'"released"' in snapshot.body


def test_health_says_what_is_missing(busy: Office) -> None:
    with busy.client() as client:
        response = client.get("/api/health")
    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["broker"]) == (False, "away")
    assert response.json()["database"] == "ok"


def test_metrics_name_nobody(busy: Office) -> None:
    with busy.client() as client:
        text = client.get("/metrics").text
    assert 'redpeak_central_messages_total{line="L1",outcome="stored"} 5.0' in text
    assert not [secret for secret in SECRETS if secret in text and secret != "502"]


def test_the_console_and_its_absence(office: Office) -> None:
    with office.client() as client:
        response = client.get("/")
        assert "./redpeak up" in response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        (office.data / "console" / "assets").mkdir(parents=True)
        (office.data / "console" / "index.html").write_text("<p>console</p>")
        (office.data / "console" / "assets" / "a.js").write_text("1")
        assert client.get("/lines/L1").text == "<p>console</p>"
        asset = client.get("/assets/a.js")
        assert (asset.text, "immutable" in asset.headers["cache-control"]) == ("1", True)
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert client.get("/assets/b.js").status_code == 404
        assert client.get("/api/nothing").status_code == 404
        for path in ("/../keys/edge-token", "/%2e%2e/keys/edge-token", "//etc/passwd"):
            assert client.get(path).text in ("<p>console</p>", '{"status_code":404,"detail":"Not Found"}')
