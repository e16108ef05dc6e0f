"""Puts a line's CT, cameras, reviewer and evidence together, as its site file describes them."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.keyring import Keyring
from config.settings import Line, Site
from devices.catalogue import make_camera, make_ct
from devices.ct.evidence_store import EvidenceStore
from edge.evidence import Evidence
from edge.evidence_recovery import restore
from edge.imaging import Imaging
from edge.intake import Intake
from edge.reviewing import ReviewerProcess, reviewer_command
from edge.uploads import HttpMedia, Uploads
from edge.worker_thread import WorkerThread

Run = Callable[[], Coroutine[Any, Any, None]]
_MB = 1_000_000
_BUDGET_MB, _LEAST_FREE_MB = 20_000, 1_000  # of a line that has cameras and no CT
_ROLL_EVERY_S = 10.0


class LineImaging(Struct):
    """The imaging of a line, its evidence, and what has to run for it, by name."""

    imaging: Imaging
    evidence: Evidence
    parts: dict[str, Run]


def make_imaging(
    site: Site,
    line: Line,
    data: Path,
    keyring: Keyring,
    token: str,
    intake: Intake,
    now_s: Callable[[], float],
) -> LineImaging | None:
    """None for a line without CT and cameras. `data` is the data folder, `token` the edge's at the centre."""
    if line.ct is None and not line.cameras:
        return None
    folder = (data / f"edge-{line.id}").absolute()
    budget_mb = line.ct.disk_budget_mb if line.ct else _BUDGET_MB
    least_free_mb = line.ct.least_free_mb if line.ct else _LEAST_FREE_MB
    store = EvidenceStore(folder / "evidence", budget_mb * _MB, least_free_mb * _MB, time.time)
    evidence = Evidence(folder / "evidence.db", store, lambda content: keyring.seal(content, "media"))
    worker = WorkerThread("evidence")
    worker.do(partial(restore, evidence, folder / "journal.db"))
    ct = make_ct(line.ct, data, folder, now_s, time.time) if line.ct else None
    cameras = [make_camera(camera, data, now_s) for camera in line.cameras]
    imaging = Imaging(folder / "under-review", evidence, worker, intake, ct=ct, cameras=cameras)
    url = f"http://{site.centre.host}:{site.centre.port}/api/lines/{line.id}/media"
    uploads = Uploads(evidence, worker, HttpMedia(url, token))

    async def roll() -> None:
        while True:
            with suppress(OSError):  # a full disk is the receiver's to say, and it does
                await worker.ask(lambda: store.roll(time.time()))
            await asyncio.sleep(_ROLL_EVERY_S)

    parts: dict[str, Run] = {"uploads": uploads.run, "retention": roll}
    for camera in cameras:
        parts[camera.name] = lambda camera=camera: camera.run(imaging.filmed)
    if ct is not None:
        command = reviewer_command(line.review, data)
        timeout_s = line.review.timeout_ms / 1000
        reviewer = ReviewerProcess(command, timeout_s, imaging.reviewed, now_s, imaging.reported)
        imaging.reviewer = reviewer
        parts[reviewer.name] = reviewer.run
        parts[ct.name] = lambda: ct.run(intake.reading)
    return LineImaging(imaging, evidence, parts)
