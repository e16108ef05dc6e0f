"""The journal in words: every kind of entry has some, and none of them holds a key or a label."""

from pathlib import Path

from devices.interfaces import ItemEvent, ItemEventKind
from edge.journal import Entry, Journal
from edge.narration import narrate, narrate_entry
from edge.observations import ControllerSaw
from tests.unit.edge.lines import EPOCH, KEYS, Bench

WAYBILL = "RB123456785CN"


def test_a_passage_reads_as_a_story(tmp_path: Path) -> None:
    bench = Bench()
    bench.know(WAYBILL)
    bench.pass_item(1, 1000, WAYBILL)
    bench.arrive(1, 1000, 1)
    journal = Journal(tmp_path / "journal.db", lambda: "j")
    journal.append([Entry(at, seen, None) for at, seen in bench.inputs])
    story = [narrate_entry(row.kind, row.payload) for row in journal.newest(100)]
    assert story[1:] == [
        "item 1 inducted",
        "item 1 is 400 mm long",
        "top read 1 code(s), belt at 1900 mm",
        "item 1: papers release v1",
        "scale weighed 500 g, belt at 4000 mm",
        "item 1 at eye 1",
        "item 1 at eye 2",
        "item 1 past the cut-off, bound for lane 1",
        "item 1 seen in lane 1",
    ]
    assert not any(word in line for line in story for word in (WAYBILL, KEYS.waybill_key(WAYBILL)))


def test_every_event_of_the_controller_has_words_of_its_own() -> None:
    told = {narrate(ControllerSaw(EPOCH, ItemEvent(1, kind, 1, 2, 3, 4, 5))) for kind in ItemEventKind}
    assert len(told) == len(ItemEventKind)


def test_erased_entry_says_so() -> None:
    assert narrate_entry("LabelRead", None) == "(erased)"
