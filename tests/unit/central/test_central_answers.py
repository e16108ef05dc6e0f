"""Officers' answers: recorded, signed, sent, and what became of them."""

from typing import Any

from sqlalchemy import select

from central import schema
from config.settings import LaneRole
from edge.messages import AnswerRuled, Decision, Ruling
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.journeys import START, closed, incoming, line_state


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


def test_an_answer_the_line_never_ruled_on_is_not_shown_as_on_its_way_for_ever(busy: Office) -> None:
    with busy.signed_in("officer") as client:

        def ruling() -> str:
            [shown] = client.get("/api/passages/p1").json()["answers"]
            return shown["ruling"]

        answer_id = answer(client).json()["answer_id"]
        busy.clock.pass_time(hours=1)
        assert ruling() == "sent"  # the belt may stand: only the closing starts the clock
        busy.receive(incoming(closed("p1", role=LaneRole.INSPECT, lane=5, at=busy.clock.now), "e8"))
        busy.clock.pass_time(seconds=8 + 59)
        assert ruling() == "sent"
        busy.clock.pass_time(seconds=1)
        assert ruling() == "never_ruled"
        busy.receive(incoming(AnswerRuled(answer_id, "p1", Ruling.TOO_LATE, 9700, START), "e9"))
        assert ruling() == "too_late"  # what the line says at last is still the truth


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
