"""What is live, to every browser that listens: collected from the writer, sent in ticks, never waited for.

Each client has a bounded queue. One that does not read loses what it missed and gets `reset`: fetch again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog
from msgspec import Struct, structs
from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from central import claims
from central.claims import Claim
from central.image_views import ClaimChanged, MediaChanged
from central.passages import row_view
from central.roles import Permission, Principal
from central.store import Stored
from central.views import AlarmView, AnswerView, Figures, LineReport
from edge import messages
from edge.messages import LineState

_log = structlog.get_logger(__name__)

TICK_S = 0.25  # so a line's state comes at most 4 times a second
FIGURES_S = 1.0
WAITING = 256  # events a client may be behind
_ROWS = 200  # passages a tick at most; beyond that clients fetch again


class Event(Struct, frozen=True):
    """One server-sent event; `data` is JSON."""

    name: str
    data: str


RESET = Event(name="reset", data="{}")


class Client:
    """One listening browser."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(WAITING)

    def push(self, event: Event | None) -> None:
        """Queue an event; a full queue is emptied and replaced by one `reset`."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(RESET if event is not None else None)


class Sources(Struct, frozen=True):
    """Where the hub reads what it shows; each is called in a worker thread."""

    rows: Callable[[Sequence[str]], list[RowMapping]]
    answers: Callable[[Sequence[str]], Sequence[AnswerView]]
    claims: Callable[[Sequence[str]], dict[str, Claim]]
    pictured: Callable[[Sequence[str]], set[str]]  # the passages that files are about
    figures: Callable[[Principal], Figures]


class Hub:
    """Collects changes and tells the clients; lives in the service's event loop."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._clients: set[Client] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._passages: set[str] = set()
        self._answers: set[str] = set()
        self._claims: set[str] = set()  # passages
        self._media: set[str] = set()  # passages
        self._uploaded: set[str] = set()  # hashes
        self._lines: dict[str, LineState] = {}
        self._alarms: list[AlarmView] = []
        self._counted = False  # whether figures may have changed
        self._figures_due_s = 0.0

    @property
    def clients(self) -> int:
        """How many browsers listen."""
        return len(self._clients)

    async def start(self) -> None:
        """Begin to send."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="live")

    async def stop(self) -> None:
        """End all streams."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for client in self._clients:
            client.push(None)

    def subscribe(self, principal: Principal) -> Client:
        """A new client; give it to `unsubscribe` when it has gone."""
        client = Client(principal)
        self._clients.add(client)
        return client

    def unsubscribe(self, client: Client) -> None:
        """Forget a client; may be called twice."""
        self._clients.discard(client)

    def report(self, stored: Stored) -> None:
        """Take note of a committed batch; called from the writer's thread."""
        self._from_thread(lambda: self._note(stored))

    def answered(self, answer_id: str) -> None:
        """Take note of an answer given here; called from a worker thread."""
        self._from_thread(lambda: self._answers.add(answer_id))

    def claimed(self, passage_id: str) -> None:
        """Take note of a claim taken, renewed or ended; it is looked at again when it would run out."""

        def note() -> None:
            self._claims.add(passage_id)
            if self._loop is not None:
                self._loop.call_later(claims.LASTS.total_seconds() + TICK_S, self._claims.add, passage_id)

        self._from_thread(note)

    def uploaded(self, sha256: str) -> None:
        """Take note of a file that is wholly here now."""
        self._from_thread(lambda: self._uploaded.add(sha256))

    def _from_thread(self, act: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _note(self, stored: Stored) -> None:
        if not self._clients:
            return
        for report in stored.states:
            self._lines[report.line] = report.state
        for accepted in stored.accepted:
            match accepted.event:
                case messages.PassageDecided() | messages.PassageClosed() as event:
                    self._passages.add(event.passage_id)
                case messages.AnswerRuled() as event:
                    self._answers.add(event.answer_id)
                    self._passages.add(event.passage_id)
                case messages.MediaRecorded() as event:
                    self._media.add(event.passage_id)
                case messages.AlarmRaised() as event:
                    self._alarms.append(
                        AlarmView(
                            line=accepted.line,
                            code=event.code,
                            detail=event.detail,
                            raised_at=event.raised_at,
                        )
                    )
                case _:
                    pass
        self._counted = self._counted or bool(stored.accepted) or stored.quarantined > 0

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self._tick()
            except SQLAlchemyError as error:
                _log.warning("live_view_not_read", kind=type(error).__name__)

    async def _tick(self) -> None:
        lines, self._lines = self._lines, {}
        passages, self._passages = self._passages, set()
        answers, self._answers = self._answers, set()
        alarms, self._alarms = self._alarms, []
        if not self._clients:
            self._claims, self._media, self._uploaded = set(), set(), set()
            return
        for line, state in lines.items():
            report = LineReport(line=line, state=state)
            self._tell(Permission.SEE_LINE, "line", lambda who, r=report: _shown_report(r, who))
        if len(passages) > _ROWS:
            for client in self._clients:
                client.push(RESET)
        elif passages:
            for row in await asyncio.to_thread(self._sources.rows, sorted(passages)):
                self._tell(Permission.SEE_PASSAGES, "passage", lambda who, r=row: _own_row(r, who))
        if answers:
            for answer in await asyncio.to_thread(self._sources.answers, sorted(answers)):
                self._tell(Permission.SEE_TARGETING, "answer", lambda _who, a=answer: a)
        await self._tell_images()
        for alarm in alarms:
            self._tell(Permission.SEE_ALARMS, "alarm", lambda _who, a=alarm: a)
        if self._counted and time.monotonic() >= self._figures_due_s:
            self._counted = False
            await self._tell_figures()

    async def _tell_images(self) -> None:
        """Claims as they are now, and whose files are new."""
        claimed, self._claims = self._claims, set()
        media, self._media = self._media, set()
        uploaded, self._uploaded = self._uploaded, set()
        if claimed:
            holders = await asyncio.to_thread(self._sources.claims, sorted(claimed))
            for passage_id in sorted(claimed):
                claim = holders.get(passage_id)
                self._tell(Permission.ANSWER, "claim", lambda who, p=passage_id, c=claim: _claim(p, c, who))
        if uploaded:
            media |= await asyncio.to_thread(self._sources.pictured, sorted(uploaded))
        for passage_id in sorted(media):
            self._tell(Permission.SEE_IMAGES, "media", lambda _who, p=passage_id: MediaChanged(p))

    async def _tell_figures(self) -> None:
        """Count once for each kind of viewer; a count that takes long is made less often."""
        began_s = time.monotonic()
        counted: dict[bool, Figures] = {}
        for client in list(self._clients):
            if client.principal.may(Permission.SEE_FIGURES):
                targeting = client.principal.may(Permission.SEE_TARGETING)
                if targeting not in counted:
                    counted[targeting] = await asyncio.to_thread(self._sources.figures, client.principal)
                client.push(_event("figures", counted[targeting]))
        took_s = time.monotonic() - began_s
        self._figures_due_s = time.monotonic() + max(FIGURES_S, 10 * took_s)

    def _tell(self, permission: Permission, name: str, shown: Callable[[Principal], Any]) -> None:
        for client in self._clients:
            if client.principal.may(permission):
                content = shown(client.principal)
                if content is not None:
                    client.push(_event(name, content))


def shown_state(state: LineState, principal: Principal) -> LineState:
    """A line's state; which items an officer is asked about is only for those who may know."""
    if principal.may(Permission.SEE_TARGETING) or all(each.deadline_mm is None for each in state.items):
        return state
    items = tuple(structs.replace(each, deadline_mm=None) for each in state.items)
    return structs.replace(state, items=items)


def _shown_report(report: LineReport, principal: Principal) -> LineReport:
    return LineReport(line=report.line, state=shown_state(report.state, principal))


def _own_row(row: RowMapping, principal: Principal) -> object:
    own = principal.own_parcels_of
    return row_view(row, principal) if own is None or row["organisation"] == own else None


def _claim(passage_id: str, claim: Claim | None, principal: Principal) -> ClaimChanged:
    return ClaimChanged(
        passage_id=passage_id,
        claimed_by=claim.name if claim else None,
        claimed_by_me=claim is not None and claim.officer == principal.user_id,
        claimed_until=claim.until if claim else None,
    )


def _event(name: str, content: object) -> Event:
    return Event(name=name, data=msgspec.json.encode(content).decode())
