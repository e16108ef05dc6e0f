"""Evidence: whose a file is, what the centre wants, and how it gets there."""

import asyncio
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from config.settings import LaneRole
from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from edge.ending import in_thread
from edge.evidence import Evidence
from edge.evidence_recovery import restore
from edge.journal import Entry, Journal
from edge.messages import Evidence as Seen
from edge.messages import MediaKind, MediaRecorded, PassageDecided, Reason, ScanEvidence
from edge.uploads import HttpMedia, UploadError, Uploads
from edge.worker_thread import WorkerThread
from models.findings import Outcome, Review

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    store = EvidenceStore(tmp_path / "evidence", 10**9, 0, lambda: 1000.0)
    made = Evidence(tmp_path / "evidence.db", store, lambda content: b"sealed " + content)
    yield made
    made.close()


def record(evidence: Evidence, passage_id: str, kind: MediaKind, content: bytes) -> str:
    sha256, size = evidence.put(kind, content)
    evidence.recorded(MediaRecorded(passage_id, kind, sha256, size, "x/y", "belt", NOON))
    return sha256


def test_what_shows_a_label_is_sealed(evidence: Evidence):
    for kind, kept in (
        (MediaKind.STILL, b"sealed jpeg"),
        (MediaKind.CLIP, b"sealed jpeg"),
        (MediaKind.REPORT, b"jpeg"),
    ):
        sha256, size = evidence.put(kind, b"jpeg")
        path = evidence.store.find(sha256)
        assert path is not None
        assert path.read_bytes() == kept
        assert size == len(kept)
        assert sha256 == hashlib.sha256(kept).hexdigest()


def test_a_passage_that_was_flagged_is_wanted_whole_what_comes_later_too(evidence: Evidence):
    before = record(evidence, "p1", MediaKind.STILL, b"1")
    other = record(evidence, "p2", MediaKind.STILL, b"2")
    assert evidence.next_waiting() is None
    evidence.flag("p1")
    after = record(evidence, "p1", MediaKind.VOLUME, b"3")
    assert evidence.waiting == 2
    first = evidence.next_waiting()
    assert first is not None
    assert first.sha256 == after, "the volume is what the officer waits for"
    assert first.path.parent.name == EvidenceClass.FLAGGED
    evidence.uploaded(after)
    second = evidence.next_waiting()
    assert second is not None
    assert second.sha256 == before
    evidence.uploaded(before)
    assert evidence.next_waiting() is None
    path = evidence.store.find(other)
    assert path is not None
    assert path.parent.name == EvidenceClass.CLEAR


def test_the_centre_may_ask_for_any_file_that_is_kept(evidence: Evidence):
    sha256 = record(evidence, "p1", MediaKind.VOLUME, b"clear")
    assert evidence.want(sha256)
    waiting = evidence.next_waiting()
    assert waiting is not None
    assert waiting.sha256 == sha256
    assert not evidence.want("0" * 64)


def test_a_file_that_was_rolled_is_not_waited_for(evidence: Evidence):
    sha256 = record(evidence, "p1", MediaKind.VOLUME, b"clear")
    evidence.want(sha256)
    path = evidence.store.find(sha256)
    assert path is not None
    path.unlink()
    assert evidence.next_waiting() is None
    assert evidence.waiting == 0


def test_the_index_survives_a_restart(evidence: Evidence, tmp_path: Path):
    record(evidence, "p1", MediaKind.VOLUME, b"3")
    evidence.flag("p1")
    evidence.close()
    again = Evidence(tmp_path / "evidence.db", evidence.store, bytes)
    assert again.waiting == 1
    again.close()


