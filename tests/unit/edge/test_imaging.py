"""Imaging: what the core asks for is done, and what comes of it reaches the intake without personal data."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from devices.interfaces import (
    CtState,
    DeviceState,
    Footage,
    Health,
    LineStatus,
    MediaFile,
    PackMlState,
    Poll,
    ScanStored,
    VolumeFile,
)
from edge.evidence import Evidence
from edge.imaging import Imaging
from edge.intake import Intake
from edge.messages import MediaKind
from edge.observations import Film, MediaKept, ReviewScan, ScanArrived, ScanReviewed, ScanVolume
from edge.reviewing import ReviewerProcess
from edge.worker_thread import WorkerThread
from models.findings import Outcome, Review
from models.tasks import Done, Task
from tests.unit.edge.ct_lines import ct_line
from tests.unit.edge.lines import EPOCH, KEYS

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Belt:
    """A camera and a clock: the belt runs 1 mm a millisecond."""

    name = "belt"

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def health(self) -> Health:
        return Health(self.name, DeviceState.ONLINE, 0.0)

    def film(self, passage_id: str, at_s: float) -> None:
        self.asked.append((passage_id, at_s))

    async def run(self, emit: Callable[[Footage], None]) -> None:
        raise NotImplementedError


class Reviewer(ReviewerProcess):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__((), 1.0, lambda done: None, lambda: 0.0)
        self.tasks: list[Task] = []

    def ask(self, task: Task) -> None:
        self.tasks.append(task)


class Site:
    """Imaging with files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.intake = Intake(ct_line(), KEYS, "session")
        self.store = EvidenceStore(folder / "evidence", 10**9, 0, lambda: 1000.0)
        self.evidence = Evidence(
            folder / "evidence.db", self.store, lambda content: KEYS.seal(content, "media")
        )
        self.camera = Belt()
        self.imaging = Imaging(
            folder / "review",
            self.evidence,
            WorkerThread("test"),
            self.intake,
            ct=None,
            cameras=[self.camera],
        )
        self.reviewer = self.imaging.reviewer = Reviewer()

    def poll(self, at_s: float) -> Poll:
        status = LineStatus(
            EPOCH, 1, 0, PackMlState.EXECUTE, True, True, 0, round(at_s * 1000), 1000,
            frozenset({1}), (0,), 0, 0, 0, CtState.READY,
        )  # fmt: skip
        return Poll(at_s, status, (), ())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_camera_is_asked_for_the_moment_the_belt_was_there(site: Site):
    for moment_s in (1.0, 2.0, 3.0):
        site.intake.observed(site.poll(moment_s))
    site.imaging.carry_out(Film("belt", "p1", 2500))
    site.imaging.carry_out(Film("belt", "long ago", 10))
    assert site.camera.asked == [("p1", 2.5)]


def test_a_scan_is_reviewed_from_links_that_outlive_its_class(site: Site):
    sha256 = site.store.put(b"volume", EvidenceClass.CLEAR)
    site.imaging.carry_out(ReviewScan("1.2/3", "p1", (ScanVolume(sha256, "high", 6),)))
    (task,) = site.reviewer.tasks
    site.store.classify(sha256, EvidenceClass.FLAGGED)
    assert Path(task.files[0].path).read_bytes() == b"volume"
    assert Path(task.files[0].path).parent == site.folder / "review"


def test_a_review_and_its_report_come_in(site: Site, wait_until: Callable[..., None]):
    site.imaging.carry_out(ReviewScan("scan", "p1", ()))
    Path(site.reviewer.tasks[0].report).write_bytes(b"tdr")
    review = Review(Outcome.CLEAR, "test")
    site.imaging.reviewed(Done("scan", review, reported=True))
    found: list[object] = []

    def came() -> bool:
        found.extend(site.intake.observed(site.poll(1.0)))
        return len(found) == 2

    wait_until(came, "review and report")
    reviewed, kept = found
    assert reviewed == ScanReviewed("scan", review, 1000)
    assert isinstance(kept, MediaKept)
    assert (kept.passage_id, kept.kind, kept.size) == ("p1", MediaKind.REPORT, 3)
    wait_until(lambda: not list((site.folder / "review").iterdir()), "nothing is left under review")


def test_footage_is_sealed_and_does_not_stay_in_the_open(site: Site, wait_until: Callable[..., None]):
    still = site.folder / "still.jpg"
    still.write_bytes(b"a label")
    site.imaging.filmed(Footage("belt", "p1", 1.0, MediaFile(str(still), "image/jpeg"), None, "no clip"))
    found: list[MediaKept] = []

    def came() -> bool:
        found.extend(each for each in site.intake.observed(site.poll(1.0)) if isinstance(each, MediaKept))
        return bool(found)

    wait_until(came, "the still is kept")
    path = site.store.find(found[0].sha256)
    assert path is not None
    assert b"label" not in path.read_bytes()
    assert KEYS.unseal(path.read_bytes(), "media") == b"a label"
    wait_until(lambda: not still.exists(), "the open file is gone")


def test_a_scan_comes_with_the_belts_travel_at_its_middle(site: Site):
    scan = ScanStored("ct", 3.0, "1.2.3", (VolumeFile("x", "ab", 9, "low"),), True, 2.5, 7, EPOCH)
    for moment_s in (1.0, 2.0, 3.0):
        site.intake.observed(site.poll(moment_s))
    site.intake.reading(scan)
    (found,) = site.intake.observed(site.poll(4.0))
    expected = ScanArrived("ct", "1.2.3", (ScanVolume("ab", "low", 9),), True, 4000, 2500, 7, EPOCH)
    assert found == expected
    site.intake.reading(replace(scan, scanned_at_s=None))
    assert site.intake.observed(site.poll(5.0)) == [replace(expected, encoder_mm=5000, middle_mm=None)]
