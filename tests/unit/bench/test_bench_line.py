"""The line benchmark's figures: what counts as scanned, reviewed, in time and on record, and as sustained."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from config.load import parse_site, shipped_site
from simulators.ct.sender import Handed
from tests.bench.line_rig import cost, site
from tests.bench.line_rig.rates import AtRate
from tests.bench.line_rig.scanner import TimedSender
from tests.bench.line_rig.seen import FILES, Seen, seen
from tests.bench.rig.marks import Heard, Mark, Reader, Stored, What, Writer

_RELEASE, _INSPECT = 1, 5
_MIB = 1024


def _item(number: int, at_s: float, *, released: bool = True) -> list[Mark]:
    """An item that is inspected at the deciding eye and, if released, released 0.2 s after its image."""
    lane = _RELEASE if released else _INSPECT
    made = [
        Mark(What.INDUCTED, at_s, number),
        Mark(What.DUE, at_s + 5.0, number),
        Mark(What.ACCEPTED, at_s + 5.01, number, _INSPECT),
        Mark(What.SCANNED, at_s + 6.0, number, detail=1),
        Mark(What.SCANNED, at_s + 6.1, number, detail=1),
        Mark(What.LATCHED, at_s + 13.0, number, lane),
        Mark(What.DIVERTED, at_s + 15.0, number, lane),
    ]
    return [*made, Mark(What.ACCEPTED, at_s + 6.3, number, lane)] if released else made


def _records(number: int, *, reasons: tuple[str, ...] = (), outcome: str = "clear") -> list[Heard]:
    pending = Heard(5.0, f"{number}a", "decided", judged=number, reasons=("image_pending",))
    reviewed = outcome == "clear"
    last = Heard(
        6.0,
        f"{number}b",
        "decided",
        judged=number,
        reasons=reasons,
        outcome=outcome,
        reviewed=reviewed,
        took_ms=40,
    )
    files = [Heard(7.0, f"{number}{file}", "media", filed=number, file=file) for file in sorted(FILES)]
    return [pending, last, Heard(15.1, f"{number}c", "closed", number, number), *files]


def _found(marks: list[Mark], heard: list[Heard], stored: tuple[Stored, ...] = ()) -> Seen:
    return seen(marks, heard, stored, frozenset({_RELEASE}), 0.0, 10.0)


def test_a_released_item_is_timed_from_its_last_byte_to_its_release() -> None:
    found = _found(_item(1, 0.0), _records(1))
    assert (found.scanned, found.reviewed, found.past_cutoff, found.complete) == (1, 1, 0, 1)
    assert found.to_lane_ms == pytest.approx((200.0,))
    assert found.steps.accepted_ms == pytest.approx((10.0,))  # the first lane, of the deciding eye
    assert found.review_ms == (40.0,)
    assert found.steps.reasons == {}  # of its last verdict


def test_an_item_whose_image_was_not_taken_whole_is_not_scanned() -> None:
    marks = [replace(mark, detail=0) if mark.at_s == 6.1 else mark for mark in _item(1, 0.0)]
    found = _found(marks, _records(1))
    assert found.scanned == 0
    assert found.to_lane_ms == ()


def test_a_review_past_the_cut_off_is_told_from_an_item_in_doubt() -> None:
    late = _found(_item(1, 0.0, released=False), _records(1, reasons=("image_pending",), outcome=""))
    assert (late.past_cutoff, late.reviewed) == (1, 0)
    doubtful = _found(
        _item(1, 0.0, released=False), _records(1, reasons=("scan_doubtful",), outcome="missing")
    )
    assert (doubtful.past_cutoff, doubtful.reviewed) == (0, 0)
    assert doubtful.outcomes == {"missing": 1}


def test_an_item_without_its_clip_is_incomplete() -> None:
    heard = [each for each in _records(1) if each.file != "clip"]
    assert _found(_item(1, 0.0), heard).complete == 0


def test_only_what_was_taken_in_the_span_counts_for_storing() -> None:
    stored = (Stored(1.0, 90.0, True), Stored(2.0, 5.0, False), Stored(11.0, 70.0, True))
    assert _found(_item(1, 0.0), _records(1), stored).store_ms == (90.0,)


def _held(found: Seen) -> AtRate:
    items = found.steps.items
    return AtRate(
        rate=3600 * items / 10,
        speed_mm_s=1100,
        decision_s=7.5,
        after_tunnel_s=8.3,
        span_s=10.0,
        seen=found,
        restarted=(),
        edge_share={"agent": 0.1},
        other_share={"plant": 0.1},
        machine_share=0.5,
        pss_mib={"agent": 50.0},
        pss_total_mib=50.0,
        alone_mib=60.0,
        slipped_ms=0,
        broker="a broker",
    )


def test_a_rate_is_sustained_only_if_nothing_is_wanting() -> None:
    held = _held(_found([*_item(1, 0.0), *_item(2, 1.0)], [*_records(1), *_records(2)]))
    assert held.wanting == ""
    assert (held.released, held.complete, held.per_hour) == (1.0, 1.0, 720.0)
    assert "it lost 2000 ms" in replace(held, slipped_ms=2000).wanting
    assert "reviewer ended" in replace(held, restarted=("reviewer",)).wanting
    assert "only 720 parcels" in replace(held, rate=7200.0).wanting


def test_what_a_rate_lacks_is_said() -> None:
    marks = [*_item(1, 0.0), *_item(2, 1.0, released=False)]
    lacking = _held(
        _found(marks, [*_records(1), *_records(2, reasons=("scan_doubtful",), outcome="missing")])
    )
    assert "1 of 2 items were not reviewed in time (1 clear, 1 missing)" in lacking.wanting
    assert "50.0% were released (1 scan_doubtful)" in lacking.wanting
    silent = _held(_found([*_item(1, 0.0)], [each for each in _records(1) if each.type != "closed"]))
    assert silent.wanting == "1 items were not reported"


def test_the_time_to_the_cut_off_shrinks_with_the_belts_speed() -> None:
    text = site.with_value(shipped_site("demo").decode(), "speed_mm_s", site.speed_mm_s(7200))
    line = parse_site(text.encode(), "demo").lines[0]
    assert line.belt.speed_mm_s == 2200
    assert site.decision_s(line) == pytest.approx((14000 - 5700) / 2200)
    assert site.after_tunnel_s(line) == pytest.approx((14000 - 4900) / 2200)


def test_a_value_keeps_the_comment_behind_it() -> None:
    assert site.with_value("speed_mm_s = 1000   # slow\n", "speed_mm_s", 5) == "speed_mm_s = 5   # slow\n"


def test_the_bench_finds_its_keys_in_the_shipped_site(tmp_path: Path) -> None:
    laid, _ = site.lay(tmp_path / "site", 3600)
    assert laid.lines[0].belt.speed_mm_s == site.speed_mm_s(3600)


def test_a_key_that_the_site_file_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="disk_budget_mb 0 times"):
        site.with_value("speed_mm_s = 1000\n", "disk_budget_mb", 1)


def _mapping(place: str, rss_kb: int, own_kb: int) -> str:
    return (
        f"7f0000000000-7f0000100000 r-xp {place} /lib/one.so\nSize: 9 kB\nRss: {rss_kb} kB\nPss: 1 kB\n"
        f"Private_Clean: 0 kB\nPrivate_Dirty: {own_kb} kB\nVmFlags: rd ex mr\n"
    )


def test_what_processes_share_counts_once_when_they_are_alone() -> None:
    library = "00001000 fe:00 42"
    one = _mapping(library, 3 * _MIB, 0) + _mapping("00000000 00:00 0", 2 * _MIB, 2 * _MIB)
    other = _mapping(library, 5 * _MIB, 1 * _MIB)
    assert cost.alone_mib([one, other]) == 2 + 1 + 4


def test_handing_over_is_timed_to_the_last_objects_success(tmp_path: Path) -> None:
    now_s = iter((10.0, 10.25))

    class Sender:
        def hand_over(self, files: Sequence[Path]) -> Iterator[Handed]:
            yield from (Handed(delivered=True, sent_s=0.0) for _ in files)

    with Writer(tmp_path / "stored.jsonl") as notes:
        handed = list(TimedSender(Sender(), notes, lambda: next(now_s)).hand_over([tmp_path, tmp_path]))
    assert len(handed) == 2
    assert Reader(tmp_path / "stored.jsonl", Stored).read() == [Stored(10.25, 250.0, True)]
