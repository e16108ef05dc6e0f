"""The live stream: server-sent events, each client its own bounded queue."""

import asyncio
from collections.abc import AsyncGenerator

from litestar import get
from litestar.response import ServerSentEvent, ServerSentEventMessage

from central.api.guard import Asked, TheCentre, needs
from central.centre import Centre
from central.roles import Permission, Principal

HEARTBEAT_S = 15.0


@get("/events", opt=needs(Permission.LOGGED_IN), sync_to_thread=False)
def stream_events(centre: TheCentre, request: Asked) -> ServerSentEvent:
    """What is new, as far as the role may see it.

    Events: passage, line, answer, claim, media, alarm, figures; reset: fetch again.
    """
    return ServerSentEvent(stream(centre, request.user))


async def stream(
    centre: Centre, principal: Principal, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[ServerSentEventMessage, None]:
    """Events as they come, a comment when none do; ends with the session or the service."""
    client = centre.hub.subscribe(principal)
    try:
        yield ServerSentEventMessage(comment="open", retry=2_000)
        while True:
            try:
                event = await asyncio.wait_for(client.queue.get(), heartbeat_s)
            except TimeoutError:
                if await asyncio.to_thread(centre.users.of_session, principal.session) is None:
                    return
                yield ServerSentEventMessage(comment="heartbeat")
                continue
            if event is None:
                return
            yield ServerSentEventMessage(event=event.name, data=event.data)
    finally:
        centre.hub.unsubscribe(client)