class Centre:
    """A centre in memory that fails when it is told to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = 0
        self.parts: list[int] = []
        self.refuses: set[str] = set()

    def offset(self, sha256: str) -> tuple[int, bool]:
        content = self.files.get(sha256, b"")
        return len(content), hashlib.sha256(content).hexdigest() == sha256

    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int:
        if sha256 in self.refuses:
            self.parts.append(-1)
            raise UploadError("PATCH: the centre answered 422", refused=True)
        if self.failures:
            self.failures -= 1
            raise UploadError("the line was cut")
        assert offset == len(self.files.get(sha256, b""))
        self.files[sha256] = self.files.get(sha256, b"") + part
        self.parts.append(offset)
        return offset + len(part)


async def _uploaded(evidence: Evidence, centre: Centre, wait_until: Callable[..., None]) -> None:
    worker = WorkerThread("evidence")
    task = asyncio.create_task(Uploads(evidence, worker, centre, in_thread).run())
    await asyncio.to_thread(wait_until, lambda: evidence.waiting == 0, "everything is uploaded", 20.0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_large_file_goes_in_parts(evidence: Evidence, wait_until: Callable[..., None]):
    content = bytes(range(256)) * 20_000  # 5 MB
    sha256 = record(evidence, "p1", MediaKind.VOLUME, content)
    evidence.flag("p1")
    centre = Centre()
    await _uploaded(evidence, centre, wait_until)
    assert centre.files[sha256] == content
    assert len(centre.parts) == 3


async def test_an_upload_goes_on_where_it_was_cut(evidence: Evidence, wait_until: Callable[..., None]):
    content = b"x" * 5_000_000
    sha256 = record(evidence, "p1", MediaKind.VOLUME, content)
    evidence.flag("p1")
    centre = Centre()
    centre.files[sha256] = content[:3_000_000]
    centre.failures = 1
    await _uploaded(evidence, centre, wait_until)
    assert centre.files[sha256] == content
    assert centre.parts[0] == 3_000_000


async def test_a_file_that_is_refused_stops_no_other(
    evidence: Evidence, wait_until: Callable[..., None]
) -> None:
    """The newest goes first; one that rotted on disk is refused for ever."""
    good = record(evidence, "p1", MediaKind.STILL, b"good")
    rotten = record(evidence, "p2", MediaKind.VOLUME, b"rotten")
    for passage_id in ("p1", "p2"):
        evidence.flag(passage_id)
    centre = Centre()
    centre.refuses.add(rotten)
    task = asyncio.create_task(Uploads(evidence, WorkerThread("evidence"), centre, in_thread).run())
    await asyncio.to_thread(wait_until, lambda: evidence.waiting == 1, "the other is uploaded")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert centre.files[good] == b"sealed good"
    assert centre.parts.count(-1) == 1, "it is not tried again at once"


@pytest.mark.parametrize(
    ("status", "refused"), [(409, True), (413, True), (422, True), (401, False), (500, False), (507, False)]
)
def test_what_the_centre_says_of_a_file_is_told_from_what_it_says_of_itself(
    status: int, refused: bool
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(UploadError) as raised:
            HttpMedia(f"http://127.0.0.1:{server.server_port}/media", "token").offset("a" * 64)
        thread.join()
    assert raised.value.refused is refused


def test_a_passage_flagged_again_leaves_alone_what_the_centre_has(evidence: Evidence) -> None:
    """Each start of the agent flags what is open again."""
    sha256 = record(evidence, "p1", MediaKind.VOLUME, b"3")
    evidence.flag("p1")
    evidence.uploaded(sha256)
    evidence.flag("p1")
    path = evidence.store.find(sha256)
    assert path is not None
    assert path.parent.name == "uploaded"
    assert evidence.waiting == 0


def test_counting_what_waits_does_not_look_at_every_file_ever_kept(
    evidence: Evidence, tmp_path: Path
) -> None:
    asked: list[str] = []
    spied = Evidence(tmp_path / "evidence.db", evidence.store, bytes)
    spied._connection.set_trace_callback(asked.append)  # pyright: ignore[reportPrivateUsage]
    spied.flag("p1")
    spied.next_waiting()
    spied.close()
    database = sqlite3.connect(tmp_path / "evidence.db")
    for statement in (each for each in asked if each.startswith("SELECT")):
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [step for step in plan if step.startswith("SCAN files")], statement
    database.close()


def decided(passage_id: str, *reasons: Reason, review: Review | None = None) -> PassageDecided:
    scan = ScanEvidence("1.2.3", (), review) if review else None
    return PassageDecided(
        passage_id, 7, 1, 1, NOON, NOON, None, LaneRole.INSPECT, 5, reasons, Seen(scan=scan), "policy"
    )


@pytest.mark.parametrize("lost", ["the last rows", "the file"])
def test_the_index_is_made_again_from_the_journal(evidence: Evidence, tmp_path: Path, lost: str) -> None:
    """Killed after the journal was written and before the index was, or the index is gone."""
    journal = Journal(tmp_path / "journal.db", lambda: "j")
    kept = {name: evidence.put(MediaKind.VOLUME, name.encode()) for name in ("p1", "p2", "p3")}
    for passage_id, (sha256, size) in kept.items():
        media = MediaRecorded(passage_id, MediaKind.VOLUME, sha256, size, "x/y", "ct", NOON)
        journal.append([Entry(NOON, media, passage_id)])
    alarm = Review(Outcome.ALARM, "test")
    for each in (decided("p1", Reason.IMAGE_ALARM), decided("p2", Reason.CLEARED),
                 decided("p3", Reason.UNKNOWN_WAYBILL, review=alarm)):  # fmt: skip
        journal.append([Entry(NOON, each, each.passage_id)])
    if lost == "the file":
        evidence = Evidence(tmp_path / "another.db", evidence.store, bytes)
        assert evidence.is_new
    for _ in range(2):
        restore(evidence, tmp_path / "journal.db")
        assert evidence.waiting == 2
    classes = {name: evidence.store.find(sha256) for name, (sha256, _) in kept.items()}
    assert {name: path.parent.name for name, path in classes.items() if path} == {
        "p1": "flagged", "p2": "clear", "p3": "flagged",
    }  # fmt: skip
    assert evidence.want(kept["p2"][0]), "and what is clear can be fetched"
    journal.close()
