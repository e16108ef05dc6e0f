"""Reviews a scan from its files: whatever is wrong with them is an exception in the review."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from models.findings import ImageException, Outcome, Review
from models.formats.dicos_ct import read_header
from models.formats.errors import FormatError
from models.formats.header import ScanHeader
from models.formats.tdr import write_report
from models.formats.tdr_report import machine_report
from models.formats.volumes import load_scan
from models.interfaces import Reviewer
from models.tasks import Task, TaskFile

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reviewed:
    """A scan's review, and the headers of its DICOS objects as far as they were read for it."""

    review: Review
    headers: tuple[ScanHeader, ...] = ()


def review_scan(files: Sequence[TaskFile], reviewer: Reviewer) -> Reviewed:
    """The review of a scan; it raises nothing for its files nor for what a reviewer makes of them."""
    try:
        volume, headers = load_scan(files)
    except FormatError as error:
        # Without the file's name, which another machine chose.
        detail = f"{error.field}: {error.expectation}"
        return Reviewed(_exception(reviewer, ImageException.UNREADABLE, detail))
    except Exception as error:  # what a file does to a library must not end the process
        _log.warning("scan_unreadable", problem=type(error).__name__)
        detail = f"it cannot be read: {type(error).__name__}"
        return Reviewed(_exception(reviewer, ImageException.UNREADABLE, detail))
    try:
        return Reviewed(reviewer.review(volume), headers)
    except Exception as error:  # a mistake of ours on one image must not cost the next
        _log.exception("review_failed")
        detail = f"the reviewer failed: {type(error).__name__}"
        return Reviewed(_exception(reviewer, ImageException.NOT_REVIEWED, detail), headers)


def dicos_report_writer(now: Callable[[], datetime]) -> Callable[[Task, Reviewed], bool]:
    """Writes a task's machine report; False for scans of other formats than DICOS, which name no object."""

    def write(task: Task, reviewed: Reviewed) -> bool:
        try:
            headers = reviewed.headers
            if len(headers) != len(task.files):  # what could not be loaded may yet say whose it is
                headers = tuple(read_header(file.path) for file in task.files)
        except FormatError as error:
            _log.warning("report_not_written", field=error.field, expectation=error.expectation)
            return False
        if not headers:
            return False
        write_report(Path(task.report), machine_report(reviewed.review, headers, now()))
        return True

    return write


def _exception(reviewer: Reviewer, exception: ImageException, detail: str) -> Review:
    return Review(Outcome.EXCEPTION, reviewer.name, exception, detail=detail)
