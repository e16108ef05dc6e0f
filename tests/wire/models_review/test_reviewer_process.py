"""The reviewer as a process: real scans, bad files, garbage, and every way to end it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from models.findings import FindingKind, ImageException, Outcome
from models.formats.tdr_reading import read_report
from models.formats.tdr_report import ReportType
from models.review.build import shipped_model
from models.tasks import Done, Task, TaskFile
from simulators.ct.hazards import Hazard
from tests.wire.models_review.scans import Worker, command, environment, scanned


@pytest.fixture
def worker() -> Iterator[Worker]:
    started = Worker()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scans")


@pytest.fixture(scope="module")
def plain(folder: Path) -> tuple[TaskFile, ...]:
    return scanned(folder)


@pytest.fixture(scope="module")
def bottle(folder: Path) -> tuple[TaskFile, ...]:
    return scanned(folder, Hazard.BOTTLE)


def test_it_reviews_scan_after_scan_and_ends_with_its_stdin(
    worker: Worker, plain: tuple[TaskFile, ...], bottle: tuple[TaskFile, ...], tmp_path: Path
) -> None:
    assert worker.ready().ready == ("classical 1",)
    report = tmp_path / "report.dcs"
    clear, written = worker.review("1", plain)
    assert (clear.scan_id, clear.review.outcome, written) == ("1", Outcome.CLEAR, False)
    alarm, written = worker.review("2", bottle, str(report))
    assert (alarm.scan_id, alarm.review.outcome, written) == ("2", Outcome.ALARM, True)
    assert [finding.kind for finding in alarm.review.findings] == [FindingKind.LIQUID]
    read = read_report(report)
    assert (read.type, read.outcome, read.ooi_id) == (ReportType.MACHINE, Outcome.ALARM, "3-17")
    assert [finding.kind for finding in read.findings] == [FindingKind.LIQUID]
    events = [entry["event"] for entry in worker.end()]
    assert events == ["reviewer_began", "scan_reviewed", "scan_reviewed"]


def test_both_reviewers_and_the_shipped_model(bottle: tuple[TaskFile, ...]) -> None:
    worker = Worker("--reviewers", "classical,onnx")
    try:
        ready = worker.ready()
        assert ready.model_sha256 == shipped_model().sha256
        done, _ = worker.review("1", bottle)
    finally:
        worker.kill()
    assert done.review.outcome is Outcome.ALARM
    assert done.review.model_sha256 == ready.model_sha256
    assert "classical" in done.review.reviewer
    assert "onnx" in done.review.reviewer


def test_garbage_is_answered_if_it_names_a_scan_and_else_logged(
    worker: Worker, plain: tuple[TaskFile, ...]
) -> None:
    worker.ready()
    for line in (b"garbage", b"\xff\xfe\x00", b"", b"[" * 100_000, b"{}", b"x" * 3_000_000):
        worker.give(line)
    worker.give(b'{"scan_id": "7", "files": "none"}')
    refused, _ = worker.result()
    assert (refused.scan_id, refused.review.exception) == ("7", ImageException.NOT_REVIEWED)
    assert worker.review("8", plain)[0].review.outcome is Outcome.CLEAR
    events = [entry["event"] for entry in worker.end()]
    assert events.count("task_refused") == 5
    assert events.count("line_too_long") == 1


@pytest.fixture
def bad(folder: Path, plain: tuple[TaskFile, ...]) -> dict[str, tuple[TaskFile, ...]]:
    low, high = plain
    text, empty, cut = (folder / name for name in ("text", "empty", "cut"))
    text.write_bytes(b"no image at all " * 100)
    empty.touch()
    cut.write_bytes(Path(high.path).read_bytes()[: 3 << 20])
    return {
        "missing": (low, TaskFile(str(folder / "none"), "high")),
        "a folder": (low, TaskFile(str(folder), "high")),
        "text": (low, TaskFile(str(text), "high")),
        "empty": (low, TaskFile(str(empty), "high")),
        "truncated": (low, TaskFile(str(cut), "high")),
        "nothing": (),
        "one energy": (high,),
        "twice": (high, high),
        "exchanged": (TaskFile(low.path, "high"), TaskFile(high.path, "low")),
        "no such energy": (low, TaskFile(high.path, "middle")),
        "a null in its name": (low, TaskFile("\0", "high")),
    }


def test_bad_files_are_unreadable_and_do_not_end_it(
    worker: Worker, bad: dict[str, tuple[TaskFile, ...]], plain: tuple[TaskFile, ...], tmp_path: Path
) -> None:
    worker.ready()
    for name, files in bad.items():
        done, _ = worker.review(name, files, str(tmp_path / "report.dcs"))
        assert (done.scan_id, done.review.outcome) == (name, Outcome.EXCEPTION)
        assert done.review.exception is ImageException.UNREADABLE, done
        assert done.review.detail
    assert worker.review("good", plain)[0].review.outcome is Outcome.CLEAR
    worker.end()


def test_a_report_that_cannot_be_written_leaves_the_review(
    worker: Worker, plain: tuple[TaskFile, ...], tmp_path: Path
) -> None:
    worker.ready()
    done, written = worker.review("1", plain, str(tmp_path / "no folder" / "report.dcs"))
    assert (done.review.outcome, written) == (Outcome.CLEAR, False)
    assert "report_failed" in [entry["event"] for entry in worker.end()]


def test_the_review_does_not_wait_for_a_report_that_hangs(
    worker: Worker, plain: tuple[TaskFile, ...], tmp_path: Path
) -> None:
    worker.ready()
    report = tmp_path / "report.dcs"
    os.mkfifo(tmp_path / f".report.dcs.{worker.process.pid}.part")  # which nobody will ever read
    worker.give(msgspec.json.encode(Task("1", plain, str(report))))
    done = worker.answer()
    assert isinstance(done, Done)
    assert done.review.outcome is Outcome.CLEAR
    assert not report.exists()


def test_what_could_not_be_loaded_is_still_reported(
    worker: Worker, plain: tuple[TaskFile, ...], tmp_path: Path
) -> None:
    worker.ready()
    report = tmp_path / "report.dcs"
    low, high = plain
    exchanged = (TaskFile(low.path, "high"), TaskFile(high.path, "low"))
    done, written = worker.review("1", exchanged, str(report))
    assert (done.review.exception, written) == (ImageException.UNREADABLE, True)
    read = read_report(report)
    assert (read.ooi_id, read.exception, len(read.images)) == ("3-17", ImageException.UNREADABLE, 2)


def test_a_model_of_another_hash_does_not_begin(tmp_path: Path) -> None:
    model = tmp_path / "net.onnx"
    model.write_bytes(b"another")
    words = ("--reviewers", "onnx", "--model", str(model), "--model-sha256", "0" * 64)
    ended = subprocess.run(command(*words), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert b"expected SHA-256" in ended.stderr


def test_an_unknown_reviewer_does_not_begin() -> None:
    ended = subprocess.run(
        command("--reviewers", "guess"), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert ended.returncode == 2
    assert b"classical, onnx" in ended.stderr


def test_an_interrupt_at_the_terminal_is_the_parents_to_handle(
    worker: Worker, plain: tuple[TaskFile, ...]
) -> None:
    worker.ready()
    worker.process.send_signal(signal.SIGINT)
    assert worker.review("1", plain)[0].review.outcome is Outcome.CLEAR
    worker.end()


def test_it_can_be_killed_and_started_again(plain: tuple[TaskFile, ...]) -> None:
    first = Worker()
    first.ready()
    first.kill()
    assert first.process.returncode == -signal.SIGKILL
    second = Worker()
    try:
        second.ready()
        assert second.review("1", plain)[0].review.outcome is Outcome.CLEAR
    finally:
        second.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the closing of stdin ends it")
def test_it_dies_with_its_parent(wait_until: Callable[..., None]) -> None:
    # A parent whose end of the worker's stdin outlives it: somebody else holds the pipe, too.
    read, write = os.pipe()
    parent_code = (
        "import subprocess, sys, time\n"
        f"worker = subprocess.Popen({command()!r}, stdin={read}, stdout=subprocess.PIPE, pass_fds=[{read}])\n"
        "worker.stdout.readline()\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code], stdout=subprocess.PIPE, pass_fds=[read], env=environment()
    )
    try:
        assert parent.stdout is not None
        worker_pid = int(parent.stdout.readline())
        assert _alive(worker_pid)
        parent.kill()
        wait_until(lambda: not _alive(worker_pid), "the worker died with its parent")
    finally:
        parent.kill()
        parent.communicate()
        os.close(read)
        os.close(write)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
