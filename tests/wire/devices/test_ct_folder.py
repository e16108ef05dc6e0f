"""The folder driver: what machines leave in a folder becomes scans, whatever state it is left in."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from config.settings import CtDevice
from devices.ct.evidence_store import EvidenceStore
from devices.ct.folder_watch import FolderWatch
from devices.ct.intake import Intake
from devices.ct.ledger import Ledger
from devices.interfaces import DeviceState
from tests.wire.devices.ct_objects import write_object, write_scan
from tests.wire.devices.ct_rig import Rig


@pytest.fixture
def rig(tmp_path: Path, wait_until: Callable[..., None]) -> Iterator[Rig]:
    made = Rig(tmp_path / "data", wait_until)
    yield made
    made.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data" / "volumes"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    return made


def watched(**settings: object) -> CtDevice:
    given = {"least_free_mb": 1, **settings}
    return CtDevice(
        name="ct",
        position_mm=0,
        length_mm=1,
        driver="folder",
        folder="volumes",
        **given,  # pyright: ignore[reportArgumentType]
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_objects_renamed_in_become_a_scan_and_leave_the_folder(rig: Rig, folder: Path, outside: Path) -> None:
    rig.start(watched())
    for path in write_scan(outside, ooi_id="3-9"):
        path.rename(folder / path.name)
    (scan,) = rig.wait_for_scans(1)
    assert (scan.complete, scan.problem, scan.epoch, scan.tracking_id) == (True, "", 3, 9)
    assert sorted(file.energy for file in scan.files) == ["high", "low"]
    assert all(Path(file.path).name == file.sha256 for file in scan.files)
    assert names(folder) == []
    assert rig.wait_for_state(DeviceState.ONLINE) == ""


def test_an_object_that_grows_is_taken_when_it_is_whole(rig: Rig, folder: Path, outside: Path) -> None:
    driver = rig.start(watched())
    low, high = write_scan(outside)
    content = low.read_bytes()
    high.rename(folder / "high")
    with (folder / "low").open("wb") as growing:
        growing.write(content[:1500])
        growing.flush()
        rig.wait_until(lambda: driver.health().readings == 1, "the whole one was taken")
        growing.write(content[1500:])
    (scan,) = rig.wait_for_scans(1)
    assert (scan.complete, scan.problem) == (True, "")
    assert not (folder / "refused").exists()


def test_bad_files_are_set_aside_with_a_reason(rig: Rig, folder: Path, outside: Path) -> None:
    driver = rig.start(watched())
    truncated = write_object(outside / "truncated")
    truncated.write_bytes(truncated.read_bytes()[:-10])
    os.utime(truncated, (1, 1))  # it does not grow any more
    truncated.rename(folder / "truncated.dcs")
    write_object(outside / "medical", sop_class="1.2.840.10008.5.1.4.1.1.2").rename(folder / "medical.dcs")
    (folder / "notes.txt").write_text("hello")
    os.utime(folder / "notes.txt", (1, 1))
    (folder / ".hidden").write_text("not ours")
    rig.wait_until(lambda: driver.health().errors == 3, "three are refused")
    refused = folder / "refused"
    assert names(refused) == [
        "medical.dcs",
        "medical.dcs.reason.txt",
        "notes.txt",
        "notes.txt.reason.txt",
        "truncated.dcs",
        "truncated.dcs.reason.txt",
    ]
    assert (refused / "truncated.dcs.reason.txt").read_text() == "PixelData: cut short\n"
    assert names(folder) == [".hidden"]
    assert rig.wait_for_state(DeviceState.DEGRADED)
    for path in write_scan(outside):
        path.rename(folder / path.name)
    assert rig.wait_for_scans(1)[0].complete


def test_the_folder_may_be_away_and_come_back(rig: Rig, folder: Path, outside: Path) -> None:
    folder.rmdir()
    rig.start(watched())
    assert "cannot be used" in rig.wait_for_state(DeviceState.OFFLINE)
    folder.mkdir()
    rig.wait_for_state(DeviceState.ONLINE)
    shutil.rmtree(folder)
    rig.wait_for_state(DeviceState.OFFLINE)
    folder.mkdir()
    for path in write_scan(outside):
        path.rename(folder / path.name)
    assert rig.wait_for_scans(1)[0].complete
    rig.wait_for_state(DeviceState.ONLINE)


def test_without_room_objects_wait_in_the_folder(rig: Rig, folder: Path, outside: Path) -> None:
    rig.start(watched(least_free_mb=1_000_000_000))
    write_object(outside / "one").rename(folder / "one")
    assert "out of room" in rig.wait_for_state(DeviceState.DEGRADED)
    rig.stop()
    assert [*names(folder), *names(folder / "taken")] == ["one"]
    rig.start(watched(complete_within_ms=1))
    assert not rig.wait_for_scans(1)[0].complete
    assert names(folder) == []


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
def test_a_kill_while_an_object_is_taken_in_loses_and_doubles_nothing(
    rig: Rig, folder: Path, outside: Path, stored: bool
) -> None:
    """Killed with the low object claimed, before or after it was written down."""
    low, high = write_scan(outside)
    claimed = FolderWatch(folder).claim(low)
    if stored:
        evidence = rig.line_folder / "evidence"
        store = EvidenceStore(evidence, 10**9, 0, lambda: 1.0)
        content = claimed.read_bytes()
        Intake(store, Ledger(evidence / "ledger.db"), lambda: 1.0, UTC).take(claimed, "folder")
        claimed.write_bytes(content)  # a folder on another disk: copied, and not removed yet
    high.rename(folder / "high")
    rig.start(watched())
    (scan,) = rig.wait_for_scans(1)
    assert (scan.complete, scan.problem) == (True, "")
    assert names(folder / "taken") == []


def test_what_was_handed_on_is_not_handed_on_again(
    rig: Rig, folder: Path, outside: Path, wait_until: Callable[..., None]
) -> None:
    rig.start(watched())
    for path in write_scan(outside):
        path.rename(folder / path.name)
    rig.wait_for_scans(1)
    ledger = Ledger(rig.line_folder / "evidence" / "ledger.db")
    wait_until(lambda: ledger.pending() == (), "both are acknowledged")
    rig.stop()
    rig.start(watched())
    study = generate_uid()
    for path in write_scan(outside, study=study):
        path.rename(folder / path.name)
    assert rig.wait_for_scans(2)[1].scan_id == study


def test_the_same_scan_again_is_told_as_a_double(rig: Rig, folder: Path, outside: Path) -> None:
    rig.start(watched())
    files = write_scan(outside)
    for count in (1, 2):
        for path in files:
            shutil.copy(path, folder / path.name)
        rig.wait_for_scans(count)
    assert [scan.problem for scan in rig.scans] == ["", "double: objects of this scan came before"]


def test_what_was_not_taken_is_handed_on_again(rig: Rig, folder: Path, outside: Path) -> None:
    """The agent was killed before the scan was in its journal."""
    rig.takes = False
    rig.start(watched())
    for path in write_scan(outside):
        path.rename(folder / path.name)
    rig.wait_for_scans(1)
    rig.stop()
    rig.takes = True
    rig.start(watched())
    first, again = rig.wait_for_scans(2)
    assert (again.scan_id, again.files, again.complete, again.problem) == (
        first.scan_id, first.files, True, "",
    )  # fmt: skip
