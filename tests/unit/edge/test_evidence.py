"""Evidence: whose a file is, what the centre wants, and how it gets there."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from edge.evidence import Evidence
from edge.messages import MediaKind, MediaRecorded
from edge.uploads import UploadError, Uploads
from edge.worker_thread import WorkerThread

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

    def offset(self, sha256: str) -> tuple[int, bool]:
        content = self.files.get(sha256, b"")
        return len(content), hashlib.sha256(content).hexdigest() == sha256

    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int:
        if self.failures:
            self.failures -= 1
            raise UploadError("the line was cut")
        assert offset == len(self.files.get(sha256, b""))
        self.files[sha256] = self.files.get(sha256, b"") + part
        self.parts.append(offset)
        return offset + len(part)


async def _uploaded(evidence: Evidence, centre: Centre, wait_until: Callable[..., None]) -> None:
    worker = WorkerThread("evidence")
    task = asyncio.create_task(Uploads(evidence, worker, centre).run())
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
