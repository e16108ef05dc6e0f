"""What the uplink sends when, and when again: windows, the backlog of an outage, live records before it."""

from pathlib import Path

import pytest

from tests.unit.edge.uplink_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_is_not_receipted_in_time_is_sent_again(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:1")
    bench.now_s += 4.9
    bench.uplink.drain()
    assert bench.wire.ids() == ["j1:1", "j1:2", "j1:3"]
    bench.now_s += 0.2
    bench.uplink.drain()
    assert bench.wire.ids()[3:] == ["j1:2", "j1:3"]


@pytest.mark.parametrize("event", ["reconnected", "centre restarted"])
def test_a_new_connection_or_centre_gets_everything_open_again(bench: Bench, event: str) -> None:
    bench.wire.connect()
    bench.centre()
    if event == "reconnected":
        bench.wire.connect()
        bench.uplink.drain()
    else:
        bench.centre(instance="c2")
    assert bench.wire.ids()[3:] == ["j1:1", "j1:2", "j1:3"]


def test_at_most_a_window_is_unreceipted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=450)
    bench.wire.connect()
    bench.centre()
    assert len(bench.wire.ids()) == 150
    bench.receipt(*(f"j1:{number}" for number in range(1, 101)))
    assert len(bench.wire.ids()) == 250
    bench.add(100)
    bench.uplink.drain()
    assert len(bench.wire.ids()) == 300  # what happens now may fill the rest of the window


def test_what_was_sent_is_not_sent_again_at_the_very_limit(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.now_s += 5.0
    bench.uplink.drain()
    assert len(bench.wire.ids()) == 3


def test_the_centre_may_say_again_that_it_is_there(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.centre()
    assert len(bench.wire.ids()) == 3


def test_one_receipt_makes_room_for_one_record(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=202)
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:7")
    assert bench.wire.ids()[150:] == ["j1:151"]


def test_after_a_new_connection_a_full_window_is_sent_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=202)
    bench.wire.connect()
    bench.centre()
    bench.wire.connect()
    bench.uplink.drain()
    assert bench.wire.ids()[150:] == bench.wire.ids()[:150]


def test_what_happens_now_goes_before_the_backlog(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=400)
    bench.wire.connect()
    bench.centre()
    bench.add(2)
    bench.uplink.drain()
    assert bench.wire.ids()[149:] == ["j1:150", "j1:401", "j1:402"]
    for number in range(1, 403):
        bench.receipt(f"j1:{number}")
    assert sorted(bench.wire.ids(), key=lambda id_: int(id_[3:])) == [f"j1:{n}" for n in range(1, 403)]
    assert bench.journal.outbox_size() == 0


def test_what_waited_for_the_centre_is_backlog_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alarms=0)
    bench.wire.connect()
    bench.centre(ready=False)
    bench.add(160)
    bench.centre()
    bench.add(1)
    bench.uplink.drain()
    assert bench.wire.ids()[-2:] == ["j1:150", "j1:161"]


def test_only_what_is_late_is_sent_again(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.now_s += 4.0
    bench.add(1)
    bench.uplink.drain()
    bench.now_s += 2.0
    bench.receipt("j1:2")
    assert bench.wire.ids() == ["j1:1", "j1:2", "j1:3", "j1:4", "j1:1", "j1:3"]


def test_a_live_record_that_is_late_is_sent_again_though_it_was_no_backlog(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()
    bench.receipt("j1:1", "j1:2", "j1:3")
    bench.add(1)
    bench.uplink.drain()
    bench.now_s += 5.1
    bench.uplink.drain()
    assert bench.wire.ids()[3:] == ["j1:4", "j1:4"]


def test_between_late_records_one_that_was_sent_lately_is_passed_over(bench: Bench) -> None:
    bench.wire.connect()
    bench.centre()  # at 100.0 s: 1, 2, 3
    for at_s, added, sent in (
        (104.0, 1, ["j1:4"]),
        (105.0, 1, ["j1:5"]),
        (105.1, 0, ["j1:1", "j1:2", "j1:3"]),
        (109.2, 0, ["j1:4"]),
        (110.2, 0, ["j1:1", "j1:2", "j1:3", "j1:5"]),
    ):
        before = len(bench.wire.ids())
        bench.now_s = at_s
        bench.add(added)
        bench.uplink.drain()
        assert bench.wire.ids()[before:] == sent, at_s
