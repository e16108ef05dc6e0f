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
from models.findings import ImageException, Outcome, Review
from models.tasks import Done, Reported, Task
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
        super().__init__((), 1.0, lambda done: None, lambda: 0.0, lambda reported: None)
        self.tasks: list[Task] = []

    def ask(self, task: Task) -> None:
        self.tasks.append(task)


class Site:
    """Imaging with files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.line = ct_line()
        self.intake = Intake(self.line, KEYS, "session")
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
    (task,) = site.reviewer.tasks
    review = Review(Outcome.CLEAR, "test")
    site.imaging.reviewed(Done("another", review))  # which nobody asked for
    site.imaging.reported(Reported("another", written=True))
    site.imaging.reviewed(Done(task.scan_id, review))
    found: list[object] = list(site.intake.observed(site.poll(1.0)))
    assert found == [ScanReviewed("scan", "p1", review, 1000)]  # it does not wait for the report
    Path(task.report).write_bytes(b"tdr")
    site.imaging.reported(Reported(task.scan_id, written=True))

    def came() -> bool:
        found.extend(site.intake.observed(site.poll(1.0)))
        return len(found) == 2

    wait_until(came, "review and report")
    _, kept = found
    assert isinstance(kept, MediaKept)
    assert (kept.passage_id, kept.kind, kept.size) == ("p1", MediaKind.REPORT, 3)
    wait_until(lambda: not list((site.folder / "review").iterdir()), "nothing is left under review")


def test_a_review_of_other_files_is_none_of_this_scan(site: Site):
    asked, other = (site.store.put(content, EvidenceClass.CLEAR) for content in (b"asked", b"other"))
    site.imaging.carry_out(ReviewScan("scan", "p1", (ScanVolume(asked, "high", 5),)))
    (task,) = site.reviewer.tasks
    site.imaging.reviewed(Done(task.scan_id, Review(Outcome.CLEAR, "test"), (other,)))
    (found,) = site.intake.observed(site.poll(1.0))
    assert isinstance(found, ScanReviewed)
    assert (found.review.outcome, found.review.exception) == (Outcome.EXCEPTION, ImageException.MISMATCH)


def test_a_report_that_was_not_written_leaves_nothing(site: Site, wait_until: Callable[..., None]):
    for _ in range(12):
        site.imaging.carry_out(ReviewScan("scan", "p1", ()))
    first, *_, last = site.reviewer.tasks
    half_written = Path(first.report).with_name(f".{first.scan_id}.tdr.99.part")
    half_written.write_bytes(b"td")
    for task in (first, last):
        Path(task.report).write_bytes(b"tdr")
    site.imaging.reviewed(Done(first.scan_id, Review(Outcome.CLEAR, "test")))
    site.imaging.reported(Reported(first.scan_id))
    wait_until(lambda: not half_written.exists(), "what it left is gone")
    assert [path.name for path in (site.folder / "review").iterdir()] == [f"{last.scan_id}.tdr"]
    assert not any(isinstance(each, MediaKept) for each in site.intake.observed(site.poll(1.0)))


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
    site.intake.reading(replace(scan, problem="double: objects of this scan came before"))
    assert site.intake.observed(site.poll(6.0)) == [replace(expected, encoder_mm=6000, complete=False)]


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 1.1, -1.1])
def test_a_clock_that_was_set_between_scan_and_arrival_never_says_when_it_was(site: Site, step_s: float):
    """The scanner's times are brought onto our clock by the wall clock's present difference."""
    for moment in range(100, 900):
        site.intake.observed(site.poll(moment / 100))
    scan = ScanStored("ct", 8.9, "1.2.3", (), True, 6.0 + step_s, 7, EPOCH)
    site.intake.reading(scan)
    (found,) = site.intake.observed(site.poll(9.0))
    assert isinstance(found, ScanArrived)
    window_mm = site.line.ct.window_mm if site.line.ct else 0
    assert found.middle_mm is None or abs(found.middle_mm - 6000) > window_mm


def test_scans_of_one_name_are_reviewed_from_their_own_files(site: Site):
    """Two studies under one id, both waiting: neither review may see the other's volume."""
    hashes = [site.store.put(content, EvidenceClass.CLEAR) for content in (b"first", b"second")]
    for passage_id, sha256 in zip(("p1", "p2"), hashes, strict=True):
        site.imaging.carry_out(ReviewScan("1.2.3", passage_id, (ScanVolume(sha256, "high", 6),)))
    first, second = site.reviewer.tasks
    assert Path(first.files[0].path).read_bytes() == b"first"
    assert Path(second.files[0].path).read_bytes() == b"second"
    assert first.scan_id != second.scan_id
    review = Review(Outcome.CLEAR, "test")
    site.imaging.reviewed(Done(second.scan_id, review, (hashes[1],)))
    assert site.intake.observed(site.poll(1.0)) == [ScanReviewed("1.2.3", "p2", review, 1000)]
    assert "1.2.3" not in "".join(path.name for path in (site.folder / "review").iterdir())
