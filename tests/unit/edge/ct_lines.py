"""A line with CT and camera, driven by hand: `Bench` plus what scanner and reviewer would say."""

from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

import config
from config.load import read_site
from config.settings import CtDevice, Line
from devices.interfaces import CtState, ItemEventKind
from edge.core import Core
from edge.messages import PassageDecided
from edge.observations import Action, AgentStarted, Due, FellDue, ScanArrived, ScanReviewed, ScanVolume
from models.findings import Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from tests.unit.edge.lines import EPOCH, Bench, all_said

A, B, C = "RB123456785CN", "SF1234567890123", "EMS987654321CN"


def ct_line(*, names_items: bool = True) -> Line:
    """The shipped demonstration line: tunnel from 3.5 to 4.9 m, decision at 5.7 m, cut-off at 14 m."""
    line = read_site(Path(config.__file__).parent / "sites" / "demo.toml").line("L1")
    assert line.ct is not None
    return replace(
        line,
        ct=replace(line.ct, names_items=names_items),
        policy=replace(line.policy, every_scanner=False),
    )


def clear(length_mm: float = 400.0, mass_g: float = 500.0) -> Review:
    """A review that found nothing."""
    return Review(Outcome.CLEAR, "test 1", length_mm=length_mm, mass_g=mass_g)


def alarm(category: Category = Category.ANOMALY) -> Review:
    """A review that found a bottle, or something of another category."""
    finding = Finding(FindingKind.LIQUID, category, 0.8, (0, 0, 0, 60, 60, 200), Material.ORGANIC, 500.0)
    return Review(Outcome.ALARM, "test 1", findings=(finding,), length_mm=400.0, mass_g=500.0)


def unjudged(exception: ImageException) -> Review:
    """A review of an image that cannot be judged."""
    return Review(Outcome.EXCEPTION, "test 1", exception, length_mm=400.0, mass_g=500.0)


@dataclass
class CtBench(Bench):
    """A bench whose line has a CT that is ready."""

    line: Line = field(default_factory=ct_line)
    volumes: str = ""  # what the next scan's are called; after whom it names if not given

    def __post_init__(self) -> None:
        self.core = Core(self.line, "policy")
        self.feed(AgentStarted("session", EPOCH, 0, frozenset(range(1, 6)), CtState.READY))

    @property
    def ct(self) -> CtDevice:
        assert self.line.ct is not None
        return self.line.ct

    def observe(
        self, item: int, at_mm: int, *numbers: str, weight_g: float | None = 500.0, length_mm: int = 400
    ) -> None:
        """An item from induction through scanner and scale."""
        self.induct(item, at_mm, length_mm=length_mm)
        self.scan(at_mm, *numbers)
        self.weigh(at_mm, weight_g, length_mm=length_mm)

    def decide(self, item: int, at_mm: int) -> PassageDecided:
        """The item at its eyes up to the deciding one; gives the verdict."""
        self.see(ItemEventKind.EYE, item, at_mm + 1500, point=1)
        self.see(ItemEventKind.EYE, item, at_mm + 3400, point=2)
        return all_said(self.see(ItemEventKind.EYE, item, at_mm + 5700, point=3), PassageDecided)[-1]

    def store(
        self,
        named: int | None,
        at_mm: int,
        *,
        scan_id: str = "",
        complete: bool = True,
        length_mm: int = 400,
        epoch: int | None = EPOCH,
        early_mm: int = 0,
    ) -> list[Action]:
        """A scan of the item inducted at `at_mm` that names item `named`, stored 0.8 s after it left."""
        return self.feed(
            ScanArrived(
                "ct",
                scan_id or f"scan-{named}",
                tuple(ScanVolume(f"{each}-{self.volumes or named}", each, 9) for each in ("low", "high")),
                complete,
                at_mm + self.ct.end_mm + length_mm + 800,
                at_mm + self.ct.middle_mm + length_mm // 2 - early_mm,
                named,
                epoch,
            )
        )

    def review(self, scan_id: str, at_mm: int, review: Review | None = None) -> list[Action]:
        """The reviewer's word half a second later, for whoever has that scan."""
        holders = (each for each in self.core.items.values() if each.scan and each.scan.scan_id == scan_id)
        holder = next(holders, None)
        passage_id = holder.passage_id if holder is not None else "nobody's"
        return self.feed(ScanReviewed(scan_id, passage_id, review or clear(), at_mm + self.ct.end_mm + 1700))

    def overdue(self, item: int, at_mm: int) -> list[Action]:
        """The item's scan should have come by now."""
        return self.feed(FellDue(item, Due.SCAN, "ct", at_mm + 9900))

    def pass_through(
        self, item: int, at_mm: int, number: str, review: Review | None = None
    ) -> PassageDecided:
        """An item from induction to the verdict after its review."""
        self.observe(item, at_mm, number)
        self.decide(item, at_mm)
        self.store(item, at_mm)
        return all_said(self.review(f"scan-{item}", at_mm, review), PassageDecided)[-1]


def bench(*numbers: str) -> CtBench:
    """A line with CT that knows these waybills, or three."""
    found = CtBench()
    for number in numbers or (A, B, C):
        found.know(number)
    return found
