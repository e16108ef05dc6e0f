"""The parts of a running centre, as its HTTP routes and its composition root share them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from central.answers import Answers
from central.clearance_log import Snapshots
from central.fetching import Fetching
from central.images import Images
from central.ingest import Writer
from central.interfaces import LineLink
from central.live import Hub
from central.media import Places
from central.media_store import MediaStore
from central.metrics import Metrics
from central.officer_reports import OfficerReports
from central.receipts import receipt, remembered, reported
from central.store import Stored
from central.users import Users
from config.keyring import Keyring
from config.settings import Site
from edge.messages import LineState


@dataclass
class Centre:
    """Made once by `central.service.compose`; nothing else constructs its parts."""

    site: Site
    engine: Engine
    keyring: Keyring
    clock: Callable[[], datetime]
    edge_token: str
    users: Users
    writer: Writer
    link: LineLink
    answers: Answers
    media: MediaStore
    fetching: Fetching
    images: Images
    officer_reports: OfficerReports
    snapshots: Snapshots
    hub: Hub
    metrics: Metrics
    console: Path
    version: str
    states: dict[str, LineState] = field(default_factory=dict[str, LineState])

    @property
    def places(self) -> Places:
        """Tells where each file is."""
        return Places(store=self.media, fetching=self.fetching)

    def database_works(self) -> bool:
        """Whether the database answers and takes what is written."""
        if self.writer.trouble:
            return False
        try:
            with self.engine.connect() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def report(self, stored: Stored) -> None:
        """After a commit, in the writer's thread: receipts first, then everyone who watches."""
        receipt(self.link, stored)
        self.states.update(reported(stored))
        self.metrics.stored(stored)
        self.hub.report(stored)

    def remember_states(self) -> None:
        """Start with the line states that were known."""
        self.states.update(remembered(self.engine, self.site.id))
