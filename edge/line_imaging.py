"""Puts a line's CT, cameras, reviewer and evidence together, as its site file describes them."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.keyring import Keyring
from config.settings import Line
from devices.ct.evidence_store import EvidenceStore
from edge.adapters import Adapters
from edge.evidence import Evidence
from edge.evidence_recovery import restore
from edge.imaging import Imaging
from edge.intake import Intake
from edge.uploads import Uploads

Run = Callable[[], Coroutine[Any, Any, None]]
_MB = 1_000_000
_BUDGET_MB, _LEAST_FREE_MB = 20_000, 1_000  # of a line that has cameras and no CT


class LineImaging(Struct):
    """The imaging of a line, its evidence, and what has to run for it, by name."""

    imaging: Imaging
    evidence: Evidence
    parts: dict[str, Run]


def make_imaging(
    line: Line, folder: Path, keyring: Keyring, adapters: Adapters, intake: Intake
) -> LineImaging | None:
    """None for a line without CT and cameras. `folder` is the line's own in the data folder."""
    if line.ct is None and not line.cameras:
        return None
    budget_mb = line.ct.disk_budget_mb if line.ct else _BUDGET_MB
    least_free_mb = line.ct.least_free_mb if line.ct else _LEAST_FREE_MB

    def wall_s() -> float:
        return adapters.wall().timestamp()

    store = EvidenceStore(folder / "evidence", budget_mb * _MB, least_free_mb * _MB, wall_s)
    evidence = Evidence(folder / "evidence.db", store, lambda content: keyring.seal(content, "media"))
    worker = adapters.worker("evidence")
    worker.do(partial(restore, evidence, folder / "journal.db"))
    ct, cameras = adapters.ct, adapters.cameras
    imaging = Imaging(folder / "under-review", evidence, worker, intake, ct=ct, cameras=cameras)
    uploads = Uploads(evidence, worker, adapters.media, adapters.aside)

    async def roll() -> None:
        while True:
            with suppress(OSError):  # a full disk is the receiver's to say, and it does
                await worker.ask(lambda: store.roll(wall_s()))
            await asyncio.sleep(adapters.roll_every_s)

    parts: dict[str, Run] = {"uploads": uploads.run, "retention": roll}
    for camera in cameras:
        parts[camera.name] = lambda camera=camera: camera.run(imaging.filmed)
    if ct is not None:
        reviewer = imaging.reviewer = adapters.reviewer(imaging)
        parts[reviewer.name] = reviewer.run
        parts[ct.name] = lambda: ct.run(intake.reading)
    return LineImaging(imaging, evidence, parts)
