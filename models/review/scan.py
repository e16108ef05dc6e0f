"""Reviews a scan from its files: whatever is wrong with them is an exception in the review."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from models.findings import ImageException, Outcome, Review
from models.formats.dicos_ct import read_header
from models.formats.errors import FormatError
from models.formats.tdr import write_report
from models.formats.tdr_report import machine_report
from models.formats.volumes import load_volume
from models.interfaces import Reviewer
from models.tasks import Task, TaskFile

_log = structlog.get_logger(__name__)


def review_scan(files: Sequence[TaskFile], reviewer: Reviewer) -> Review:
    """The review of a scan; it raises nothing for its files nor for what a reviewer makes of them."""
    try:
        volume = load_volume(files)
    except FormatError as error:
        # Without the file's name, which another machine chose.
        return _exception(reviewer, ImageException.UNREADABLE, f"{error.field}: {error.expectation}")
    except Exception as error:  # what a file does to a library must not end the process
        _log.warning("scan_unreadable", problem=type(error).__name__)
        return _exception(reviewer, ImageException.UNREADABLE, f"it cannot be read: {type(error).__name__}")
    try:
        return reviewer.review(volume)
    except Exception as error:  # a mistake of ours on one image must not cost the next
        _log.exception("review_failed")
        detail = f"the reviewer failed: {type(error).__name__}"
        return _exception(reviewer, ImageException.NOT_REVIEWED, detail)


def dicos_report_writer(now: Callable[[], datetime]) -> Callable[[Task, Review], bool]:
    """Writes a task's machine report; False for scans of other formats than DICOS, which name no object."""

    def write(task: Task, review: Review) -> bool:
        try:
            headers = [read_header(file.path) for file in task.files]
        except FormatError as error:
            _log.warning("report_not_written", field=error.field, expectation=error.expectation)
            return False
        if not headers:
            return False
        write_report(Path(task.report), machine_report(review, headers, now()))
        return True

    return write


def _exception(reviewer: Reviewer, exception: ImageException, detail: str) -> Review:
    return Review(Outcome.EXCEPTION, reviewer.name, exception, detail=detail)
