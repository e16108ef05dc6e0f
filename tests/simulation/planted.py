"""Mistakes put into the production code on purpose, one at a time: the checker must find each of them.

    python -m tests.simulation.planted [NAME …] [--seeds 10] [--parcels 4000] [--report FILE.json]

prints how many seeds each took; exits 1 if one was not found. Every mistake is one a programmer could make.
"""
# To be wrong on purpose is to reach into what is private.
# pyright: reportPrivateUsage=false

import argparse
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from central.incoming import Accepted, Incoming, parse
from central.ingest import Writer
from central.store import Stored
from config.load import parse_site, shipped_site
from config.settings import LaneRole, Line
from devices.interfaces import LineStatus, Poll
from edge import answers, codes
from edge.agent import Agent
from edge.clearance import ClearanceList
from edge.core import Core
from edge.intake import Intake
from edge.journal import Journal
from edge.judging import Judging
from edge.messages import AnswerRuled, Decision, Receipts
from edge.observations import Action, AnswerGiven, Code, Observation, Paper, ScanArrived
from edge.scans import Scans
from edge.state import Item
from edge.uplink import Uplink
from edge.verdict import Verdict, verdict
from simulators.memory.fault_plan import Level
from simulators.simulate.seed_run import Order, SeedReport, run_seed

Plant = Callable[[], Any]  # makes a context in which the mistake is there


def lane_before_commit() -> Any:
    """The lane is commanded before the verdict is in the journal."""
    plain = Agent._write

    async def write(self: Agent) -> None:
        await self._lanes.send()
        await plain(self)

    return patch.object(Agent, "_write", write)


def receipt_before_commit() -> Any:
    """The centre receipts a record when it arrives."""
    plain = Writer.offer

    def offer(self: Writer, message: Incoming, *, wait_s: float = 0.0) -> bool:
        found = parse(self._site, message)
        if isinstance(found, Accepted):
            self._on_stored(Stored({found.line: (found.envelope_id,)}, (), (), 0, 0, 0))
        return plain(self, message, wait_s=wait_s)

    return patch.object(Writer, "offer", offer)


def outbox_closed_on_puback() -> Any:
    """A record leaves the outbox when the broker has it."""
    plain = Uplink.drain

    def drain(self: Uplink) -> None:
        plain(self)
        if self._sent:
            self._journal.receipted(list(self._sent))
            self._sent.clear()

    return patch.object(Uplink, "drain", drain)


def old_epoch_accepted() -> Any:
    """A restart of the controller goes unnoticed: what it says is taken for the items of before."""
    plain = Agent._arrivals

    def arrivals(self: Agent, status: LineStatus) -> Iterator[Observation]:
        core = self.core.state
        if core.epoch not in (0, status.epoch):
            core.epoch, core.last_sequence, core.last_tracking_id = status.epoch, 0, 0
        yield from plain(self, status)

    return patch.object(Agent, "_arrivals", arrivals)


def volume_off_by_one() -> Any:
    """A CT volume is given to the item before its own."""

    def named(self: Scans, scan: ScanArrived) -> Item | None:
        return self._state.items.get((scan.tracking_id or 0) - 1)

    return patch.object(Scans, "_named", named)


def answer_past_the_deadline() -> Any:
    """An officer's answer is taken where the cut-off is, and a little beyond it."""
    plain = answers.receive

    def receive(item: Item | None, given: AnswerGiven, line: Line, at: Any) -> AnswerRuled | None:
        cutoff_mm = line.belt.release_cutoff_mm + 1
        late = replace(line, belt=replace(line.belt, release_cutoff_mm=cutoff_mm))
        ruled = plain(item, given, late, at)
        if ruled is None and item is not None and given.answer.decision is Decision.RELEASE:
            front_mm = item.front_mm(given.encoder_mm)
            if front_mm >= line.belt.release_cutoff_mm:
                return answers._final(item, answers.Ruling.ACCEPTED, at, f"at {front_mm} mm")
        return ruled

    return patch.object(answers, "receive", receive)


def stale_clearance_used() -> Any:
    """However old the centre's word is, it counts."""

    def age_s(*_: object) -> float:
        return 0.0

    return patch.object(ClearanceList, "_entry_age_s", age_s)


def previous_label_kept() -> Any:
    """An item nobody could read is taken for the one before it."""
    plain = Core._decide

    def decide(self: Core, item: Item, at: Any) -> None:
        before = self.items.get(item.tracking_id - 1)
        if not item.codes and before is not None:
            item.codes, item.papers = list(before.codes), dict(before.papers)
        plain(self, item, at)

    return patch.object(Core, "_decide", decide)


def ring_overrun_ignored() -> Any:
    """Events that were overwritten unread are nothing to worry about."""
    plain = Intake.observed

    def observed(self: Intake, poll: Poll) -> list[Observation]:
        return plain(self, replace(poll, missed=None))

    return patch.object(Intake, "observed", observed)


