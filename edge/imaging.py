"""Carries out what the core asks of cameras, reviewer and evidence store, and brings back what came of it."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog
from msgspec.structs import replace

from devices.interfaces import Camera, CtScanner, Footage, Health, MediaFile
from edge.evidence import Evidence
from edge.intake import Intake
from edge.interfaces import Reviewer, Worker
from edge.messages import Fetch, MediaKind, MediaRecorded
from edge.observations import Film, Flag, MediaKept, ReviewScan, ScanArrived
from edge.reviewing import NAME
from models.findings import ImageException, Outcome
from models.tasks import Done, Reported, Task, TaskFile

_log = structlog.get_logger(__name__)


class Imaging:
    """The line's eyes: what they see goes to the intake, what they keep to the evidence.

    Args:
        folder: for what is under review: links, so that a file can be kept otherwise meanwhile, and reports.
            Named by numbers of our own: a scanner may call two scans the same, or by a waybill.
        evidence: where everything is kept.
        worker: writes to it, so that the decision loop never waits for that.
        intake: told of reviews and files.
    """

    def __init__(
        self,
        folder: Path,
        evidence: Evidence,
        worker: Worker,
        intake: Intake,
        *,
        ct: CtScanner | None,
        cameras: Sequence[Camera],
    ) -> None:
        self._folder, self._evidence, self._worker, self._intake = folder, evidence, worker, intake
        self.ct, self.cameras = ct, cameras
        self.reviewer: Reviewer | None = None  # set once it is made: it tells `reviewed` and `reported`
        self._by_name = {camera.name: camera for camera in cameras}
        self._under_review: dict[str, ReviewScan] = {}  # by the task's number
        self._tasks = 0
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

    def written(self, contents: Iterable[object]) -> None:
        """These are in the journal: a file belongs to its passage from now on, a scan is surely ours."""
        for content in contents:
            if isinstance(content, MediaRecorded):
                self._worker.do(partial(self._evidence.recorded, content))
            elif isinstance(content, ScanArrived) and self.ct is not None:
                self.ct.taken(content.scan_id)

    def fetch(self, wanted: Fetch) -> None:
        """The centre wants files."""
        for sha256 in wanted.sha256s:
            self._worker.do(partial(self._want, sha256))

    def reviewed(self, done: Done) -> None:
        """A review, or that there is none: the belt is told at once, the report is still to come.

        A review of other files than those that were asked about is none of this scan.
        """
        asked = self._under_review.get(done.scan_id)
        if asked is None:
            return
        review = done.review
        if review.exception is None and done.looked_at != tuple(each.sha256 for each in asked.volumes):
            _log.error("other_files_reviewed", device=NAME)
            review = replace(review, outcome=Outcome.EXCEPTION, exception=ImageException.MISMATCH)
        self._intake.reviewed(asked, review)

    def reported(self, reported: Reported) -> None:
        """A review's report is there, or there will be none: nothing is under review any more."""
        asked = self._under_review.pop(reported.scan_id, None)
        if asked is not None:
            self._worker.do(partial(self._put_away, reported, asked.passage_id))

    def filmed(self, footage: Footage) -> None:
        """A camera's recording of a passage: sealed, stored, and gone from where the camera left it."""
        if footage.problem:
            _log.warning("footage_incomplete", device=footage.device, problem=footage.problem)
        for kind, file in ((MediaKind.STILL, footage.still), (MediaKind.CLIP, footage.clip)):
            if file is not None:
                self._worker.do(partial(self._keep, footage.passage_id, kind, file, footage.device))

    def _want(self, sha256: str) -> None:
        if not self._evidence.want(sha256):
            _log.warning("fetch_not_possible", sha256=sha256[:12], problem="not kept here, or no longer")

    def _put_away(self, reported: Reported, passage_id: str) -> None:
        """Keep the report, remove what the review needed."""
        if reported.written:
            report = MediaFile(str(self._folder / f"{reported.scan_id}.tdr"), "application/dicom")
            self._keep(passage_id, MediaKind.REPORT, report, NAME)
        own = (f"{reported.scan_id}.", f".{reported.scan_id}.")  # hidden: a report half written
        for path in self._folder.iterdir():
            if path.name.startswith(own):
                path.unlink(missing_ok=True)

    def _keep(self, passage_id: str, kind: MediaKind, file: MediaFile, device: str) -> None:
        path = Path(file.path)
        try:
            sha256, size = self._evidence.put(kind, path.read_bytes())
        except OSError as error:
            _log.error("evidence_not_kept", device=device, kind=kind, problem=str(error.strerror))
        else:
            self._intake.kept(MediaKept(passage_id, kind, sha256, size, file.media_type, device))
        path.unlink(missing_ok=True)

    def _review(self, asked: ReviewScan) -> None:
        if self.reviewer is None:
            return
        self._tasks += 1
        name = str(self._tasks)
        self._under_review[name] = asked
        files: list[TaskFile] = []
        for number, volume in enumerate(asked.volumes):
            link = self._folder / f"{name}.{number}"
            found = self._evidence.store.find(volume.sha256)
            with suppress(OSError):  # a file that is not there is unreadable, and the reviewer says so
                os.link(found or "", link)
            files.append(TaskFile(str(link), volume.energy))
        self.reviewer.ask(Task(name, tuple(files), str(self._folder / f"{name}.tdr")))
