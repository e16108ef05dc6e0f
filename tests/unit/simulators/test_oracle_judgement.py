"""The oracle finds each kind of failure in hand-made truth and records, and nothing in what is right."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from central.schema import answers, gaps, metadata, passages
from config.settings import LaneRole, Line, Site
from simulators.categories import Category, right_role
from simulators.fates import last_run
from simulators.oracle import Report, judge, report
from simulators.records import Gap, Records
from simulators.truth import (
    DecisionDue,
    LaneAccepted,
    ParcelMade,
    RunStarted,
    TripBegan,
    TripEnded,
    Truth,
    TruthLog,
)

ROLES = {
    1: LaneRole.RELEASE,
    2: LaneRole.RELEASE,
    3: LaneRole.WAIT,
    4: LaneRole.RECIRCULATE,
    5: LaneRole.INSPECT,
}
R1, R2, W, C, I = 1, 2, 3, 4, 5  # noqa: E741
HEAD = RunStarted("demo", "L1", 1, None, "2026-01-01T00:00:00+00:00")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Story:
    """Truth written trip by trip, with records that agree until a test spoils them."""

    def __init__(self) -> None:
        self.truth: list[Truth] = [HEAD]
        self.records = Records()
        self._ids = 0
        self._made: set[int] = set()

    def parcel(
        self,
        number: int,
        *lanes: int,
        category: Category = Category.CLEAN,
        courier: str = "JD",
        gap_mm: float = 600,
        touched: bool = False,
        copy_of: int | None = None,
    ) -> tuple[int, int]:
        self.truth.append(ParcelMade(number, category, right_role(category), courier, "", 1000, 400, copy_of))
        key = (7, 0)
        for trip, lane in enumerate(lanes):
            self._ids += 1
            key = (7, self._ids)
            self.truth += [
                TripBegan(number, trip, *key, gap_mm, 0.0, 0),
                DecisionDue(*key, 100),
                LaneAccepted(*key, lane, 100 + 10 * self._ids),
                TripEnded(number, trip, *key, lane, ROLES[lane], touched, 9.0),
            ]
            self.records.passages[key] += 1
            self.records.closed.add(key)
            self.records.lanes[key] = lane
        return key

    def judged(self, line: Line, *, with_faults: bool = False) -> Report:
        return judge(last_run(self.truth), self.records, line, with_faults=with_faults)


@pytest.fixture
def story() -> Story:
    return Story()


def test_nothing_is_wrong_with_what_is_right(story: Story, line: Line) -> None:
    story.parcel(1, R1)
    story.parcel(2, R2, courier="SF")
    story.parcel(3, W, category=Category.NO_PAPERS)
    story.parcel(4, C, I, category=Category.NO_READ)
    judged = story.judged(line)
    assert judged.ok
    assert judged.failures == ()
    assert (judged.parcels, judged.inducted, judged.recorded) == (4, 5, 5)
    assert judged.by_lane == {"R1": 1, "R2": 1, "W": 1, "I": 1}
    assert judged.event_to_lane_ms.p50 == 30
    assert judged.event_to_lane_ms.p99 == 50


def test_a_trip_without_a_record_is_lost_unless_a_gap_holds_it(story: Story, line: Line) -> None:
    key = story.parcel(1, R1)
    del story.records.passages[key]
    judged = story.judged(line)
    assert (judged.lost, judged.recorded, judged.ok) == (1, 0, False)
    assert "neither a record nor a gap" in judged.failures[0]
    story.records.gaps.append(Gap(7, 1, 1))
    assert story.judged(line).lost == 0


def test_two_entries_for_a_trip_are_one_too_many(story: Story, line: Line) -> None:
    key = story.parcel(1, R1)
    story.records.passages[key] += 1
    assert story.judged(line).duplicated == 1
    story.records.passages[key] = 1
    story.records.gaps.append(Gap(7, 1, 3))
    judged = story.judged(line)
    assert (judged.duplicated, judged.ok) == (1, False)


def test_a_record_of_a_trip_that_never_was_is_found(story: Story, line: Line) -> None:
    story.parcel(1, R1)
    story.records.passages[7, 99] += 1
    story.records.passages[6, 99] += 1  # another boot, another run: not ours to judge
    judged = story.judged(line)
    assert (judged.duplicated, judged.ok) == (1, False)
    assert "never took place" in judged.failures[0]


def test_an_open_record_and_a_false_one_are_failures(story: Story, line: Line) -> None:
    first, second = story.parcel(1, R1), story.parcel(2, R1)
    story.records.closed.discard(first)
    story.records.lanes[second] = R2
    judged = story.judged(line)
    assert any("still open" in failure for failure in judged.failures)
    assert any("another lane" in failure for failure in judged.failures)


def test_a_clean_parcel_in_the_other_release_lane_is_misrouted(story: Story, line: Line) -> None:
    story.parcel(1, R1, courier="SF")
    judged = story.judged(line)
    assert (judged.misrouted, judged.wrongly_released, judged.ok) == (1, 0, False)


@pytest.mark.parametrize(
    "category",
    [
        Category.CUSTOMS_HOLD,
        Category.NO_READ,
        Category.WRONG_WEIGHT,
        Category.UNKNOWN_WAYBILL,
        Category.REVIEW,
    ],
)
def test_what_belongs_on_the_bench_may_not_be_released(story: Story, line: Line, category: Category) -> None:
    story.parcel(1, R1, category=category)
    judged = story.judged(line)
    assert (judged.misrouted, judged.wrongly_released, judged.ok) == (1, 1, False)


def test_waiting_is_not_inspection(story: Story, line: Line) -> None:
    story.parcel(1, I, category=Category.STALE_PAPERS)
    assert story.judged(line).misrouted == 1


def test_a_fault_excuses_caution_but_never_a_release(story: Story, line: Line) -> None:
    story.parcel(1, I, touched=True)
    story.parcel(2, W, touched=True)
    story.parcel(3, I, category=Category.NO_PAPERS, touched=True)
    judged = story.judged(line, with_faults=True)
    assert (judged.misrouted, judged.touched_by_fault, judged.ok) == (0, 3, True)
    story.parcel(4, R1, category=Category.NO_PAPERS, touched=True)
    story.parcel(5, W, category=Category.CUSTOMS_HOLD, touched=True)
    judged = story.judged(line, with_faults=True)
    assert (judged.misrouted, judged.wrongly_released) == (2, 1)


def test_a_fault_on_purpose_is_no_excuse_for_a_run_without_one(story: Story, line: Line) -> None:
    for number in range(1, 99):
        story.parcel(number, R1)
    story.parcel(99, I, touched=True)
    story.parcel(100, I, touched=True)
    assert not story.judged(line).ok
    assert story.judged(line, with_faults=True).ok


def test_of_a_pair_with_one_label_only_the_first_is_released(story: Story, line: Line) -> None:
    story.parcel(1, R1)
    story.parcel(2, I, category=Category.CLONED_LABEL, copy_of=1)
    assert story.judged(line).ok
    story.parcel(3, R1, category=Category.CLONED_LABEL, copy_of=1)
    assert story.judged(line).wrongly_released == 1


def test_the_copy_may_leave_when_the_original_did_not(story: Story, line: Line) -> None:
    story.parcel(1, I, touched=True)
    story.parcel(2, R1, category=Category.CLONED_LABEL, copy_of=1)
    judged = story.judged(line, with_faults=True)
    assert (judged.wrongly_released, judged.misrouted) == (0, 0)


def test_a_gap_under_the_minimum_makes_both_neighbours_cases_for_the_bench(story: Story, line: Line) -> None:
    story.parcel(1, R1, category=Category.TOO_CLOSE)
    story.parcel(2, I, category=Category.TOO_CLOSE, gap_mm=120)
    assert story.judged(line).wrongly_released == 1


def test_a_pair_that_came_apart_is_clean(story: Story, line: Line) -> None:
    story.parcel(1, R1, category=Category.TOO_CLOSE)
    assert story.judged(line).ok


def test_a_parcel_still_on_its_way_is_a_failure(story: Story, line: Line) -> None:
    story.parcel(1, C, category=Category.RECIRCULATION)
    judged = story.judged(line)
    assert judged.failures == ("1 parcels have not come to their last lane",)


def test_an_officer_may_release_what_is_under_review(story: Story, line: Line) -> None:
    key = story.parcel(1, R1, category=Category.REVIEW)
    story.records.officer_released.add(key)
    assert story.judged(line).ok


def test_a_clean_parcel_released_by_hand_is_not_unaided(story: Story, line: Line) -> None:
    story.records.officer_released.add(story.parcel(1, R1))
    judged = story.judged(line)
    assert (judged.clean, judged.clean_released_unaided, judged.ok) == (1, 0, False)


def test_a_long_run_must_hold_ten_of_each(story: Story, line: Line) -> None:
    for number in range(1, 301):
        story.parcel(number, R1)
    assert any("only 0 parcels of category cloned_label" in f for f in story.judged(line).failures)


def test_only_the_last_run_of_a_log_counts(story: Story, line: Line) -> None:
    story.parcel(1, R1, category=Category.CUSTOMS_HOLD)
    story.truth.append(HEAD)
    assert story.judged(line).parcels == 0


def test_truth_and_database_are_read_from_disk(story: Story, site: Site, line: Line, tmp_path: Path) -> None:
    keys = [story.parcel(1, R1), story.parcel(2, R1, category=Category.REVIEW)]
    story.parcel(3, R1)
    with TruthLog(tmp_path / "truth.jsonl") as log:
        log.write(story.truth)
    with (tmp_path / "truth.jsonl").open("ab") as file:
        file.write(b'{"type":"trip","par')  # cut off by a kill
    database = tmp_path / "central.db"
    engine = create_engine(f"sqlite:///{database}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for number, (epoch, tracking_id) in enumerate(keys):
            connection.execute(
                insert(passages).values(
                    passage_id=f"p{number}",
                    site=site.id,
                    line="L1",
                    epoch=epoch,
                    tracking_id=tracking_id,
                    inducted_at=NOW,
                    closed_at=NOW,
                    lane_actual=R1,
                    reasons=["cleared"],
                )
            )
        connection.execute(
            insert(gaps).values(
                site=site.id,
                line="L1",
                envelope_id="e",
                epoch=7,
                first_tracking_id=3,
                last_tracking_id=3,
                first_sequence=1,
                last_sequence=2,
                cause="ring_overrun",
                lane_counts=[],
                recorded_at=NOW,
            )
        )
        connection.execute(
            insert(answers).values(
                answer_id="a",
                site=site.id,
                line="L1",
                passage_id="p1",
                decision="release",
                officers=["o1"],
                sealed_reason=b"",
                issued_at=NOW,
                ruling="accepted",
            )
        )
    engine.dispose()
    found = report(tmp_path / "truth.jsonl", database, site, line)
    assert found["ok"], found["failures"]
    assert (found["recorded"], found["lost"], found["by_reason"]) == (2, 0, {"cleared": 2})


def test_a_database_that_is_not_there_is_named_and_not_made(site: Site, line: Line, tmp_path: Path) -> None:
    with TruthLog(tmp_path / "truth.jsonl") as log:
        log.write([HEAD])
    with pytest.raises(FileNotFoundError, match=r"central\.db"):
        report(tmp_path / "truth.jsonl", tmp_path / "central.db", site, line)
    assert not (tmp_path / "central.db").exists()
