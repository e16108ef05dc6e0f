"""The intake: what is stored and written down, and what is refused and leaves no trace."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.ct.arrivals import Arrived
from devices.ct.evidence_store import EvidenceStore
from devices.ct.intake import Intake, Refusal, Refused
from devices.ct.ledger import Ledger
from tests.wire.devices.ct_objects import ACQUIRED_AT, write_object

BUDGET = 100_000


def wall() -> float:
    return 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", BUDGET, 0, wall)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db")


@pytest.fixture
def intake(store: EvidenceStore, ledger: Ledger) -> Intake:
    return Intake(store, ledger, wall, UTC)


def stored(store: EvidenceStore) -> int:
    usage = store.usage()
    return usage.rollable + usage.kept


def test_an_object_is_stored_under_its_hash_and_written_down(
    intake: Intake, store: EvidenceStore, ledger: Ledger, tmp_path: Path
) -> None:
    path = write_object(tmp_path / "one", "high")
    content = path.read_bytes()
    arrived = intake.take(path, "CT")
    assert not path.exists()
    found = store.find(arrived.sha256)
    assert found is not None
    assert found.read_bytes() == content
    assert ledger.pending() == (arrived,)
    assert (arrived.energy, arrived.kvp, arrived.ooi_id) == ("high", 150.0, "7-42")
    assert (arrived.arrived_wall_s, arrived.duration_ms) == (wall(), 1400.0)
    assert arrived.acquired_wall_s == ACQUIRED_AT.timestamp()
    assert not arrived.double


def test_a_time_without_an_offset_is_taken_in_the_profiles_zone(
    store: EvidenceStore, ledger: Ledger, tmp_path: Path
) -> None:
    intake = Intake(store, ledger, wall, ZoneInfo("Asia/Shanghai"))
    arrived = intake.take(write_object(tmp_path / "one"), "CT")
    assert arrived.acquired_wall_s == ACQUIRED_AT.timestamp() - 8 * 3600


def test_the_same_object_again_is_a_double_and_kept_once(
    intake: Intake, store: EvidenceStore, ledger: Ledger, tmp_path: Path
) -> None:
    content = write_object(tmp_path / "one").read_bytes()
    first = intake.take(tmp_path / "one", "CT")
    (tmp_path / "two").write_bytes(content)
    second = intake.take(tmp_path / "two", "CT")
    assert (second.double, second.sha256) == (True, first.sha256)
    assert stored(store) == len(content)
    assert len(ledger.pending()) == 2


def test_a_double_whose_first_is_gone_is_stored_again(
    intake: Intake, store: EvidenceStore, tmp_path: Path
) -> None:
    content = write_object(tmp_path / "one").read_bytes()
    found = store.find(intake.take(tmp_path / "one", "CT").sha256)
    assert found is not None
    found.unlink()
    (tmp_path / "two").write_bytes(content)
    assert store.find(intake.take(tmp_path / "two", "CT").sha256) is not None


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-100])
    return path


def of_another_class(path: Path) -> Path:
    return write_object(path, sop_class="1.2.840.10008.5.1.4.1.1.2")


def with_a_huge_header(path: Path) -> Path:
    """A length in the header that no file has."""
    content = path.read_bytes()
    at = content.index(b"\x10\0\x20\0LO")  # Patient ID
    path.write_bytes(content[: at + 4] + b"UT\0\0\xf0\xff\xff\xff" + content[at + 8 :])
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (cut_short, Refusal.BROKEN),
        (of_another_class, Refusal.WRONG_CLASS),
        (with_a_huge_header, Refusal.BROKEN),
        (empty, Refusal.BROKEN),
    ],
)
def test_what_is_no_whole_object_is_refused_and_leaves_nothing(
    intake: Intake,
    store: EvidenceStore,
    ledger: Ledger,
    tmp_path: Path,
    spoil: Callable[[Path], Path],
    refusal: Refusal,
) -> None:
    path = spoil(write_object(tmp_path / "one"))
    with pytest.raises(Refused) as refused:
        intake.take(path, "CT")
    assert refused.value.refusal is refusal
    assert "7-42" not in str(refused.value)
    assert path.exists()
    assert stored(store) == 0
    assert ledger.pending() == ()


def test_another_object_under_a_known_name_is_refused(intake: Intake, ledger: Ledger, tmp_path: Path) -> None:
    intake.take(write_object(tmp_path / "one", sop="1.2.3", seed=1), "CT")
    with pytest.raises(Refused) as refused:
        intake.take(write_object(tmp_path / "two", sop="1.2.3", seed=2), "CT")
    assert refused.value.refusal is Refusal.CLASH
    assert len(ledger.pending()) == 1


def test_an_object_under_another_name_than_announced_is_refused(intake: Intake, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="SOPInstanceUID"):
        intake.take(write_object(tmp_path / "one", sop="1.2.3"), "CT", "1.2.4")


def test_without_room_nothing_is_taken_and_what_is_pending_is_not_rolled_for_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    now_s = wall()
    store = EvidenceStore(tmp_path / "evidence", BUDGET, 0, lambda: now_s)
    intake = Intake(store, ledger, lambda: now_s, UTC)
    taken: list[Arrived] = []
    for seed in range(BUDGET // write_object(tmp_path / "probe").stat().st_size):
        now_s += 1
        taken.append(intake.take(write_object(tmp_path / "more", seed=seed), "CT"))
    now_s += 1000
    write_object(tmp_path / "much", seed=99)
    with pytest.raises(Refused) as refused:
        intake.take(tmp_path / "much", "CT")
    assert refused.value.refusal is Refusal.NO_ROOM
    assert all(store.find(arrived.sha256) for arrived in taken)
    ledger.acknowledge(tuple(arrived.number for arrived in taken))
    intake.take(tmp_path / "much", "CT")
    assert store.find(taken[0].sha256) is None


def test_an_id_beyond_all_measure_names_nothing_and_is_not_passed_on(intake: Intake, tmp_path: Path) -> None:
    """A line to the agent must stay a line, whatever a sender writes into the Patient ID."""
    content = write_object(tmp_path / "one", ooi_id="7-42").read_bytes()
    at = content.index(b"\x10\0\x20\0LO")
    length = int.from_bytes(content[at + 6 : at + 8], "little")
    long = b"\x10\0\x20\0LO" + (60_000).to_bytes(2, "little") + b"7" * 60_000
    (tmp_path / "one").write_bytes(content[:at] + long + content[at + 8 + length :])
    assert intake.take(tmp_path / "one", "CT").ooi_id == ""
