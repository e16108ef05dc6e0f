"""The whole site as processes, on real wires: every parcel ends where it belongs, whatever is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

KEYS = {
    "seed",
    "parcels",
    "inducted",
    "recorded",
    "lost",
    "duplicated",
    "misrouted",
    "wrongly_released",
    "touched_by_fault",
    "clean",
    "clean_released_unaided",
    "by_lane",
    "by_reason",
    "by_category",
    "event_to_lane_ms",
    "ct_to_lane_ms",
    "share_past_cutoff",
    "exceptions",
    "scan_faults",
    "evidence_complete",
    "wrong_volume_cleared",
    "ok",
    "failures",
}
UP = (sys.executable, "-P", "-m", "config.command", "up", "--free-ports")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


def run_up(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Run `up` to its end: exit code, report, what it said."""
    report = folder / "report.json"
    command = [*UP, "--data", str(folder / "run"), "--report", str(report), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=880, check=False)
    said = done.stdout + done.stderr
    assert report.exists(), said
    return done.returncode, json.loads(report.read_text()), said


def test_300_parcels_are_scanned_filmed_and_end_where_they_belong(tmp_path: Path) -> None:
    code, report, said = run_up(tmp_path, "--parcels", "300", "--seed", "7")
    assert report["failures"] == [], said
    assert code == 0, said
    assert report.keys() == KEYS
    assert report["ok"] is True
    assert report["parcels"] == 300
    assert report["inducted"] >= 300
    assert report["recorded"] == report["inducted"]
    assert report["lost"] == report["duplicated"] == report["misrouted"] == report["wrongly_released"] == 0
    assert report["wrong_volume_cleared"] == 0
    assert report["clean_released_unaided"] > 0
    assert all(fault["occurred"] >= 10 for fault in report["scan_faults"].values())
    assert report["evidence_complete"] >= 0.99
    assert report["share_past_cutoff"] <= 0.01
    assert 0 < report["event_to_lane_ms"]["p99"] < 1000
    assert 0 < report["ct_to_lane_ms"]["p99"] < 5000
    assert not left_behind(tmp_path)


def test_whatever_is_killed_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    kills = "agent@30,broker@55,centre@80"
    code, report, said = run_up(tmp_path, "--parcels", "100", "--seed", "7", "--kill", kills)
    state = json.loads((tmp_path / "run" / "run.json").read_text())
    assert state["killed"] == ["agent", "broker", "centre"], said
    assert report["failures"] == [], said
    assert code == 0, said
    assert report["lost"] == report["duplicated"] == report["wrongly_released"] == 0
    assert report["wrong_volume_cleared"] == 0
    assert not left_behind(tmp_path)


def test_a_line_without_ct_releases_what_is_clean(tmp_path: Path) -> None:
    code, report, said = run_up(tmp_path, "--site", "sorting", "--parcels", "120", "--seed", "7")
    assert report["failures"] == [], said
    assert code == 0, said
    assert report["lost"] == report["duplicated"] == report["misrouted"] == report["wrongly_released"] == 0
    assert report["clean_released_unaided"] >= 0.99 * report["clean"] > 0
    assert report["scan_faults"] == {}


@pytest.fixture
def running(tmp_path: Path, wait_until: Callable[..., None]) -> Iterator[subprocess.Popen[str]]:
    """An endless `up`, all of whose programs answer."""
    command = [*UP, "--data", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    state = tmp_path / "run" / "run.json"

    def moving() -> bool:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        return state.exists() and json.loads(state.read_text())["inducted"] > 3

    try:
        wait_until(moving, "parcels move", 120)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def test_an_interrupt_stops_everything_in_seconds(running: subprocess.Popen[str], tmp_path: Path) -> None:
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=45)
    assert running.returncode == 0, said
    assert "everything is stopped" in said
    assert "had to be killed" not in said
    assert not left_behind(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word on a parent's death is Linux's")
def test_nothing_outlives_it_when_it_is_killed(
    running: subprocess.Popen[str], tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    assert left_behind(tmp_path)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    wait_until(lambda: not left_behind(tmp_path), "all its programs are gone")


def left_behind(folder: Path) -> list[str]:
    """Programs that still run in a data folder."""
    return [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(folder) in word for word in process.info["cmdline"] or ())
    ]
