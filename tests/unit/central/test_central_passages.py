"""Passages as each role sees them: lists, one page, papers in the open, answers."""

from typing import Any

from msgspec import structs

from central.roles import Role
from tests.unit.central.busy_line import JD, SF
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import START, closed, decided, incoming

SECRETS = ("王小明", "13812345612", "502", "150402198001010016", SF, "D-0001")


def ids(content: dict[str, Any]) -> list[str]:
    return [row["passage_id"] for row in content["items"]]


def test_lists_are_filtered_and_paged(busy: Office) -> None:
    with busy.signed_in("officer") as client:

        def asked(query: str) -> list[str]:
            return ids(client.get(f"/api/passages?{query}").json())

        def searched(**search: Any) -> list[str]:
            response = client.post("/api/passages/search", json=search, headers=HEADERS)
            assert response.status_code == 200, response.text
            return ids(response.json())

        assert asked("") == ["p2", "p1"]
        assert asked("line=L1&role=inspect") == ["p1"]
        assert asked("line=L2") == []
        assert asked("reason=control_instruction") == ["p1"]
        assert asked("reason=nonsense") == []
        assert asked("open=true") == ["p1"]
        assert asked("open=false") == ["p2"]
        assert searched() == ["p2", "p1"]
        assert searched(waybill=f"{SF.lower()[:2]} {SF[2:]}") == ["p1"]
        assert searched(waybill="3456") == []
        assert searched(waybill=SF, role="inspect", reason="control_instruction", line="L1", open=True) == [
            "p1"
        ]
        assert searched(waybill=SF, open=False) == searched(waybill=SF, role="wait") == []
        assert searched(limit=1) == ["p2"]
        assert searched(limit=1, before="p2") == ["p1"]
        first = client.get("/api/passages?limit=1").json()
        assert (ids(first), first["next"]) == (["p2"], "p2")
        rest = client.get(f"/api/passages?limit=1&before={first['next']}").json()
        assert (ids(rest), rest["next"]) == (["p1"], None)
        row = rest["items"][0]
        assert (row["last4"], row["courier"], row["weight_g"]) == ("0123", "SF", 512.5)
        assert client.get("/api/passages?limit=9999").status_code == 400


def test_a_search_that_is_not_one_is_refused_without_repeating_it(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        for wrong in ({"limit": 9999}, {"role": SF}, {"waybil": SF}, {"waybill": [SF]}, {SF: "x"}):
            response = client.post("/api/passages/search", json=wrong, headers=HEADERS)
            assert response.status_code == 400
            assert SF not in response.text
        assert client.post("/api/passages/search", json={"waybill": SF}).status_code == 403


def test_a_waybill_number_is_not_among_what_a_url_may_carry(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        paths = client.get("/api/openapi.json").json()["paths"]
    carried = {each["name"] for each in paths["/api/passages"]["get"]["parameters"]}
    assert carried == {"line", "role", "reason", "open", "before", "limit"}


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
        found = client.post("/api/passages/search", json={"waybill": SF}, headers=HEADERS)
        assert (found.status_code, ids(found.json())) == (200, [])
        for path in ("/api/figures/today", "/api/alarms", "/api/lines/L1/state", "/api/audit"):
            assert client.get(path).status_code == 403


def test_reviews_come_with_the_belt_that_is_left(busy: Office) -> None:
    with busy.signed_in("supervisor") as client:
        [review] = client.get("/api/reviews").json()
    assert (review["passage_id"], review["remaining_mm"], review["speed_mm_s"]) == ("p1", None, 2000)


def test_the_site_says_by_how_much_weights_may_differ(busy: Office) -> None:
    with busy.signed_in("officer") as client:
        [line] = client.get("/api/site").json()["lines"]
    policy = busy.centre.site.line("L1").policy
    assert (line["weight_tolerance_g"], line["weight_tolerance_share"]) == (
        policy.weight_tolerance_g,
        policy.weight_tolerance_share,
    )


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
