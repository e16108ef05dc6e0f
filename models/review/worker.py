"""The reviewer's process: tasks on stdin, reviews on stdout, logs on stderr, one JSON value a line.

    python -m models.review.worker --reviewers classical,onnx [--model FILE --model-sha256 HEX]

It runs on one thread, ends when its stdin closes, and dies with its parent (Linux). Exit code 2: it cannot
begin.
"""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import structlog

from config import logs
from config.settings import ImageReview, ReviewerName

_LONGEST_LINE = 1 << 20
_PR_SET_PDEATHSIG = 1
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def main(arguments: Sequence[str]) -> int:
    """Serve until stdin closes; returns the exit code."""
    settings = _parsed(arguments)
    _tie_to_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our stdin
    # Nothing but answers may come on stdout: a library that prints is sent to stderr.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logs.configure("review")
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = "1"
    # Only now: numpy's libraries read these when they are loaded.
    import cv2  # noqa: PLC0415

    from models.review.build import make_reviewer, model_sha256  # noqa: PLC0415
    from models.review.onnx_model import ModelError  # noqa: PLC0415
    from models.review.scan import dicos_report_writer  # noqa: PLC0415
    from models.review.serving import serve  # noqa: PLC0415

    cv2.setNumThreads(1)
    log = structlog.get_logger(__name__)
    try:
        reviewer = make_reviewer(settings)
    except (ModelError, ValueError) as error:
        log.critical("reviewer_cannot_begin", problem=str(error))
        return 2
    log.info("reviewer_began", reviewers=list(settings.reviewers))
    try:
        serve(
            _lines(sys.stdin.buffer),
            out,
            reviewer,
            dicos_report_writer(lambda: datetime.now(UTC)),
            model_sha256(settings),
        )
    except BrokenPipeError:
        log.info("parent_went")
    return 0


def _parsed(arguments: Sequence[str]) -> ImageReview:
    parser = argparse.ArgumentParser(prog="python -m models.review.worker", description=__doc__)
    known = ", ".join(ReviewerName)
    parser.add_argument("--reviewers", default="classical", help=f"comma between them, of: {known}")
    parser.add_argument("--model", default="", help="ONNX file; the one shipped if not given")
    parser.add_argument("--model-sha256", default="", help="hash of that file")
    given = parser.parse_args(arguments)
    try:
        reviewers = tuple(ReviewerName(each) for each in given.reviewers.split(","))
    except ValueError:
        parser.error(f"--reviewers: expected some of {known}")
    return ImageReview(reviewers=reviewers, model=given.model, model_sha256=given.model_sha256)


def _tie_to_parent() -> None:
    """Ask Linux to end us with our parent; elsewhere the closing of stdin does, a little later."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _lines(given: BinaryIO) -> Iterator[bytes]:
    """Lines up to a length; what is longer is read to its end and dropped."""
    while line := given.readline(_LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < _LONGEST_LINE:
            yield line
            continue
        structlog.get_logger(__name__).warning("line_too_long", longest=_LONGEST_LINE)
        while (rest := given.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