def alias_taken_for_conflict() -> Any:
    """A parcel's own second number counts as another waybill."""
    plain = codes.identify

    def identify(found: Sequence[Code], papers: dict[str, Paper | None]) -> codes.Identity:
        known = {code.key for code in found if papers.get(code.key) is not None}
        return codes.Identity(codes.Agreement.CONFLICT) if len(known) > 1 else plain(found, papers)

    return _everywhere("identify", plain, identify)


def resend_closes_the_wrong_row() -> Any:
    """A receipt closes as many rows as it names, the oldest ones."""

    def receipted(self: Uplink, receipts: Receipts) -> None:
        rows = self._journal.waiting(0, len(receipts.ids))
        self._journal.receipted([row.sequence for row in rows])
        for row in rows:
            self._sent.pop(row.sequence, None)
        self.drain()

    return patch.object(Uplink, "_receipted", receipted)


@contextmanager
def second_release_of_a_waybill() -> Generator[None]:
    """Nobody remembers which waybill has left already."""

    def judge(self: Judging, item: Item) -> Verdict:
        return verdict(item.gathered(False), self._line, frozenset(item.refused))

    def nobody(*_: object) -> None: ...

    with patch.object(Judging, "_judge", judge), patch.object(Journal, "released_by", nobody):
        yield


def release_counted_as_inspect() -> Any:
    """A release whose acknowledgement was lost is written down as an inspection."""
    plain = Judging.close

    def close(self: Judging, item: Item, lane: int | None, at: Any) -> Iterator[Action]:
        inspect = self._line.inspect_lane.number
        unconfirmed = lane is not None and not item.confirmed
        if unconfirmed and self._line.lane(lane or inspect).role is LaneRole.RELEASE:
            lane = inspect
        return plain(self, item, lane, at)

    return patch.object(Judging, "close", close)


_BELT_S = 6 * 3600.0  # more than so many parcels take

BUGS: dict[str, Plant] = {
    each.__name__: each
    for each in (
        lane_before_commit,
        receipt_before_commit,
        outbox_closed_on_puback,
        old_epoch_accepted,
        volume_off_by_one,
        answer_past_the_deadline,
        stale_clearance_used,
        previous_label_kept,
        ring_overrun_ignored,
        alias_taken_for_conflict,
        resend_closes_the_wrong_row,
        second_release_of_a_waybill,
        release_counted_as_inspect,
    )
}


class Found(msgspec.Struct):
    """How a planted mistake was found."""

    bug: str
    seeds: int  # until it was, the last one included; 0: it was not
    parcels: int
    promise: int
    sentence: str
    seconds: float


def hunt(bug: str, seeds: int, parcels: int, first: int = 1) -> Found:
    """Run seed after seed with a mistake in the code until the checker speaks."""
    site, seen, began_s = parse_site(shipped_site("demo"), "demo"), 0, time.perf_counter()
    for number in range(seeds):
        with BUGS[bug]():
            found = run_seed(
                site, Order(first + number, Level.HEAVY, 6 * 3600.0, parcels, stop_at_first=True)
            )
        seen += found.tallies.parcels
        if said := _said(found):
            return Found(bug, number + 1, seen, *said, time.perf_counter() - began_s)
    return Found(bug, 0, seen, 0, "", time.perf_counter() - began_s)


def _said(found: SeedReport) -> tuple[int, str] | None:
    if found.violations:
        first = found.violations[0]
        return first.promise, str(first)
    return (0, f"it ended by its own fault: {found.crashes[0]}") if found.crashes else None


def main(arguments: Sequence[str]) -> int:
    """Hunt the mistakes named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.planted")
    parser.add_argument("bugs", nargs="*", metavar="NAME", help=f"of {', '.join(BUGS)}; all if none is given")
    parser.add_argument("--seeds", type=int, default=10, help="at most, for each")
    parser.add_argument("--parcels", type=int, default=4000, help="a seed")
    parser.add_argument("--report", type=Path)
    given = parser.parse_args(arguments)
    if unknown := set(given.bugs) - BUGS.keys():
        parser.error(f"no such mistake: {', '.join(sorted(unknown))}; there are {', '.join(BUGS)}")
    console = Console()
    grid = Table("planted mistake", "seeds", "parcels", "found by", "s", title="Planted mistakes")
    found: list[Found] = []
    for bug in given.bugs or BUGS:
        found.append(each := hunt(bug, given.seeds, given.parcels))
        seeds = str(each.seeds) if each.seeds else "not found"
        grid.add_row(bug, seeds, str(each.parcels), each.sentence, f"{each.seconds:.0f}")
        console.print(f"{bug}: {seeds}", highlight=False)
    console.print(grid)
    if given.report is not None:
        given.report.parent.mkdir(parents=True, exist_ok=True)
        given.report.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return 0 if all(each.seeds for each in found) else 1


@contextmanager
def _everywhere(name: str, plain: object, planted: object) -> Generator[None]:
    """Replace a function in every module that has imported it."""
    places = [module for module in list(sys.modules.values()) if getattr(module, name, None) is plain]
    for module in places:
        setattr(module, name, planted)
    try:
        yield
    finally:
        for module in places:
            setattr(module, name, plain)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
