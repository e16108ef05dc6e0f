"""Carries out what the core asks of cameras, reviewer and evidence store, and brings back what came of it."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from devices.interfaces import Camera, CtScanner, Footage, Health, MediaFile
from edge.evidence import Evidence
from edge.intake import Intake
from edge.messages import Fetch, MediaKind, MediaRecorded
from edge.observations import Film, Flag, MediaKept, ReviewScan
from edge.reviewing import NAME, ReviewerProcess
from edge.worker_thread import WorkerThread
from models.tasks import Done, Task, TaskFile

_log = structlog.get_logger(__name__)


class Imaging:
    """The line's eyes: what they see goes to the intake, what they keep to the evidence.

    Args:
        folder: for what is under review: links, so that a file can be kept otherwise meanwhile, and reports.
        evidence: where everything is kept.
        worker: writes to it, so that the decision loop never waits for that.
        intake: told of reviews and files.
    """

    def __init__(
        self,
        folder: Path,
        evidence: Evidence,
        worker: WorkerThread,
        intake: Intake,
        *,
        ct: CtScanner | None,
        cameras: Sequence[Camera],
    ) -> None:
        self._folder, self._evidence, self._worker, self._intake = folder, evidence, worker, intake
        self.ct, self.cameras = ct, cameras
        self.reviewer: ReviewerProcess | None = None  # set once it is made: it reports to `reviewed`
        self._by_name = {camera.name: camera for camera in cameras}
        self._under_review: dict[str, str] = {}  # scan → passage
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():  # of a run that was killed
            left.unlink()

    def healths(self) -> Iterable[Health]:
        """Every device's account of itself."""
        if self.ct is not None:
            yield self.ct.health()
        if self.reviewer is not None:
            yield self.reviewer.health()
        for camera in self.cameras:
            yield camera.health()

    def carry_out(self, action: Film | ReviewScan | Flag) -> None:
        """Do what the core asks; what comes of it comes through the intake."""
        match action:
            case Film(camera=name, passage_id=passage_id, encoder_mm=encoder_mm):
                moment_s = self._intake.belt.moment_s(encoder_mm)
                if moment_s is not None and name in self._by_name:
                    self._by_name[name].film(passage_id, moment_s)
            case ReviewScan():
                self._review(action)
            case Flag(passage_id=passage_id):
                self._worker.do(partial(self._evidence.flag, passage_id))

    def recorded(self, media: MediaRecorded) -> None:
        """The core has reported a file: it belongs to a passage from now on."""
        self._worker.do(partial(self._evidence.recorded, media))

    def fetch(self, wanted: Fetch) -> None:
        """The centre wants files."""
        for sha256 in wanted.sha256s:
            self._worker.do(partial(self._want, sha256))

    def reviewed(self, done: Done) -> None:
        """A review, or that there is none."""
        self._intake.reviewed(done.scan_id, done.review)
        self._worker.do(partial(self._put_away, done, self._under_review.pop(done.scan_id, None)))

    def filmed(self, footage: Footage) -> None:
        """A camera's recording of a passage: sealed, stored, and gone from where the camera left it."""
        if footage.problem:
            _log.warning("footage_incomplete", device=footage.device, problem=footage.problem)
        for kind, file in ((MediaKind.STILL, footage.still), (MediaKind.CLIP, footage.clip)):
            if file is not None:
                self._worker.do(partial(self._take_in, footage, kind, file))

    def _want(self, sha256: str) -> None:
        if not self._evidence.want(sha256):
            _log.warning("fetch_not_possible", sha256=sha256[:12], problem="not kept here, or no longer")

    def _put_away(self, done: Done, passage_id: str | None) -> None:
        """Keep the report, remove what the review needed."""
        report = self._folder / f"{_safe(done.scan_id)}.tdr"
        if done.reported and passage_id is not None:
            with suppress(OSError):
                self._keep(passage_id, MediaKind.REPORT, report.read_bytes(), "application/dicom", NAME)
        for left in self._folder.glob(f"{_safe(done.scan_id)}.*"):
            left.unlink(missing_ok=True)

    def _take_in(self, footage: Footage, kind: MediaKind, file: MediaFile) -> None:
        path = Path(file.path)
        try:
            self._keep(footage.passage_id, kind, path.read_bytes(), file.media_type, footage.device)
        except OSError as error:
            _log.error("footage_not_kept", device=footage.device, problem=str(error))
        path.unlink(missing_ok=True)

    def _keep(self, passage_id: str, kind: MediaKind, content: bytes, media_type: str, device: str) -> None:
        sha256, size = self._evidence.put(kind, content)
        self._intake.kept(MediaKept(passage_id, kind, sha256, size, media_type, device))

    def _review(self, asked: ReviewScan) -> None:
        if self.reviewer is None:
            return
        self._under_review[asked.scan_id] = asked.passage_id
        files: list[TaskFile] = []
        for number, volume in enumerate(asked.volumes):
            link = self._folder / f"{_safe(asked.scan_id)}.{number}"
            found = self._evidence.store.find(volume.sha256)
            with suppress(OSError):  # a file that is not there is unreadable, and the reviewer says so
                link.unlink(missing_ok=True)
                os.link(found or "", link)
            files.append(TaskFile(str(link), volume.energy))
        report = self._folder / f"{_safe(asked.scan_id)}.tdr"
        self.reviewer.ask(Task(asked.scan_id, tuple(files), str(report)))


def _safe(scan_id: str) -> str:
    """A scan's id as part of a file name, whatever a scanner put into it."""
    return "".join(letter if letter.isalnum() else "-" for letter in scan_id)[:80]
