"""The CT driver and its receiver against dcmtk's and pynetdicom's senders: what goes in, what is refused."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from devices.interfaces import DeviceState
from models.formats.dicos_ct import read_ct
from tests.wire.devices.ct_objects import ACQUIRED_AT, DICOS_CT, FULL, write_object, write_scan
from tests.wire.devices.ct_pydicos import write_with_pydicos
from tests.wire.devices.ct_rig import Rig
from tests.wire.devices.ct_sender import c_store


@pytest.mark.parametrize("compressed", [False, True], ids=["uncompressed", "rle"])
@pytest.mark.parametrize("writer", ["pydicom", "pydicos"])
def test_a_scan_sent_with_storescu_becomes_one_scan_with_its_pixels(
    rig: Rig,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    free_port: Callable[[], int],
    tmp_path: Path,
    writer: str,
    compressed: bool,
) -> None:
    port = free_port()
    study = generate_uid()
    if writer == "pydicom":
        files = write_scan(tmp_path, study=study, compressed=compressed)
    else:
        files = tuple(
            write_with_pydicos(tmp_path / f"{energy}.dcs", energy, study, "7-42", compressed=compressed)
            for energy in ("low", "high")
        )
    driver = rig.receive(port)
    sent = storescu(port, *files, syntax="-xr" if compressed else "-x=")
    assert sent.returncode == 0, sent.stderr
    (scan,) = rig.wait_for_scans(1)
    assert (scan.scan_id, scan.complete, scan.problem) == (study, True, "")
    assert (scan.epoch, scan.tracking_id) == (7, 42)
    assert [file.energy for file in scan.files] == ["low", "high"]
    for file, original in zip(scan.files, files, strict=True):
        assert Path(file.path).name == file.sha256
        assert (read_ct(file.path)[1] == read_ct(original)[1]).all()
    assert scan.scanned_at_s is not None
    wall_now_s = ACQUIRED_AT.timestamp() + scan.at_s - scan.scanned_at_s + 0.7
    assert wall_now_s == pytest.approx(Path(scan.files[1].path).stat().st_mtime, abs=1.0)
    health = driver.health()
    assert (health.state, health.readings, health.errors) == (DeviceState.ONLINE, 2, 0)
    assert rig.leftovers() == []


def test_full_volumes_are_received_in_little_memory(
    rig: Rig,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    driver = rig.receive(port)
    for _ in range(3):
        assert storescu(port, *write_scan(tmp_path, shape=FULL)).returncode == 0
    assert all(scan.complete for scan in rig.wait_for_scans(3))
    figures = Path(f"/proc/{driver.pid}/smaps_rollup").read_text()
    pss_kb = next(int(line.split()[1]) for line in figures.splitlines() if line.startswith("Pss:"))
    assert pss_kb < 120_000


def test_only_senders_on_the_list_are_let_in(
    rig: Rig,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    echoscu = require_package("echoscu")
    port = free_port()
    rig.receive(port)

    def echo(title: str, called: str) -> subprocess.CompletedProcess[str]:
        call = [echoscu, "-v", "-aet", title, "-aec", called, "127.0.0.1", str(port)]
        return subprocess.run(call, capture_output=True, text=True, timeout=30, check=False)

    assert echo("ECHOSCU", "REDPEAK").returncode == 0
    stranger = echo("STRANGER", "REDPEAK")
    assert stranger.returncode != 0
    assert "Calling AE Title Not Recognized" in stranger.stderr + stranger.stdout
    assert "STRANGER at 127.0.0.1" in rig.wait_for_state(DeviceState.DEGRADED)
    misdirected = echo("ECHOSCU", "OTHER")
    assert "Called AE Title Not Recognized" in misdirected.stderr + misdirected.stdout
    path = write_object(tmp_path / "one")
    assert c_store(port, path, monkeypatch=monkeypatch, source="127.0.0.2") == []
    assert rig.stored() == 0


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-1000])
    return path


def of_another_class(path: Path) -> Path:
    """Sent as DICOS CT; the data set says medical CT."""
    content = path.read_bytes()
    at = content.rindex(DICOS_CT.encode())
    medical = b"1.2.840.10008.5.1.4.1.1.2".ljust(len(DICOS_CT), b"\0")
    path.write_bytes(content[:at] + medical + content[at + len(DICOS_CT) :])
    return path


def with_a_huge_header(path: Path) -> Path:
    content = path.read_bytes()
    at = content.index(b"\x10\0\x20\0LO")  # Patient ID
    path.write_bytes(content[: at + 4] + b"UT\0\0\xf0\xff\xff\xff" + content[at + 8 :])
    return path


def test_a_bad_object_is_refused_with_a_reason_and_leaves_nothing(
    rig: Rig, free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    driver = rig.receive(port)
    bad = [
        spoil(write_object(tmp_path / spoil.__name__))
        for spoil in (cut_short, with_a_huge_header, of_another_class)
    ]
    (cut, huge, other) = c_store(port, *bad, monkeypatch=monkeypatch)
    assert cut == (0xC000, "PixelData: cut short")
    assert huge[0] == 0xC000
    assert other[0] == 0xA900
    assert "SOPClassUID" in other[1]
    rig.wait_for_state(DeviceState.DEGRADED)
    assert driver.health().errors == 3
    assert (rig.stored(), rig.leftovers()) == (0, [])
    low, high = write_scan(tmp_path)
    assert c_store(port, low, high, monkeypatch=monkeypatch) == [(0, ""), (0, "")]
    assert rig.wait_for_scans(1)[0].complete
    assert rig.wait_for_state(DeviceState.ONLINE) == ""


def test_the_same_scan_again_is_told_as_a_double_and_a_clash_is_refused(
    rig: Rig,
    free_port: Callable[[], int],
    tmp_path: Path,
    storescu: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    rig.receive(port)
    study = generate_uid()
    low = write_object(tmp_path / "low", "low", study=study, sop="1.2.3", seed=1)
    high = write_object(tmp_path / "high", "high", study=study, seed=1)
    for _ in range(2):
        assert storescu(port, low, high).returncode == 0
    first, second = rig.wait_for_scans(2)
    assert (first.problem, second.problem) == ("", "double: objects of this scan came before")
    assert first.scan_id == second.scan_id == study
    assert first.files == second.files
    clash = write_object(tmp_path / "clash", "low", sop="1.2.3", seed=2)
    ((status, comment),) = c_store(port, clash, monkeypatch=monkeypatch)
    assert (status, comment) == (0xC001, "SOPInstanceUID: another object came under this UID")
    assert rig.stored() == 2


def test_a_short_disk_is_answered_out_of_resources(
    rig: Rig, free_port: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    rig.receive(port, least_free_mb=1_000_000_000)
    ((status, comment),) = c_store(port, write_object(tmp_path / "one"), monkeypatch=monkeypatch)
    assert status == 0xA700
    assert "out of room" in comment
    assert "out of room" in rig.wait_for_state(DeviceState.DEGRADED)
    assert (rig.stored(), rig.leftovers()) == (0, [])
