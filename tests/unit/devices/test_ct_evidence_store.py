"""The evidence store: found by hash, kept by class, rolled by age, shared by two processes."""

import hashlib
import os
from pathlib import Path

import pytest

from devices.ct.evidence_store import EvidenceClass, EvidenceStore

CLEAR, FLAGGED, CASE = EvidenceClass.CLEAR, EvidenceClass.FLAGGED, EvidenceClass.CASE
NOW_S = 1_000_000.0


class Clock:
    now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", 1000, 0, clock)


def fill(store: EvidenceStore, clock: Clock, count: int, kind: EvidenceClass) -> list[str]:
    """Files of 100 bytes, one a second."""
    hashes: list[str] = []
    for index in range(count):
        clock.now_s += 1
        hashes.append(store.put(f"{kind} {index}".encode().ljust(100), kind))
    return hashes


def held(store: EvidenceStore, hashes: list[str]) -> list[bool]:
    return [store.find(each) is not None for each in hashes]


def test_what_is_put_is_found_by_its_hash(store: EvidenceStore, tmp_path: Path) -> None:
    sha256 = store.put(b"a still", FLAGGED)
    assert sha256 == hashlib.sha256(b"a still").hexdigest()
    path = store.find(sha256)
    assert path is not None
    assert path == tmp_path / "evidence" / "flagged" / sha256
    assert path.read_bytes() == b"a still"
    assert store.find("0" * 64) is None


def test_a_file_is_moved_in_and_the_same_content_is_kept_once(store: EvidenceStore, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"volume")
    first = store.put(tmp_path / "one", CASE)
    assert store.put(tmp_path / "two", CLEAR) == first
    assert not (tmp_path / "one").exists()
    assert not (tmp_path / "two").exists()
    found = store.find(first)
    assert found is not None
    assert found.parent.name == "case"


def test_a_file_is_classified_by_another_process_over_the_same_root(
    store: EvidenceStore, tmp_path: Path, clock: Clock
) -> None:
    other = EvidenceStore(tmp_path / "evidence", 1000, 0, clock)
    sha256 = store.put(b"volume", CLEAR)
    path = other.classify(sha256, FLAGGED)
    assert path is not None
    assert path.parent.name == "flagged"
    assert store.find(sha256) == path
    assert store.classify(sha256, FLAGGED) == path
    assert store.classify("0" * 64, CASE) is None


def test_the_oldest_clear_files_go_first_and_no_others(store: EvidenceStore, clock: Clock) -> None:
    clear, flagged = fill(store, clock, 5, CLEAR), fill(store, clock, 5, FLAGGED)
    clock.now_s += 1000
    assert store.accepts(150)
    assert held(store, clear) == [False, False, True, True, True]
    assert all(held(store, flagged))


def test_flagged_files_go_only_when_uploaded_and_no_clear_one_is_left(
    store: EvidenceStore, clock: Clock
) -> None:
    flagged, clear = fill(store, clock, 8, FLAGGED), fill(store, clock, 2, CLEAR)
    store.mark_uploaded(flagged[3])
    assert store.find(flagged[3]) is not None
    clock.now_s += 1000
    assert store.accepts(250)
    assert held(store, clear) == [False, False]
    assert held(store, flagged) == [True, True, True, False, True, True, True, True]
    assert not store.accepts(350)
    assert sum(held(store, flagged)) == 7


def test_a_case_is_never_rolled_and_never_marked(store: EvidenceStore, clock: Clock) -> None:
    case = fill(store, clock, 10, CASE)
    store.mark_uploaded(case[0])
    clock.now_s += 1_000_000
    assert not store.accepts(1)
    assert all(held(store, case))


def test_a_clear_file_still_under_review_is_not_rolled(store: EvidenceStore, clock: Clock) -> None:
    clear = fill(store, clock, 10, CLEAR)
    assert not store.accepts(100)
    assert all(held(store, clear))
    clock.now_s += 3600 * -2  # the clock was set back: these files are of the future, and old
    assert store.accepts(100)


def test_what_is_to_be_spared_is_spared(store: EvidenceStore, clock: Clock) -> None:
    clear = fill(store, clock, 10, CLEAR)
    clock.now_s += 1000
    assert store.accepts(100, spare=clear[:2])
    assert held(store, clear)[:4] == [True, True, False, False]


def test_a_short_disk_is_not_used_up(tmp_path: Path, clock: Clock) -> None:
    greedy = EvidenceStore(tmp_path / "evidence", 1000, 1 << 60, clock)
    clear = fill(greedy, clock, 3, CLEAR)
    clock.now_s += 1000
    assert not greedy.accepts(1)
    assert not any(held(greedy, clear))


def test_what_others_add_is_counted(store: EvidenceStore, tmp_path: Path, clock: Clock) -> None:
    other = EvidenceStore(tmp_path / "evidence", 1000, 0, clock)
    assert store.accepts(100)
    fill(other, clock, 10, CASE)
    store.put(b"x" * 30, CASE)  # more than the share after which the store counts afresh
    assert not store.accepts(1)


def test_what_a_killed_process_left_half_written_is_swept(store: EvidenceStore, tmp_path: Path) -> None:
    leftover = tmp_path / "evidence" / "partial" / "tmp1"
    leftover.write_bytes(b"half")
    os.utime(leftover, (NOW_S, NOW_S))
    store.roll(NOW_S + 60)
    assert leftover.exists()
    store.roll(NOW_S + 3601)
    assert not leftover.exists()


def test_usage_tells_what_may_go_from_what_may_not(store: EvidenceStore, clock: Clock) -> None:
    fill(store, clock, 2, CLEAR)
    flagged = fill(store, clock, 3, FLAGGED)
    fill(store, clock, 1, CASE)
    store.mark_uploaded(flagged[0])
    usage = store.usage()
    assert (usage.rollable, usage.kept) == (300, 300)
    assert usage.free > 0
