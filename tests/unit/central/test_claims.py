"""Claims: one officer an image, for a minute by the centre's clock."""

import asyncio
import json
from typing import Any

from sqlalchemy import select

from central import schema
from central.roles import Principal, Role
from tests.unit.central.centre_fixture import HEADERS, Office
from tests.unit.central.scanned_line import ALARM, run_line, scanned

URL = "/api/reviews/p1/claim"


def claim(client: Any, url: str = URL) -> Any:
    return client.post(url, headers=HEADERS)


def audited(office: Office) -> list[str]:
    with office.centre.engine.connect() as connection:
        table = schema.audit
        query = select(table.c.action).where(table.c.subject == "p1").order_by(table.c.id)
        return list(connection.execute(query).scalars())


def test_a_claim_holds_against_others_until_it_runs_out(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    with office.signed_in("officer") as officer, office.signed_in("supervisor") as supervisor:
        first = claim(officer).json()
        assert (first["passage_id"], first["officer"]) == ("p1", "值班关员")
        refused = claim(supervisor)
        assert (refused.status_code, refused.json()["why"]) == (409, "claimed")
        assert refused.json()["by"] == "值班关员"
        office.clock.pass_time(seconds=40)
        assert claim(officer).json()["until"] > first["until"]  # renewed
        office.clock.pass_time(seconds=59)
        assert claim(supervisor).status_code == 409
        office.clock.pass_time(seconds=1)
        assert claim(supervisor).status_code == 200
        assert claim(officer).status_code == 409
        assert claim(officer, "/api/reviews/p9/claim").status_code == 404
    assert audited(office) == ["image_claimed", "image_claimed"]  # renewals are not deeds


def test_a_claim_is_given_up_by_its_holder_only(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    with office.signed_in("officer") as officer, office.signed_in("supervisor") as supervisor:
        claim(officer)
        assert supervisor.delete(URL, headers=HEADERS).status_code == 204
        assert claim(supervisor).status_code == 409
        assert officer.delete(URL, headers=HEADERS).status_code == 204
        assert claim(supervisor).status_code == 200
    assert audited(office) == ["image_claimed", "image_released", "image_claimed"]


def test_an_answer_needs_nobody_elses_claim_and_ends_ones_own(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    body = {"decision": "stop", "reason": "液体"}
    with office.signed_in("officer") as officer, office.signed_in("supervisor") as supervisor:
        claim(supervisor)
        refused = officer.post("/api/passages/p1/answers", json=body, headers=HEADERS)
        assert (refused.status_code, refused.json()["why"]) == (409, "claimed")
        assert refused.json()["by"] == "主管"
        assert office.commands() == []
        given = supervisor.post("/api/passages/p1/answers", json=body, headers=HEADERS)
        assert given.status_code == 202
        assert claim(officer).status_code == 200


def test_operators_claim_nothing(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    with office.signed_in("operator") as client:
        assert claim(client).status_code == 403
        assert client.delete(URL, headers=HEADERS).status_code == 403


async def test_screens_hear_of_claims_each_in_its_own_way(office: Office) -> None:
    run_line(office, one=scanned("p1", ALARM))
    hub = office.centre.hub
    with office.centre.engine.connect() as connection:
        users = schema.users
        found = connection.execute(select(users.c.id).where(users.c.username == "officer"))
        officer_id = found.scalar_one()
    mine = Principal(officer_id, "officer", "o", "customs", "customs", (Role.CUSTOMS_OFFICER,))
    other = Principal("u9", "supervisor", "s", "customs", "customs", (Role.SUPERVISOR,))
    operator = Principal("u8", "operator", "p", "operator", "operator", (Role.OPERATOR,))

    def act(method: str) -> None:
        with office.signed_in("officer") as client:
            client.request(method, URL, headers=HEADERS)

    await hub.start()
    try:
        clients = [hub.subscribe(who) for who in (mine, other, operator)]
        await asyncio.to_thread(act, "POST")
        async with asyncio.timeout(10):
            events = [await client.queue.get() for client in clients[:2]]
        assert [event.name for event in events if event] == ["claim", "claim"]
        told = [json.loads(event.data) for event in events if event]
        assert [each["claimed_by_me"] for each in told] == [True, False]
        assert {each["claimed_by"] for each in told} == {"值班关员"}
        await asyncio.to_thread(act, "DELETE")
        async with asyncio.timeout(10):
            event = await clients[1].queue.get()
        assert event is not None
        assert json.loads(event.data) == {
            "passage_id": "p1",
            "claimed_by": None,
            "claimed_by_me": False,
            "claimed_until": None,
        }
        assert clients[2].queue.empty()
    finally:
        await hub.stop()
