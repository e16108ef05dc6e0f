"""The CT when it is not ready, scans told apart by their order, cameras, and reviews that come late."""

from config.settings import LaneRole
from devices.interfaces import CtState, ItemEventKind
from edge.core import Core
from edge.messages import (
    PassageDecided,
    Reason,
    ScanDoubt,
)
from edge.observations import AgentStarted, Film
from tests.unit.edge.ct_lines import A, B, CtBench, bench, ct_line
from tests.unit.edge.lines import EPOCH, lanes_set, said


def test_items_that_pass_while_the_ct_is_not_ready_are_inspected():
    line = bench()
    line.observe(1, 0, A)
    line.see(ItemEventKind.CT_STATE, 0, 4000, detail=CtState.BYPASS)
    first = line.decide(1, 0)
    assert first.reasons == (Reason.CT_NOT_READY,)
    line.see(ItemEventKind.CT_STATE, 0, 6000, detail=CtState.READY)
    assert line.pass_through(2, 4000, B).role is LaneRole.RELEASE
    assert line.overdue(1, 0) == []  # nothing was to be expected of it, and nobody else is doubted
    assert not line.core.state.tunnel_doubtful


def test_an_unknown_ct_state_counts_as_a_fault():
    line = bench()
    line.see(ItemEventKind.CT_STATE, 0, 10, detail=77)
    line.observe(1, 0, A)
    assert line.decide(1, 0).reasons == (Reason.CT_NOT_READY,)


def test_a_ct_that_was_down_at_the_start_is_noticed():
    line = bench()
    line.core = Core(line.line, "policy")
    line.feed(AgentStarted("session", EPOCH, 0, frozenset(range(1, 6)), CtState.XRAY_OFF))
    line.observe(1, 100, A)
    assert line.decide(1, 100).reasons == (Reason.CT_NOT_READY,)


def test_by_order_a_scan_belongs_to_the_first_that_has_none():
    line = CtBench(line=ct_line(names_items=False))
    for number in (A, B):
        line.know(number)
    line.observe(1, 0, A)
    line.observe(2, 1100, B)
    line.decide(1, 0)
    line.store(None, 0, scan_id="first")
    found = line.review("first", 0)
    assert said(found, PassageDecided).tracking_id == 1
    line.decide(2, 1100)
    line.store(None, 1100, scan_id="second")
    assert said(line.review("second", 1100), PassageDecided).role is LaneRole.RELEASE


def test_by_order_a_lost_scan_is_found_out_when_the_next_one_comes():
    line = CtBench(line=ct_line(names_items=False))
    line.observe(1, 0, A)
    line.observe(2, 1100, B)
    line.store(None, 1100, scan_id="of the second")
    assert line.core.items[1].scan is None
    assert ScanDoubt.MISSING in line.core.items[1].scan_doubts
    assert ScanDoubt.TUNNEL_DOUBTFUL in line.core.items[2].scan_doubts


def test_each_camera_films_an_item_once_when_its_middle_passes():
    line = bench()
    line.observe(1, 0, A)
    assert not list(line.core.due(3099))
    due = line.core.due(3150)
    filmed = [action for each in due for action in line.feed(each)]
    assert filmed == [Film("belt", line.core.items[1].passage_id, 3100)]
    assert not [each for each in line.core.due(3200) if each.due == "film"]


def test_a_review_that_comes_after_the_cut_off_changes_nothing_but_the_record():
    line = bench()
    line.observe(1, 0, A)
    line.decide(1, 0)
    line.store(1, 0)
    line.see(ItemEventKind.DECIDED, 1, 14_000, detail=5)
    assert lanes_set(line.review("scan-1", 0)) == []
    assert line.arrive(1, 0, 5).role is LaneRole.INSPECT
