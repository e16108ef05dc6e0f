"""What the centre recorded of a line, read from its database for the oracle."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from central.schema import answers, gaps, media, passages
from simulators.fates import TripKey


@dataclass(frozen=True)
class Gap:
    """Tracking ids the centre knows it has no records of, both ends included."""

    epoch: int
    first_tracking_id: int
    last_tracking_id: int

    def holds(self, key: TripKey) -> bool:
        """Whether it accounts for that trip."""
        return key[0] == self.epoch and self.first_tracking_id <= key[1] <= self.last_tracking_id


@dataclass
class Records:
    """One line's records: how many for each trip, the lane each names, the gaps, the reasons."""

    passages: Counter[TripKey] = field(default_factory=Counter[TripKey])
    closed: set[TripKey] = field(default_factory=set[TripKey])
    lanes: dict[TripKey, int | None] = field(default_factory=dict[TripKey, int | None])
    reasons: dict[TripKey, tuple[str, ...]] = field(default_factory=dict[TripKey, tuple[str, ...]])
    gaps: list[Gap] = field(default_factory=list[Gap])
    officer_released: set[TripKey] = field(default_factory=set[TripKey])
    image_exceptions: dict[TripKey, str] = field(default_factory=dict[TripKey, str])  # of the review
    scan_doubts: dict[TripKey, tuple[str, ...]] = field(default_factory=dict[TripKey, tuple[str, ...]])
    media: defaultdict[TripKey, set[str]] = field(
        default_factory=lambda: defaultdict[TripKey, set[str]](set)
    )  # kinds of files recorded

    def gap_count(self, key: TripKey) -> int:
        """In how many gap records a trip lies."""
        return sum(gap.holds(key) for gap in self.gaps)


def read_records(database: str | Path, site: str, line: str) -> Records:
    """Read a line's records from a SQLite file or a SQLAlchemy URL.

    FileNotFoundError for a file that is not there, SQLAlchemy's errors for a database without our tables.
    """
    if isinstance(database, Path) and not database.exists():
        raise FileNotFoundError(f"{database}: no such database")
    url = f"sqlite:///{database}" if isinstance(database, Path) else database
    engine = create_engine(url)
    records = Records()
    try:
        with engine.connect() as connection:
            ids: dict[str, TripKey] = {}
            ours = (passages.c.site == site, passages.c.line == line)
            for row in connection.execute(select(passages).where(*ours)):
                key = ids[row.passage_id] = (row.epoch, row.tracking_id)
                records.passages[key] += 1
                records.lanes[key] = row.lane_actual
                records.reasons[key] = tuple(row.reasons or ())
                if row.closed_at is not None:
                    records.closed.add(key)
                _note_scan(records, key, row.evidence or {})
            for row in connection.execute(
                select(media.c.passage_id, media.c.kind).where(media.c.site == site, media.c.line == line)
            ):
                if row.passage_id in ids:
                    records.media[ids[row.passage_id]].add(row.kind)
            for row in connection.execute(select(gaps).where(gaps.c.site == site, gaps.c.line == line)):
                records.gaps.append(Gap(row.epoch, row.first_tracking_id, row.last_tracking_id))
            accepted = (answers.c.decision == "release", answers.c.ruling == "accepted")
            for row in connection.execute(select(answers.c.passage_id).where(*accepted)):
                if row.passage_id in ids:
                    records.officer_released.add(ids[row.passage_id])
    finally:
        engine.dispose()
    return records


def _note_scan(records: Records, key: TripKey, evidence: Mapping[str, Any]) -> None:
    scan: Mapping[str, Any] = evidence.get("scan") or {}
    review: Mapping[str, Any] = scan.get("review") or {}
    if exception := review.get("exception"):
        records.image_exceptions[key] = exception
    if doubts := scan.get("doubts"):
        records.scan_doubts[key] = tuple(doubts)
