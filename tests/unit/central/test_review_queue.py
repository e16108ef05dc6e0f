"""The queue of flagged passages, and what answers to them are refused."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from central import answer_rules
from central.answer_rules import Barred
from central.roles import Role
from config.settings import LaneRole
from edge.messages import AnswerRuled, ItemOnBelt, Reason, Ruling, ScanDoubt, ScanEvidence
from models.findings import Review
from tests.unit.central.busy_line import JD, PAPERS
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import START, closed, decided, incoming, line_state
from tests.unit.central.scanned_line import ALARM, CLEAR, PROHIBITED, UNJUDGED, run_line, scanned

MAY_CLEAR = ("anomaly", "pharmaceutical", "other")


def queue(client: Any) -> list[dict[str, Any]]:
    response = client.get("/api/reviews")
    assert response.status_code == 200, response.text
    return response.json()


def answer(client: Any, passage: str, decision: str = "release", **more: Any) -> Any:
    body = {"decision": decision, "reason": "看过", **more}
    return client.post(f"/api/passages/{passage}/answers", json=body, headers=HEADERS)


@pytest.mark.parametrize(
    ("scan", "expected"),
    [
        (None, None),
        (ScanEvidence(), None),
        (ScanEvidence(review=CLEAR), None),
        (ScanEvidence(review=ALARM), None),
        (ScanEvidence(review=PROHIBITED), Barred.PROHIBITED),
        (ScanEvidence(review=UNJUDGED), Barred.EXCEPTION),
        (ScanEvidence(review=ALARM, doubts=(ScanDoubt.MASS_DIFFERS,)), Barred.EXCEPTION),
        (ScanEvidence(doubts=(ScanDoubt.MISSING,)), Barred.EXCEPTION),
    ],
)
def test_what_bars_a_release(scan: ScanEvidence | None, expected: Barred | None) -> None:
    assert answer_rules.barred(scan, MAY_CLEAR) is expected


def test_a_category_the_site_withdraws_is_prohibited() -> None:
    assert answer_rules.barred(ScanEvidence(review=ALARM), ("other",)) is Barred.PROHIBITED


def test_the_queue_holds_what_images_and_papers_flag(office: Office) -> None:
    run_line(
        office,
        clear=scanned("clear", CLEAR, tracking_id=1),
        alarm=scanned("alarm", ALARM, tracking_id=2),
        prohibited=scanned("prohibited", PROHIBITED, tracking_id=3),
        unjudged=scanned("unjudged", UNJUDGED, tracking_id=4),
        doubtful=scanned("doubtful", CLEAR, doubts=[ScanDoubt.DOUBLE], tracking_id=5),
        missing=scanned("missing", None, volumes=(), doubts=[ScanDoubt.MISSING], tracking_id=6),
        papers=decided(
            "papers",
            role=LaneRole.INSPECT,
            lane=5,
            reasons=(Reason.OFFICER_REVIEW,),
            awaiting_answer=True,
            tracking_id=7,
        ),
        plain=decided("plain", tracking_id=8),
    )
    with office.signed_in("officer") as client:
        rows = {row["passage_id"]: row for row in queue(client)}
    assert set(rows) == {"alarm", "prohibited", "unjudged", "doubtful", "papers"}
    assert {name: row["release_barred"] for name, row in rows.items()} == {
        "alarm": "",
        "prohibited": "prohibited",
        "unjudged": "exception",
        "doubtful": "exception",
        "papers": "",
    }
    assert (rows["alarm"]["outcome"], rows["unjudged"]["exception"]) == ("alarm", "impenetrable")
    assert (rows["doubtful"]["outcome"], rows["doubtful"]["scan_doubts"]) == ("exception", ["double"])
    assert (rows["papers"]["outcome"], rows["papers"]["has_image"]) == (None, False)
    [finding] = rows["alarm"]["findings"]
    assert finding == {
        "kind": "liquid",
        "category": "anomaly",
        "score": 0.83,
        "box_mm": [10.0, 20.0, 30.0, 40.0, 60.0, 90.0],
        "material": "organic",
        "mass_g": 500.0,
    }
    assert rows["alarm"]["has_image"] is True


def test_the_least_belt_first_then_the_newest(office: Office) -> None:
    def at(minutes: float) -> Any:
        return START + timedelta(minutes=minutes)

    run_line(
        office,
        near=scanned("near", ALARM, tracking_id=1, at=at(0)),
        far=scanned("far", ALARM, tracking_id=2, at=at(1)),
        old=scanned("old", UNJUDGED, tracking_id=3, at=at(2)),
        new=scanned("new", UNJUDGED, tracking_id=4, at=at(3)),
    )
    items = (
        ItemOnBelt(passage_id="far", position_mm=6_000, deadline_mm=8_000),
        ItemOnBelt(passage_id="near", position_mm=12_000, deadline_mm=2_000),
    )
    state = structs.replace(line_state(), items=items)
    office.receive(incoming(state, "s9", channel="state"))
    with office.signed_in("officer") as client:
        rows = queue(client)
    assert [row["passage_id"] for row in rows] == ["near", "far", "new", "old"]
    assert [row["remaining_mm"] for row in rows] == [2_000, 8_000, None, None]


def test_an_hour_after_the_belt_or_an_answer_a_passage_leaves_the_queue(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM), two=scanned("p2", ALARM, tracking_id=2))
    with office.signed_in("officer") as client:
        answer_id = answer(client, "p2", "stop").json()["answer_id"]
        assert [row["passage_id"] for row in queue(client)] == ["p1"]
        office.receive(incoming(AnswerRuled(answer_id, "p2", Ruling.REFUSED, 1, START), "r"))
        assert {row["passage_id"] for row in queue(client)} == {"p1", "p2"}  # nothing came of it
        office.receive(incoming(closed("p1", role=LaneRole.INSPECT, lane=5), "c"))
        [_open, left] = queue(client)
        assert (left["passage_id"], left["release_barred"]) == ("p1", "not_awaited")
        office.clock.pass_time(hours=1, seconds=9)
        assert [row["passage_id"] for row in queue(client)] == ["p2"]


def test_a_revision_that_clears_takes_it_out(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    office.receive(incoming(scanned("p1", CLEAR, revision=2), "e2"))
    with office.signed_in("officer") as client:
        assert queue(client) == []


def test_the_queue_says_who_is_at_work(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    with office.signed_in("officer") as officer, office.signed_in("supervisor") as supervisor:
        assert queue(officer)[0]["claimed_by"] is None
        officer.post("/api/reviews/p1/claim", headers=HEADERS)
        [mine], [theirs] = queue(officer), queue(supervisor)
        assert (mine["claimed_by"], mine["claimed_by_me"]) == ("值班关员", True)
        assert (theirs["claimed_by_me"], theirs["claimed_until"]) == (False, mine["claimed_until"])
        office.clock.pass_time(seconds=60)
        assert queue(supervisor)[0]["claimed_by"] is None


@pytest.mark.parametrize(("review", "why"), [(PROHIBITED, "prohibited"), (UNJUDGED, "exception")])
def test_what_nobody_may_clear_is_stopped_only(office: Office, review: Review, why: str) -> None:
    run_line(office, one=scanned("p1", review))
    second = {"username": "supervisor", "password": office.passwords()["supervisor"]}
    with office.signed_in("officer") as client:
        refused = answer(client, "p1")
        assert (refused.status_code, refused.json()["why"]) == (409, why)
        assert "bench" in refused.json()["detail"]
        assert answer(client, "p1", second_officer=second).json()["why"] == why  # not by two either
        assert answer(client, "p1", "stop").status_code == 202
    assert [command.decision.value for command in office.commands()] == ["stop"]


def test_what_officers_may_clear_they_clear(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM), clear=scanned("p2", CLEAR, tracking_id=2))
    with office.signed_in("officer") as client:
        assert answer(client, "p2", "stop").json()["why"] == "not_awaited"
        assert answer(client, "p1").status_code == 202
        office.receive(incoming(closed("p2", tracking_id=2), "c"))
        assert answer(client, "p2", "stop").json()["why"] == "not_awaited"


def test_express_companies_and_operators_see_no_queue_and_no_images(office: Office) -> None:
    office.take_papers(PAPERS)
    keyring = office.keyring
    run_line(office, one=scanned("p1", ALARM, waybill=JD, keyring=keyring))
    users = office.centre.users
    users.add_express_company("jd", "JD")
    users.add("jd", "京东", "jd", [Role.EXPRESS_COMPANY], "long enough!")
    with office.signed_in("jd", "long enough!") as client:
        assert client.get("/api/reviews").status_code == 403
        page = client.get("/api/passages/p1").json()
    with office.signed_in("operator") as client:
        assert client.get("/api/reviews").status_code == 403
        for path in ("image", "media", "image/high.nii.gz", "image/slice.png", "reports/machine"):
            assert client.get(f"/api/passages/p1/{path}").status_code == 403
        other = client.get("/api/passages/p1").json()
    for each in (page, other):
        assert (each["scan"], each["media"], each["image_outcome"]) == (None, [], None)
        assert "scan" not in each["evidence"]
        assert each["awaiting_answer"] is False


def test_a_page_tells_of_the_scan(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM, doubts=[ScanDoubt.LATE]))
    with office.signed_in("officer") as client:
        page = client.get("/api/passages/p1").json()
    scan = page["scan"]
    assert (scan["scan_id"], scan["doubts"], page["image_outcome"]) == ("scan of p1", ["late"], "exception")
    assert {*scan["review"]} == {*Review.__struct_fields__}  # every field is told
    assert scan["review"]["findings"][0]["kind"] == "liquid"
