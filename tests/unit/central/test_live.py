"""The live hub: each client its own queue and its own view; a slow one is reset, never waited for."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from central.api.events import stream
from central.live import RESET, WAITING, Client, Event, shown_state
from central.roles import Principal, Role
from central.users import token_hash
from edge.messages import AlarmRaised, ItemOnBelt, LineState
from tests.unit.central.centre_fixture import Office
from tests.unit.central.journeys import START, decided, incoming, line_state

OFFICER = Principal("u1", "officer", "officer", "customs", "customs", (Role.CUSTOMS_OFFICER,))
ADMIN = Principal("u2", "admin", "admin", "operator", "operator", (Role.SYSTEM_ADMIN,))
COMPANY = Principal("u3", "sf", "sf", "sf", "sf", (Role.EXPRESS_COMPANY,))


@asynccontextmanager
async def running(office: Office) -> AsyncGenerator[None]:
    await office.centre.hub.start()
    try:
        yield
    finally:
        await office.centre.hub.stop()


async def heard(client: Client, wanted: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(10):
        while len(found) < wanted:
            event = await client.queue.get()
            assert event is not None
            found.append(event)
    return found


async def test_each_role_hears_its_own(office: Office) -> None:
    hub = office.centre.hub
    async with running(office):
        officer, admin, company = (hub.subscribe(who) for who in (OFFICER, ADMIN, COMPANY))
        await asyncio.to_thread(
            office.receive,
            incoming(line_state(), "s", channel="state"),
            incoming(decided("p1", keyring=office.keyring), "e1"),
            incoming(AlarmRaised("jam", "lane 2", START), "e2"),
        )
        assert {event.name for event in await heard(officer, 4)} == {"line", "passage", "alarm", "figures"}
        assert {event.name for event in await heard(admin, 2)} == {"line", "alarm"}
        assert (admin.queue.qsize(), company.queue.qsize()) == (0, 0)


async def test_a_passage_comes_once_however_many_messages_it_took(office: Office) -> None:
    async with running(office):
        officer = office.centre.hub.subscribe(OFFICER)
        messages = [
            incoming(decided("p1", revision=number, keyring=office.keyring), f"e{number}")
            for number in range(1, 4)
        ]
        await asyncio.to_thread(office.receive, *messages)
        [passage, _figures] = await heard(officer, 2)
    assert json.loads(passage.data)["passage_id"] == "p1"
    assert officer.queue.get_nowait() is None  # the end, and no second row


def test_a_slow_client_gets_reset_and_goes_on() -> None:
    client = Client(OFFICER)
    for number in range(WAITING + 1):
        client.push(Event("line", str(number)))
    assert client.queue.qsize() == 1
    assert client.queue.get_nowait() == RESET
    client.push(Event("line", "later"))
    assert client.queue.get_nowait() == Event("line", "later")


async def test_a_client_that_has_gone_is_forgotten(office: Office) -> None:
    messages = stream(office.centre, OFFICER)
    await anext(messages)
    assert office.centre.hub.clients == 1
    await messages.aclose()
    assert office.centre.hub.clients == 0


async def test_a_stream_ends_with_its_session(office: Office) -> None:
    users = office.centre.users
    principal = users.verify("officer", office.passwords()["officer"])
    assert principal is not None
    session = users.of_session(token_hash(users.open_session(principal)))
    assert session is not None
    messages = stream(office.centre, session, heartbeat_s=0.01)
    first, second = await anext(messages), await anext(messages)
    assert (first.comment, second.comment) == ("open", "heartbeat")
    users.close_session(session)
    async with asyncio.timeout(10):
        rest = [message async for message in messages]
    assert all(message.comment == "heartbeat" for message in rest)
    assert office.centre.hub.clients == 0


def test_who_may_not_know_is_not_told_which_item_waits_for_an_officer() -> None:
    state = LineState(
        session="s",
        online=True,
        at=START,
        items=(ItemOnBelt(passage_id="p1", position_mm=1, deadline_mm=900),),
    )
    assert shown_state(state, OFFICER).items[0].deadline_mm == 900
    assert shown_state(state, ADMIN).items[0].deadline_mm is None
