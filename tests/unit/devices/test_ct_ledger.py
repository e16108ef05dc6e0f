"""The ledger: what came, under which hash, and what nobody has acknowledged yet."""

from pathlib import Path

from msgspec.structs import replace

from devices.ct.ledger import Ledger
from tests.unit.devices.test_ct_grouping import an_object


def test_what_is_not_acknowledged_is_pending_after_a_kill(tmp_path: Path) -> None:
    killed = Ledger(tmp_path / "ledger.db")
    first, second = (killed.enter(an_object(energy)) for energy in ("low", "high"))
    killed.acknowledge((first.number,))
    again = Ledger(tmp_path / "ledger.db")
    assert again.pending() == (second,)
    again.acknowledge((second.number, 4711))
    assert again.pending() == ()
    assert again.enter(an_object()).number > second.number


def test_the_first_hash_under_a_name_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    first = ledger.enter(an_object())
    ledger.enter(replace(first, sha256="0" * 64, double=True))
    assert ledger.sha256_of(first.sop_uid) == first.sha256
    assert ledger.sha256_of("1.2.3") is None


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database" * 1000)
    ledger = Ledger(path)
    assert ledger.pending() == ()
    assert ledger.enter(an_object()).number == 1
    assert (tmp_path / "ledger.broken").read_bytes().startswith(b"this is no database")
