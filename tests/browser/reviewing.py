"""A centre with flagged passages behind a real port, for tests of the review screen in a browser."""

import socket
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import uvicorn
from msgspec import structs

from central import database
from central.api.app import make_app
from central.first_start import lay_ground
from config.load import parse_site, shipped_site
from edge.messages import ItemOnBelt, MediaKind
from tests.unit.central.centre_fixture import Office, open_office
from tests.unit.central.journeys import Clock, incoming, line_state
from tests.unit.central.scanned_line import (
    ALARM,
    LIQUID,
    PROHIBITED,
    UNJUDGED,
    recorded,
    run_line,
    scanned,
    sha256_of,
)
from tests.unit.central.small_scan import HIGH, LOW

ROOT = Path(__file__).parents[2]
WATER_MM = (6.0, 4.0, 8.0, 24.0, 20.0, 40.0)  # where the small scan has its water
VOLUMES = (sha256_of(LOW), sha256_of(HIGH))
DENSE = b"a scan that still lies at the line"
PATIENCE_S = 20


def open_centre(data: Path) -> Office:
    """A centre whose console is the one that was built."""
    site = parse_site(shipped_site("demo"), "demo")
    engine = database.connect(site.centre.database, data)
    database.migrate(engine)
    lay_ground(engine, site)
    engine.dispose()
    (data / "console").symlink_to(ROOT / "central" / "console" / "dist")
    return open_office(site, data, Clock())


def flag_passages(office: Office) -> None:
    """Three flagged passages: an alarm that may be cleared, one that may not, and an image beyond judging."""
    found = structs.replace(LIQUID, box_mm=WATER_MM)
    alarm = structs.replace(ALARM, findings=(found,))
    prohibited = structs.replace(PROHIBITED, findings=(found, *PROHIBITED.findings[1:]))
    run_line(
        office,
        alarm=scanned("alarm-0001", alarm, volumes=VOLUMES, awaiting_answer=True, tracking_id=1),
        prohibited=scanned("barred-0002", prohibited, volumes=VOLUMES, tracking_id=2),
        unjudged=scanned("unread-0003", UNJUDGED, volumes=[sha256_of(DENSE)], tracking_id=3),
    )
    for passage in ("alarm-0001", "barred-0002"):
        for part, content in (("low", LOW), ("high", HIGH)):
            office.receive(incoming(recorded(passage, content, part=part), f"{passage} {part}"))
    office.receive(incoming(recorded("unread-0003", DENSE, part="high"), "dense"))
    for content in (LOW, HIGH):
        office.centre.media.keep(content)
    still = office.keyring.seal(picture(), "media")
    office.receive(incoming(recorded("alarm-0001", still, MediaKind.STILL, media_type="image/jpeg"), "still"))
    office.centre.media.keep(still)
    report_line(office)


def report_line(office: Office) -> None:
    """The line's state: the passage that awaits an answer has five metres left."""
    item = ItemOnBelt(passage_id="alarm-0001", position_mm=9000, length_mm=400, deadline_mm=5000)
    state = structs.replace(line_state(), items=(item,), speed_mm_s=0)
    office.receive(incoming(state, f"state {time.monotonic_ns()}", channel="state"))


def picture() -> bytes:
    """A still with sharp stripes, which pixels as large as the mask's cannot show."""
    image = np.zeros((240, 320, 3), np.uint8)
    image[:, ::4] = 255
    done, content = cv2.imencode(".jpg", image)
    assert done
    return content.tobytes()


@contextmanager
def served(office: Office) -> Generator[str]:
    """The centre on a free port of 127.0.0.1; its address."""

    @asynccontextmanager
    async def life(_app: Any) -> AsyncGenerator[None, None]:
        await office.centre.hub.start()
        yield
        await office.centre.hub.stop()

    listening = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(
        make_app(office.centre, [life]),
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while not server.started and thread.is_alive() and time.monotonic() < until:
        thread.join(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listening.close()
        office.centre.engine.dispose()
