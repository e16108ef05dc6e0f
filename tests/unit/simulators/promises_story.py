"""Hand-made histories for the checker: the truth of single parcels, and a centre's database that agrees."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Engine, insert, update

from central import rows, schema
from central.columns import metadata
from central.database import connect
from config.settings import LaneRole, Line, Mode
from edge.messages import ChainLink as Link
from edge.messages import (
    ClearanceEvidence,
    ClearanceState,
    CodeEvidence,
    Evidence,
    MediaKind,
    MediaRecorded,
    Moment,
    PassageClosed,
    PassageDecided,
    Reason,
    ScanEvidence,
)
from models.findings import Outcome, Review
from simulators.categories import Category, right_role
from simulators.promises.checker import Checker
from simulators.promises.findings import Violation
from simulators.truth import (
    CutoffPassed,
    DecisionDue,
    ImageReviewed,
    LabelSent,
    LaneAccepted,
    PaperChanged,
    PaperHeard,
    ParcelMade,
    ScanSent,
    TripBegan,
    TripEnded,
    Truth,
    WeightSent,
)

R1, R2, W, C, I = 1, 2, 3, 4, 5  # noqa: E741
EPOCH = 7
START = datetime(2026, 1, 5, tzinfo=UTC)
ENERGIES = ("low", "high")
PITCH_S = 1.2

Change = Callable[[list[Truth]], list[Truth]]


def without(*kinds: type[Struct]) -> Change:
    """Leave these records out of a trip."""
    return lambda records: [each for each in records if not isinstance(each, kinds)]


def changed(kind: type[Struct], **values: Any) -> Change:
    """Change every record of a kind."""
    return lambda records: [replace(each, **values) if isinstance(each, kind) else each for each in records]


def before(kind: type[Struct], *added: Truth, last: bool = True) -> Change:
    """Put records before the last (or first) of a kind."""

    def insert_them(records: list[Truth]) -> list[Truth]:
        places = [place for place, each in enumerate(records) if isinstance(each, kind)]
        place = places[-1] if last else places[0]
        return [*records[:place], *added, *records[place:]]

    return insert_them


class Story:
    """One line's run, told to a checker trip by trip."""

    def __init__(self, line: Line, folder: Path, **options: Any) -> None:
        self.line = line
        self.roles = {lane.number: lane.role for lane in line.lanes}
        self.checker = Checker(line, energies=ENERGIES, started_wall=START, **options)
        self.engine: Engine = connect("sqlite:///central.db", folder)
        metadata.create_all(self.engine)
        self.now_s = 0.0
        self.ids = 0
        self.epoch = EPOCH
        self.made: set[int] = set()

    def tell(self, *records: Truth) -> None:
        for record in records:
            self.checker.take(record)

    def parcel(
        self,
        number: int,
        lane: int = R1,
        *,
        category: Category = Category.CLEAN,
        changes: Iterable[Change] = (),
        recorded: bool = True,
        papers: bool = True,
        copy_of: int | None = None,
        trip: int = 0,
        **record: Any,
    ) -> tuple[int, int]:
        """A parcel's trip of 18 s to a lane, and its record; the next one begins a pitch later."""
        self.ids += 1
        key = (self.epoch, self.ids)
        truth = self._history(number, key, lane, category, copy_of, trip)
        if not papers:
            truth = without(PaperChanged)(truth)
        for change in changes:
            truth = change(truth)
        self.tell(*truth)
        if recorded:
            self.record(key, lane, **record)
        self.now_s += PITCH_S
        return key

    def key(self, ahead: int = 1) -> tuple[int, int]:
        """What the next parcel's trip will be called."""
        return (self.epoch, self.ids + ahead)

    def _history(
        self, number: int, key: tuple[int, int], lane: int, category: Category, copy_of: int | None, trip: int
    ) -> list[Truth]:
        at_s, ms = self.now_s, round(self.now_s * 1000)
        made = ParcelMade(number, category, right_role(category), "JD", "", 1000, 400, copy_of)
        first: list[Truth] = [] if number in self.made else [made]
        self.made.add(number)
        return [
            *([PaperChanged(number, True, at_s - 3600, at_s - 60, mode=Mode.BONDED)] if first else []),
            PaperHeard(at_s - 10, at_s - 10),
            *first,
            TripBegan(number, trip, *key, 600.0, at_s, ms),
            LabelSent(*key, 0, True, at_s + 1),
            LabelSent(*key, 1, True, at_s + 1.2),
            WeightSent(*key, True, at_s + 3),
            DecisionDue(*key, ms + 5_700),
            LaneAccepted(*key, I, ms + 5_800),
            *(ScanSent(*key, 1, energy, True, True, True, ms + 6_500) for energy in ENERGIES),
            ImageReviewed(*key, True, True, at_s + 6.8),
            *([LaneAccepted(*key, lane, ms + 7_000)] if lane != I else []),
            CutoffPassed(*key, ms + 14_000),
            TripEnded(number, trip, *key, lane, self.roles[lane], False, at_s + 18),
        ]

    def record(
        self,
        key: tuple[int, int],
        lane: int | None,
        *,
        files: bool = True,
        evidence: dict[str, Any] | None = None,
        passage: str | None = None,
        timeline: tuple[Moment, ...] = (),
        **columns: Any,
    ) -> str:
        """The row the centre has of a trip that ended in `lane`; `columns` change it."""
        passage_id = passage or f"L1-{key[0]}-{key[1]}"
        found = replace(_evidence(key), **(evidence or {}))
        role = self.roles[lane or I]
        reasons = (Reason.CLEARED,) if role is LaneRole.RELEASE else (Reason.IMAGE_PENDING,)
        revisions = 1 if lane in (I, None) else 2
        decided = PassageDecided(
            passage_id, *key, revisions, START, START, f"wk{key}", role, lane or I, reasons, found, "a" * 64,
            link=Link(2, "h"),
        )  # fmt: skip
        moments = [Moment(START, "decided", None, "", "inspect image_pending")]
        if revisions > 1:
            moments.append(Moment(START, "decided", None, "", f"{role} {reasons[0]}"))
            moments.append(Moment(START, "lane_accepted", None, "", str(lane)))
        closed = PassageClosed(
            passage_id, *key, START, START, lane, role if lane else None, lane is not None, f"wk{key}",
            (*moments, *timeline), link=Link(3, "h"),
        )  # fmt: skip
        row = rows.decided("demo", "L1", decided) | rows.closed("demo", "L1", closed) | columns
        with self.engine.begin() as connection:
            connection.execute(insert(schema.passages).values(row))
            volumes = found.scan.volumes if found.scan and files else ()
            for sha256 in volumes:
                media = MediaRecorded(
                    passage_id, MediaKind.VOLUME, sha256, 1, "application/dicom", "ct", START
                )
                connection.execute(insert(schema.media).values(rows.recorded("demo", "L1", media)))
        return passage_id

    def change_row(self, passage_id: str, **columns: Any) -> None:
        with self.engine.begin() as connection:
            its_own = schema.passages.c.passage_id == passage_id
            connection.execute(update(schema.passages).where(its_own).values(columns))

    def gap(self, first: int, last: int, *, envelope: str = "e") -> None:
        with self.engine.begin() as connection:
            row = {
                "site": "demo",
                "line": "L1",
                "envelope_id": envelope,
                "epoch": self.epoch,
                "first_tracking_id": first,
                "last_tracking_id": last,
                "first_sequence": 1,
                "last_sequence": 9,
                "cause": "ring_overrun",
                "lane_counts": list[int](),
                "recorded_at": START,
            }
            connection.execute(insert(schema.gaps).values(row))

    def answer(
        self, passage_id: str, ruling: str, *, answer_id: str = "a1", decision: str = "release"
    ) -> None:
        with self.engine.begin() as connection:
            row = {
                "answer_id": answer_id,
                "site": "demo",
                "line": "L1",
                "passage_id": passage_id,
                "decision": decision,
                "officers": ["o1"],
                "sealed_reason": b"",
                "issued_at": START,
                "ruling": ruling,
            }
            connection.execute(insert(schema.answers).values(row))

    def look(self, *, settled: bool = False, after_s: float = 20.0) -> list[Violation]:
        self.checker.look(self.engine, self.now_s + after_s, settled=settled)
        return self.checker.violations

    def broken(self) -> list[int]:
        """The promises broken by the end, in order."""
        return sorted({each.promise for each in self.look(settled=True)})


def _evidence(key: tuple[int, int]) -> Evidence:
    review = Review(Outcome.CLEAR, "memory 1", length_mm=400, mass_g=1000)
    return Evidence(
        codes=(CodeEvidence("top", 700, ("wk",), "c2VhbGVk"),),
        weight_g=1000.0,
        declared_weight_g=1000.0,
        length_mm=400,
        clearance=ClearanceEvidence(ClearanceState.RELEASE, 1, 1, 3600.0, Mode.BONDED),
        scan=ScanEvidence("s", (f"low{key}", f"high{key}"), review),
    )
