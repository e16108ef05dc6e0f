"""The composition root of the centre's process: makes every part, starts and stops them in order."""

import asyncio
import signal
import socket
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog
import uvicorn
from argon2 import PasswordHasher
from litestar import Litestar
from sqlalchemy import RowMapping, select

from central import claims, database, figures, media, page, passages, schema
from central.announcer import Announcer
from central.answers import Answers
from central.api.app import make_app
from central.centre import Centre
from central.claims import Claim
from central.clearance_log import Snapshots
from central.commands import Commands
from central.fetching import Fetching
from central.first_start import create_first_users, lay_ground
from central.images import Images
from central.incoming import Incoming
from central.ingest import Writer
from central.live import Hub, Sources
from central.media import Places
from central.media_folder import MediaFolder
from central.metrics import Metrics
from central.mqtt import Link
from central.officer_reports import OfficerReports
from central.roles import Principal
from central.store import Store, Stored
from central.users import Users
from central.views import AnswerView, Figures
from config import keyring
from config.keyring import KeyringError
from config.settings import Site

_log = structlog.get_logger(__name__)

_OFFER_WAIT_S = 2.0  # how long a full queue slows the broker before a message is left to be sent again
_DRAIN_S = 10.0
_CONSOLE = Path(__file__).parent / "console" / "dist"


@dataclass
class Service:
    """A composed centre with what only starting and stopping needs."""

    centre: Centre
    announcer: Announcer
    app: Litestar


def compose(
    site: Site,
    data: Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    hasher: PasswordHasher | None = None,
    console: Path = _CONSOLE,
) -> Service:
    """Make every part and bring the database up to date; nothing runs yet."""
    keys = keyring.load(data / "keys", signing=True)
    engine = database.connect(site.centre.database, data)
    database.migrate(engine)
    lay_ground(engine, site)
    users = Users(engine, site.id, clock=clock, hasher=hasher)
    if create_first_users(users, engine, data / "first-login.txt"):
        _log.info("first_users_created", file=str(data / "first-login.txt"))
    instance = uuid.uuid4().hex
    metrics = Metrics()
    known_lines = frozenset(line.id for line in site.lines)

    def take(message: Incoming) -> None:
        if message.line in known_lines:
            writer.offer(message, wait_s=_OFFER_WAIT_S)
        else:
            _log.warning("message_of_unknown_line_ignored")

    def report(stored: Stored) -> None:
        centre.report(stored)

    def announce() -> None:
        announcer.hurry()

    link = Link(
        site.broker,
        site.id,
        password=_secret(data / site.broker.password_file),
        instance=instance,
        clock=clock,
        on_message=take,
        on_connected=announce,
    )
    writer = Writer(
        engine,
        site.id,
        Store(site.id, keys),
        clock=clock,
        on_stored=report,
        on_trouble=lambda _reason: announce(),
    )
    announcer = Announcer(
        engine,
        link,
        site.id,
        tuple(line.id for line in site.lines),
        instance=instance,
        clock=clock,
        healthy=lambda: not writer.trouble,
    )
    commands = Commands(link, keys, states=lambda: centre.states)
    fetching = Fetching(commands, clock=clock)
    store = MediaFolder(data / "media")
    centre = Centre(
        site=site,
        engine=engine,
        keyring=keys,
        clock=clock,
        edge_token=_secret(data / "keys" / "edge-token"),
        users=users,
        writer=writer,
        link=link,
        answers=Answers(engine, site, keys, commands, clock=clock),
        media=store,
        fetching=fetching,
        images=Images(store),
        officer_reports=OfficerReports(engine, site.id, Places(store=store, fetching=fetching)),
        snapshots=Snapshots(engine, site.id),
        hub=Hub(_sources(lambda: centre)),
        metrics=metrics,
        console=console,
        version=version("redpeak"),
    )
    centre.remember_states()
    _watch(metrics, centre)
    service = Service(centre=centre, announcer=announcer, app=make_app(centre, [lambda _app: _life(service)]))
    return service


def run(site: Site, data: Path, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run the centre until SIGTERM or SIGINT; what is queued is written before it ends."""
    service = compose(site, data)
    settings = uvicorn.Config(
        service.app,
        host=site.centre.host,
        port=site.centre.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn says them again once it has ended
        signal.signal(number, lambda _number, _frame: None)
    asyncio.run(_Server(settings, service.centre.hub, on_ready).serve())


class _Server(uvicorn.Server):
    """Ends the event streams before it waits for open connections."""

    def __init__(self, settings: uvicorn.Config, hub: Hub, on_ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._hub = hub
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._hub.stop()
        await super().shutdown(sockets)


@asynccontextmanager
async def _life(service: Service) -> AsyncGenerator[None, None]:
    """Everything that runs beside the HTTP routes."""
    centre = service.centre
    await centre.hub.start()
    centre.writer.start()
    service.announcer.start()
    centre.link.start()
    _log.info("centre_started", site=centre.site.id, version=centre.version)
    try:
        yield
    finally:
        await asyncio.to_thread(_stop, service)
        await centre.hub.stop()
        _log.info("centre_stopped")


def _stop(service: Service) -> None:
    """Say that we go, write and receipt what waits, then leave."""
    service.announcer.stop()
    if not service.centre.writer.stop(drain_s=_DRAIN_S):
        _log.warning("queue_not_drained", messages=service.centre.writer.waiting)
    service.centre.link.stop()
    service.centre.engine.dispose()


def _sources(centre: Callable[[], Centre]) -> Sources:
    """What the live hub reads, each in a connection of its own."""

    def rows(ids: Sequence[str]) -> list[RowMapping]:
        with centre().engine.connect() as connection:
            return passages.changed(connection, centre().site.id, ids)

    def answers(ids: Sequence[str]) -> tuple[AnswerView, ...]:
        table = schema.answers
        with centre().engine.connect() as connection:
            found = connection.execute(select(table).where(table.c.answer_id.in_(ids))).mappings()
            return page.answer_views(connection, centre().keyring, list(found), centre().clock())

    def counted(principal: Principal) -> Figures:
        now = centre()
        with now.engine.connect() as connection:
            return figures.today(
                connection, now.site.id, now.site.timezone, now.clock(), principal, dict(now.states)
            )

    def holders(passage_ids: Sequence[str]) -> dict[str, Claim]:
        now = centre()
        with now.engine.connect() as connection:
            return claims.of(connection, now.site.id, passage_ids, now.clock())

    def pictured(sha256s: Sequence[str]) -> set[str]:
        with centre().engine.connect() as connection:
            return media.passages_of(connection, centre().site.id, sha256s)

    return Sources(rows=rows, answers=answers, figures=counted, claims=holders, pictured=pictured)


def _watch(metrics: Metrics, centre: Centre) -> None:
    metrics.watch("redpeak_central_queue_messages", "Messages waiting.", lambda: centre.writer.waiting)
    metrics.watch("redpeak_central_lag_seconds", "Age of the oldest one.", lambda: centre.writer.lag_s)
    metrics.watch("redpeak_central_overflowed", "Messages to be resent.", lambda: centre.writer.overflowed)
    metrics.watch("redpeak_central_live_clients", "Browsers listening.", lambda: centre.hub.clients)
    metrics.watch("redpeak_central_broker_connected", "1 when it is.", lambda: float(centre.link.connected))


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise KeyringError(f"{path}: cannot be read ({error.strerror})") from error
