"""Whole runs in memory: hundreds of parcels in a blink, every one where it belongs, the same every time."""

import hashlib
import time
from collections import Counter

import msgspec
import pytest

from config.settings import LaneRole, Line
from simulators.categories import Category
from simulators.contract import EventKind, Outcome
from simulators.fates import Run, last_run
from simulators.oracle import judge
from simulators.parcels import Parcel, parcels
from simulators.records import Records
from simulators.truth import LaneAccepted, RunStarted, TripEnded
from tests.unit.simulators.virtual_agent import Drive, MakeDrive, MakeParcels

HEAD = RunStarted("demo", "L1", 5, 300, "2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def stream(line: Line) -> tuple[Parcel, ...]:
    return parcels(line, 300, 5)


@pytest.fixture
def finished(drive: MakeDrive, stream: tuple[Parcel, ...]) -> Drive:
    driven = drive(stream, seed=5)
    driven.until(lambda: driven.world.empty)
    return driven


def perfect_records(run: Run) -> Records:
    records = Records()
    for key, trip in run.trips.items():
        records.passages[key] += 1
        records.closed.add(key)
        assert trip.end
        records.lanes[key] = trip.end.lane
    return records


def test_the_oracle_is_content_with_a_perfect_agent(finished: Drive, line: Line) -> None:
    run = last_run([HEAD, *finished.truth])
    report = judge(run, perfect_records(run), line)
    assert report.failures == ()
    assert (report.parcels, report.inducted) == (300, 300 + 20)
    assert (report.misrouted, report.wrongly_released, report.touched_by_fault) == (0, 0, 0)
    assert report.clean == report.clean_released_unaided > 100
    assert {category: each["right"] for category, each in report.by_category.items()} == {
        category: each["parcels"] for category, each in report.by_category.items()
    }
    assert 0 < report.event_to_lane_ms.p50 <= report.event_to_lane_ms.p99 <= 20


def test_every_item_has_its_whole_story_in_order(finished: Drive) -> None:
    stories = Counter(
        tuple(kind for kind in finished.kinds(tracking_id) if kind is not EventKind.TOO_CLOSE)
        for tracking_id in range(1, finished.world.status.inducted + 1)
    )
    assert list(stories) == [
        (
            EventKind.INDUCTED,
            EventKind.LENGTH,
            EventKind.EYE,
            EventKind.EYE,
            EventKind.DECIDED,
            EventKind.DIVERTED,
        )
    ]
    assert {result.outcome for result in finished.results} == {Outcome.ACCEPTED}


def test_encoder_and_clock_never_go_back(finished: Drive) -> None:
    times = [event.time_ms for event in finished.events]
    assert times == sorted(times)


def test_the_same_seed_gives_the_same_log(
    drive: MakeDrive, stream: tuple[Parcel, ...], finished: Drive
) -> None:
    again = drive(stream, seed=5)
    again.until(lambda: again.world.empty)
    other = drive(stream, seed=6)
    other.until(lambda: other.world.empty)
    assert digest(again) == digest(finished) != digest(other)


def digest(driven: Drive) -> str:
    return hashlib.sha256(msgspec.json.encode([driven.events, driven.results, driven.truth])).hexdigest()


def test_a_world_stepped_coarsely_gives_the_same_log(drive: MakeDrive, plain: MakeParcels) -> None:
    fine = drive(plain(*[400] * 5), decides=False)
    coarse = drive(plain(*[400] * 5), decides=False)
    coarse.beats = fine.beats = False
    for driven, scans in ((fine, 1), (coarse, 7)):
        driven.heartbeat = 1
        driven.step()
        driven.heartbeat = 2
        while driven.scans < 701:
            driven.scans += scans - 1
            driven.step()
    assert fine.events == coarse.events[: len(fine.events)]
    assert len(fine.events) > 5


def test_three_hundred_parcels_take_under_a_second_or_so(
    drive: MakeDrive, stream: tuple[Parcel, ...]
) -> None:
    driven = drive(stream, seed=9)
    began_s = time.process_time()
    driven.until(lambda: driven.world.empty)
    assert time.process_time() - began_s < 2.0  # 0.3 s on an idle machine


def test_unread_at_first_comes_back_and_is_read(finished: Drive, line: Line) -> None:
    recirculate, inspect = (line.lane_of_role(role) for role in (LaneRole.RECIRCULATE, LaneRole.INSPECT))
    assert recirculate
    assert inspect
    made = finished.made
    for category, last in ((Category.RECIRCULATION, LaneRole.RELEASE), (Category.NO_READ, LaneRole.INSPECT)):
        for number in (n for n, parcel in made.items() if parcel.category is category):
            ends = [r for r in finished.truth if isinstance(r, TripEnded) and r.parcel == number]
            assert [end.role for end in ends] == [LaneRole.RECIRCULATE, last]


def test_a_silent_agent_touches_what_is_on_the_belt_and_no_more(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(*[400] * 40))
    driven.until(lambda: driven.world.status.inducted == 15)
    on_belt = {item.parcel.number for item in driven.world.items}
    driven.beats = driven.decides = False
    for _ in range(80):  # shorter than the watchdog, long enough to have missed something
        driven.step()
    on_belt |= {item.parcel.number for item in driven.world.items}
    driven.beats = driven.decides = True
    driven.until(lambda: driven.world.empty)
    touched = {r.parcel for r in driven.truth if isinstance(r, TripEnded) and r.touched}
    assert touched
    assert touched <= on_belt


def test_each_acceptance_is_kept(drive: MakeDrive, plain: MakeParcels) -> None:
    driven = drive(plain(400), decides=False)
    driven.until(lambda: list(driven.posted(EventKind.EYE)))
    driven.command(1, 1)
    driven.step()
    driven.command(1, 2)
    driven.step()
    accepted = [record for record in driven.truth if isinstance(record, LaneAccepted)]
    assert [record.lane for record in accepted] == [1, 2]
