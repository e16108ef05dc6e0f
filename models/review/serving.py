"""Answers review tasks one after the other: a line in, a line out, whatever the files are."""

import hashlib
from collections.abc import Callable, Iterable
from typing import BinaryIO

import msgspec
import structlog
from msgspec import Struct

from models.findings import ImageException, Outcome, Review
from models.interfaces import Reviewer
from models.review.scan import Reviewed, review_scan
from models.tasks import Answer, Done, Ready, Reported, Task

ReportWriter = Callable[[Task, Reviewed], bool]
_log = structlog.get_logger(__name__)
_tasks = msgspec.json.Decoder(Task)


class _Named(Struct):
    """The least that a wrong task must say to get an answer."""

    scan_id: str


_named = msgspec.json.Decoder(_Named)


def serve(
    lines: Iterable[bytes], out: BinaryIO, reviewer: Reviewer, write_report: ReportWriter, model_sha256: str
) -> None:
    """Say that we are ready, then answer each task with a Done and a Reported until the lines end.

    The review is said before its report is written: the belt does not wait for paper. A line that is no task
    is logged and answered if it names its scan; nothing that a task or a file holds ends this.

    Args:
        lines: JSON, one value each.
        out: gets a JSON value a line, flushed.
        reviewer: looks at volumes.
        write_report: writes a task's report; tells whether it is there.
        model_sha256: of the reviewer's model, if any.
    """
    _say(out, Ready((reviewer.name,), model_sha256))
    for line in lines:
        if not line.strip():
            continue
        try:
            task = _tasks.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            _log.warning("task_refused", problem=str(error))
            if answer := _refusal(line):
                _say(out, answer)
                _say(out, Reported(answer.scan_id))
            continue
        looked_at = tuple(_sha256(file.path) for file in task.files)
        reviewed = review_scan(task.files, reviewer)
        review = reviewed.review
        _say(out, Done(task.scan_id, review, looked_at))
        _log.info("scan_reviewed", outcome=review.outcome, exception=review.exception, took_ms=review.took_ms)
        _say(out, Reported(task.scan_id, bool(task.report) and _report(task, reviewed, write_report)))


def _sha256(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  a path from outside, as it came
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def _report(task: Task, reviewed: Reviewed, write_report: ReportWriter) -> bool:
    try:
        return write_report(task, reviewed)
    except Exception as error:  # the review stands without its report
        _log.error("report_failed", problem=type(error).__name__)
        return False


def _refusal(line: bytes) -> Done | None:
    try:
        named = _named.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    review = Review(
        Outcome.EXCEPTION, "review", ImageException.NOT_REVIEWED, detail="the task was not understood"
    )
    return Done(named.scan_id, review)


def _say(out: BinaryIO, value: Answer) -> None:
    out.write(msgspec.json.encode(value) + b"\n")
    out.flush()
