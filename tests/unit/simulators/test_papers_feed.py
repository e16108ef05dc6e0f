"""Papers come to the centre while the run goes, whatever happens to it, and customs changes its mind."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from central import schema
from edge.messages import ClearanceEntry, ClearanceState
from simulators.categories import Category
from simulators.memory.fault_board import Fault
from simulators.memory.papers_feed import PapersFeed
from simulators.memory.virtual_time import EPOCH
from simulators.parcels import Parcel, parcels
from simulators.truth import PaperChanged
from tests.unit.simulators.centre_rig import KEYS, SITE, CentreRig

STREAM = parcels(SITE.lines[0], 150, 5)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CentreRig]:
    rig = CentreRig(tmp_path)
    yield rig
    rig.close()


class Feed:
    """A feed and what it told."""

    def __init__(self, rig: CentreRig) -> None:
        self.rig = rig
        self.told: list[PaperChanged] = []
        self.feed = PapersFeed(rig.centre, rig.clock, self.told.append)

    def bring_all(self) -> None:
        self.feed.bring(STREAM)
        while self.feed.behind:
            self.feed.turn()
            self.rig.pass_time(1)

    def entries(self) -> dict[str, ClearanceEntry]:
        self.rig.pass_time(1)
        snapshot = self.rig.loop.run_until_complete(self.rig.centre.clearance.fetch())
        return {each.waybill_key: each for each in snapshot.entries}


def first_clean() -> Parcel:
    return next(each for each in STREAM if each.category is Category.CLEAN)


def key(parcel: Parcel) -> str:
    return KEYS.waybill_key(parcel.papers.waybills[0].number)


def test_what_is_told_is_what_the_centre_then_says(rig: CentreRig) -> None:
    feed = Feed(rig)
    feed.bring_all()
    entries = feed.entries()
    assert len(entries) == sum(len(each.papers.waybills) for each in STREAM)
    by_number = {each.number: each for each in STREAM}
    assert {each.parcel for each in feed.told} == {each.number for each in STREAM if each.papers.declarations}
    for change in feed.told:
        parcel = by_number[change.parcel]
        entry = entries[key(parcel)]
        assert change.release == (entry.state is ClearanceState.RELEASE)
        assert change.review == (entry.state is ClearanceState.REVIEW)
        assert len(parcel.papers.waybills) > 1 or change.mode is entry.mode
        if len(parcel.papers.waybills) > 1:
            continue  # the oldest word of several, and the entry is of one
        assert entry.as_of == EPOCH + timedelta(seconds=change.as_of_s)
        assert change.as_of_s < change.at_s


def test_customs_takes_its_word_back_and_gives_it_again(rig: CentreRig) -> None:
    feed = Feed(rig)
    feed.bring_all()
    parcel = first_clean()
    rig.pass_time(10)
    for status, state in ((500, ClearanceState.INSPECT), (501, ClearanceState.INSPECT)):
        assert feed.feed.revoke(parcel.number, status)
        feed.feed.turn()
        assert feed.entries()[key(parcel)].state is state
        assert not feed.told[-1].release
        rig.pass_time(5)
    assert feed.feed.affirm(parcel.number)
    feed.feed.turn()
    entry = feed.entries()[key(parcel)]
    assert entry.state is ClearanceState.RELEASE
    last = feed.told[-1]
    assert (last.parcel, last.release) == (parcel.number, True)
    assert last.as_of_s == pytest.approx(last.at_s, abs=1e-3)
    assert not feed.feed.affirm(10_000)


def test_two_words_of_one_parcel_are_handed_in_one_after_the_other(rig: CentreRig) -> None:
    feed = Feed(rig)
    feed.bring_all()
    parcel = first_clean()
    feed.feed.revoke(parcel.number, 500)
    rig.pass_time(1)
    feed.feed.affirm(parcel.number)
    told = len(feed.told)
    feed.feed.turn()
    feed.feed.turn()
    assert [each.release for each in feed.told[told:]] == [False, True]
    assert feed.entries()[key(parcel)].state is ClearanceState.RELEASE


@pytest.mark.parametrize("fault", [Fault.CENTRE_DATABASE_BUSY, Fault.CENTRE_DISK_FULL])
def test_what_the_centre_cannot_take_is_handed_in_again(rig: CentreRig, fault: Fault) -> None:
    feed = Feed(rig)
    feed.bring_all()
    parcel = first_clean()
    told = len(feed.told)
    rig.faults.begin(fault)
    feed.feed.revoke(parcel.number, 500)
    feed.feed.turn()
    assert len(feed.told) == told
    rig.faults.end(fault)
    rig.centre.kill()
    feed.feed.turn()
    assert len(feed.told) == told
    rig.until(lambda: rig.centre.alive)
    feed.feed.turn()
    assert [each.parcel for each in feed.told[told:]] == [parcel.number]
    assert feed.feed.behind == 0


def test_customs_has_a_clock_of_its_own(rig: CentreRig) -> None:
    feed = Feed(rig)
    rig.clock.wrong_by_s = 3600.0
    feed.bring_all()
    assert all(each.as_of_s <= each.at_s for each in feed.told)
    with rig.engine.connect() as connection:
        spoken = connection.execute(select(schema.declarations.c.status_at)).scalars().all()
    assert max(spoken) < EPOCH + timedelta(seconds=rig.now_s)


def test_a_feed_is_the_same_however_quick_the_machine_is(tmp_path: Path) -> None:
    def numbers(name: str) -> list[tuple[int, str]]:
        (tmp_path / name).mkdir()
        rig = CentreRig(tmp_path / name)
        Feed(rig).bring_all()
        with rig.engine.connect() as connection:
            rows = connection.execute(select(schema.clearance.c.number, schema.clearance.c.waybill_key))
            found = sorted((row.number, row.waybill_key) for row in rows)
        rig.close()
        return found

    assert numbers("one") == numbers("two")


def test_papers_of_long_ago_are_filed_away(rig: CentreRig) -> None:
    feed = Feed(rig)
    feed.feed = PapersFeed(rig.centre, rig.clock, feed.told.append, keep=40)
    feed.feed.bring(STREAM)
    rig.faults.begin(Fault.CENTRE_DATABASE_BUSY)
    feed.feed.turn()
    rig.faults.end(Fault.CENTRE_DATABASE_BUSY)
    while feed.feed.behind:
        feed.feed.turn()
    kept = STREAM[100:]
    assert set(feed.entries()) == {
        KEYS.waybill_key(bill.number) for each in kept for bill in each.papers.waybills
    }
    assert len(feed.told) == sum(bool(each.papers.declarations) for each in STREAM)
    old = next(each for each in STREAM if each.papers.declarations)
    assert old.number <= 100
    assert not feed.feed.affirm(old.number)
    assert min(feed.feed.known) > 100
    assert rig.count(schema.waybills) == len(feed.entries())
    assert rig.count(schema.declarations) == sum(len(each.papers.declarations) for each in kept)
