"""The agent and its images: a scan is taken once it is in the journal, and a kill at any point loses none."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.settings import LaneRole
from devices.ct.evidence_store import EvidenceClass, EvidenceStore
from devices.interfaces import (
    CodesRead,
    Cursor,
    DeviceState,
    Health,
    ItemEventKind,
    Poll,
    ScanStored,
    VolumeFile,
    WeightRead,
)
from devices.interfaces import CtState as State
from edge.agent import Agent, Devices
from edge.clearance import ClearanceList
from edge.evidence import Evidence
from edge.evidence_recovery import restore
from edge.imaging import Imaging
from edge.intake import Intake
from edge.journal import Journal
from edge.messages import MediaRecorded, PassageDecided
from edge.reviewing import ReviewerProcess
from edge.worker_thread import WorkerThread
from models.tasks import Done, Task
from tests.unit.edge.ct_lines import alarm, clear, ct_line
from tests.unit.edge.lines import EPOCH, KEYS, NOON
from tests.unit.edge.site_in_memory import WAYBILL, Controller, Site


class Belt(Controller):
    """A controller whose CT scanner is ready."""

    async def poll(self, after: Cursor) -> Poll:
        poll = await super().poll(after)
        return replace(poll, status=replace(poll.status, ct_state=State.READY))


class Ct:
    """A scanner that announces its scan to each agent until one has taken it."""

    name = "ct"

    def __init__(self) -> None:
        self.untaken: list[ScanStored] = []

    def health(self) -> Health:
        return Health(self.name, DeviceState.ONLINE, 0.0)

    def taken(self, scan_id: str) -> None:
        self.untaken = [each for each in self.untaken if each.scan_id != scan_id]

    async def run(self, emit: Callable[[ScanStored], None]) -> None:
        raise NotImplementedError


class Reviewer(ReviewerProcess):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__((), 1.0, lambda done: None, lambda: 0.0, lambda reported: None)
        self.tasks: list[Task] = []

    def ask(self, task: Task) -> None:
        self.tasks.append(task)


class CtSite(Site):
    """An agent of a line with CT; `start` is what follows a kill."""

    def __init__(self, folder: Path) -> None:
        self.ct = Ct()
        self.store = EvidenceStore(folder / "evidence", 10**9, 0, lambda: 1000.0)
        self.folder, self.controller = folder, Belt()
        self.list = ClearanceList(folder / "lists.db")
        self.start("s1")

    def start(self, session: str) -> None:
        line = ct_line()
        self.journal = Journal(self.folder / "journal.db", lambda: "j")
        self.intake = Intake(line, KEYS, session)
        self.evidence = Evidence(self.folder / "evidence.db", self.store, bytes)
        self.worker = WorkerThread("evidence")
        self.worker.do(lambda: restore(self.evidence, self.folder / "journal.db"))
        imaging = Imaging(
            self.folder / "review", self.evidence, self.worker, self.intake, ct=self.ct, cameras=[]
        )
        self.reviewer = imaging.reviewer = Reviewer()
        self.imaging = imaging
        devices = Devices(self.controller, [], None, imaging)
        self.agent = Agent(
            line, session, devices, self.intake, self.journal, self.list,
            lambda: self.controller.now_s, lambda: NOON + timedelta(seconds=self.controller.now_s),
        )  # fmt: skip
        for scan in self.ct.untaken:
            self.intake.reading(scan)

    async def observe(self) -> None:
        """The item in the tunnel, its verdict waiting for its image: all at 2 mm a millisecond."""
        await self.turn_at(1000)
        self.controller.see(ItemEventKind.INDUCTED, 1, 1000)
        self.controller.see(ItemEventKind.LENGTH, 1, 1400, detail=400)
        await self.turn_at(1400)
        self.intake.reading(CodesRead("top", 1900 / 2000, (WAYBILL,), WAYBILL.encode()))
        await self.turn_at(2500)
        self.intake.reading(WeightRead("scale", 4000 / 2000, 500.0, True, b""))
        for at_mm in range(4100, 6700, 100):
            await self.turn_at(at_mm)
        self.controller.see(ItemEventKind.EYE, 1, 6700, point=3)
        await self.turn_at(6700)

    def scan(self) -> None:
        """Its scan is durable at the driver, and handed on."""
        low, high = (self.store.put(each.encode(), EvidenceClass.CLEAR) for each in ("low", "high"))
        files = (VolumeFile("", low, 3, "low"), VolumeFile("", high, 4, "high"))
        stored = ScanStored("ct", 3.4, "1.2.3", files, True, 5400 / 2000, 1, EPOCH)
        self.ct.untaken.append(stored)
        self.intake.reading(stored)

    def verdict(self) -> PassageDecided:
        found = self.records(PassageDecided)[-1]
        assert isinstance(found, PassageDecided)
        return found


def nothing(_: object) -> None:
    """What is not done before a kill."""


@pytest.fixture
def site(tmp_path: Path) -> CtSite:
    made = CtSite(tmp_path)
    made.know()
    return made


async def test_a_scan_is_taken_once_it_is_in_the_journal(
    site: CtSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.observe()
    untaken: list[int] = []
    append = site.journal.append

    def watch(entries: object, checkpoint: bytes | None = None) -> None:
        untaken.append(len(site.ct.untaken))
        append(entries, checkpoint)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(site.journal, "append", watch)
    site.scan()
    await site.turn_at(6900)
    assert untaken == [1]
    assert site.ct.untaken == []


async def test_a_scan_handed_on_to_an_agent_that_is_killed_is_not_lost(site: CtSite) -> None:
    """Where it was on the belt nobody knows any more, so it clears nothing; but it is on record."""
    await site.observe()
    site.scan()
    site.journal.close()  # killed before its next turn
    site.start("s2")
    await site.turn_at(8000)
    assert len(site.records(MediaRecorded)) == 2
    assert site.ct.untaken == []
    assert site.verdict().role is LaneRole.INSPECT


async def test_a_scan_that_was_written_and_not_taken_is_no_second_one(
    site: CtSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the journal's commit and the scanner's acknowledgement."""
    await site.observe()
    monkeypatch.setattr(site.ct, "taken", nothing)
    site.scan()
    await site.turn_at(6900)
    monkeypatch.undo()
    site.journal.close()
    site.start("s2")
    await site.turn_at(7000)
    assert site.ct.untaken == []
    (task,) = site.reviewer.tasks  # asked anew: the first one's answer died with its process
    site.imaging.reviewed(Done(task.scan_id, clear(), looked_at(task)))
    await site.turn_at(7100)
    assert site.verdict().role is LaneRole.RELEASE
    assert len(site.records(MediaRecorded)) == 2


async def test_what_was_flagged_before_a_kill_is_still_brought_to_the_centre(
    site: CtSite, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the journal had it and the index of evidence had not."""
    await site.observe()
    site.scan()
    monkeypatch.setattr(site.worker, "do", nothing)
    await site.turn_at(6900)
    task = site.reviewer.tasks[0]
    site.imaging.reviewed(Done(task.scan_id, alarm(), looked_at(task)))
    await site.turn_at(7000)
    site.journal.close()
    site.start("s2")
    wait_until(lambda: site.evidence.waiting == 2, "both volumes wait for upload")


def looked_at(task: Task) -> tuple[str, ...]:
    """What a reviewer would say that it read."""
    return tuple(hashlib.sha256(Path(file.path).read_bytes()).hexdigest() for file in task.files)
