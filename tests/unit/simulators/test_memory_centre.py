"""The centre in memory: killed between any two of its steps, refused by its database, cut off from lines."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from central import schema
from central.answers import AnswerError
from central.papers import Declaration, Waybill
from central.roles import Principal, Role
from config.settings import LaneRole, Mode
from edge.messages import AlarmRaised, ClearanceDelta, ClearanceState, Decision, PassageDecided, Reason
from edge.uploads import UploadError
from simulators.memory.fault_board import Fault
from simulators.memory.officer import UNRULY, Habits, Officers
from simulators.memory.steps import Pair, Process, Step
from simulators.truth import OfficerAnswered
from tests.unit.central.journeys import closed, decided
from tests.unit.simulators.centre_rig import BELT, KEYS, CentreRig

NUMBERS = [f"SF{number:013d}" for number in range(40)]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CentreRig]:
    rig = CentreRig(tmp_path)
    rig.connect_line()
    rig.until(lambda: rig.uplink.centre_ready)
    yield rig
    rig.close()


def papers(rig: CentreRig, number: str, status: int = 800) -> None:
    rig.centre.take_papers(
        [
            Waybill(number=number, mode=Mode.DIRECT_PURCHASE),
            Declaration(f"D{number}", number, Mode.DIRECT_PURCHASE, status, rig.wall),
        ]
    )


def flagged(passage: str, tracking_id: int, *, revision: int = 1) -> PassageDecided:
    return decided(
        passage,
        revision=revision,
        role=LaneRole.INSPECT,
        lane=5,
        reasons=(Reason.OFFICER_REVIEW,),
        awaiting_answer=True,
        tracking_id=tracking_id,
        keyring=KEYS,
    )


def work(rig: CentreRig, parcels: int = 12) -> None:
    """A line at work: papers come, officers answer, records of all kinds are told."""
    officers = Officers(
        rig.centre,
        rig.loop,
        rig.clock,
        rig.faults,
        rig.broker.random,
        BELT,
        may_release=lambda passage: passage.tracking_id % 2 == 0,
        tell=lambda _answered: None,
        habits=Habits(early=1.0),
    )
    for number in range(parcels):
        if rig.centre.alive:
            papers(rig, NUMBERS[number])
        passage = f"p{number}"
        ends = closed(passage, waybill=NUMBERS[number], tracking_id=number, at=rig.wall)
        if number % 3 == 0:
            rig.record(flagged(passage, number))
            rig.pass_time(1.2)
            rig.record(ends)
        else:
            rig.record(decided(passage, waybill=NUMBERS[number], tracking_id=number, keyring=KEYS))
            rig.pass_time(0.3)
            rig.record(ends, AlarmRaised("jam", f"lane {number}", rig.wall))
        rig.pass_time(0.4)
    rig.until(lambda: rig.journal.outbox_size() == 0)
    officers.stop()


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    """The pairs of steps a centre at work makes."""
    rig = CentreRig(tmp_path_factory.mktemp("whole"))
    rig.connect_line()
    rig.until(lambda: rig.uplink.centre_ready)
    work(rig)
    found = sorted(rig.steps.met)
    rig.close()
    return found


def test_a_centre_at_work_makes_all_its_steps(met: list[Pair]) -> None:
    steps = {step for _, *pair in met for step in pair}
    assert steps == {
        Step.INGEST_COMMIT,
        Step.RECEIPT_SENT,
        Step.ANSWER_COMMIT,
        Step.ANSWER_SENT,
        Step.DELTA_SENT,
    }
    assert len(met) >= 8


def test_killed_between_any_two_steps_it_has_every_record_once(met: list[Pair], tmp_path: Path) -> None:
    for place, pair in enumerate(met):
        folder = tmp_path / str(place)
        folder.mkdir()
        rig = CentreRig(folder)
        rig.connect_line()
        rig.until(lambda rig=rig: rig.uplink.centre_ready)
        rig.steps.kill_between(Process.CENTRE, lambda found, pair=pair: found == pair)
        work(rig)
        assert rig.deaths == 1, pair
        assert rig.steps.kills == {pair: 1}
        stored = rig.everything()
        passages = [row[0] for row in stored["passages"]]
        assert sorted(str(each) for each in passages) == sorted(f"p{number}" for number in range(12)), pair
        assert len(stored["events"]) == 12 * 2 + 8, pair
        assert len(stored["alarms"]) == 8, pair
        rig.close()


def test_a_kill_before_the_commit_leaves_nothing_and_one_after_it_leaves_it_once(rig: CentreRig) -> None:
    rig.pass_time(3)
    rig.restarts_after_s = 1e6
    rig.steps.kill_between(Process.CENTRE, lambda pair: pair[2] is Step.RECEIPT_SENT)
    rig.record(AlarmRaised("jam", "lane 1", rig.wall))
    rig.until(lambda: rig.deaths)
    assert rig.count(schema.alarms) == 1
    assert rig.journal.outbox_size() == 1
    rig.centre.start()
    rig.until(lambda: rig.journal.outbox_size() == 0)
    rig.steps.kill_between(Process.CENTRE, lambda pair: pair[2] is Step.INGEST_COMMIT)
    rig.record(AlarmRaised("jam", "lane 2", rig.wall))
    rig.until(lambda: rig.deaths == 2)
    assert rig.count(schema.alarms) == 1
    rig.centre.start()
    rig.until(lambda: rig.journal.outbox_size() == 0)
    assert rig.count(schema.alarms) == 2


@pytest.mark.parametrize("fault", [Fault.CENTRE_DISK_FULL, Fault.CENTRE_DATABASE_BUSY])
def test_a_database_that_refuses_only_delays(rig: CentreRig, fault: Fault) -> None:
    rig.faults.begin(fault)
    rig.record(AlarmRaised("jam", "lane 1", rig.wall))
    rig.pass_time(8)
    assert rig.count(schema.alarms) == 0
    assert rig.journal.outbox_size() == 1
    assert not rig.uplink.centre_ready  # and the line is told
    rig.faults.end(fault)
    rig.until(lambda: rig.journal.outbox_size() == 0, within_s=10)
    assert rig.count(schema.alarms) == 1
    rig.until(lambda: rig.uplink.centre_ready, within_s=1)


def test_changes_of_the_papers_reach_the_line_as_deltas(rig: CentreRig) -> None:
    papers(rig, NUMBERS[0])
    rig.until(lambda: rig.clearance.number == 2, within_s=2)
    fetched = rig.fetched
    papers(rig, NUMBERS[0], status=500)
    rig.until(lambda: rig.clearance.number == 3, within_s=2)
    assert rig.fetched == fetched


def test_a_gap_between_deltas_makes_the_line_fetch_the_list(rig: CentreRig) -> None:
    papers(rig, NUMBERS[0])
    rig.until(lambda: rig.clearance.number == 2)
    fetched = rig.fetched
    rig.faults.begin(Fault.BROKER_OFF)
    rig.pass_time(1)
    rig.centre.kill()  # with it goes what it had yet to say
    rig.centre.start()
    papers(rig, NUMBERS[1])
    rig.centre.kill()
    rig.faults.end(Fault.BROKER_OFF)
    rig.until(lambda: rig.clearance.number == 4, within_s=30)
    assert rig.fetched > fetched
    paper = rig.clearance.find(KEYS.waybill_key(NUMBERS[1]), rig.now_s, rig.wall)
    assert paper is not None
    assert paper.entry.state is ClearanceState.RELEASE


def test_a_list_that_cannot_be_fetched_is_fetched_later(rig: CentreRig) -> None:
    rig.faults.begin(Fault.LIST_NOT_FETCHED)
    fetched = rig.fetched
    rig.sync.delta(ClearanceDelta(99, rig.wall, ()))
    rig.pass_time(30)
    assert rig.fetched == fetched
    rig.faults.end(Fault.LIST_NOT_FETCHED)
    rig.until(lambda: rig.fetched > fetched, within_s=30)


def test_files_come_in_parts_and_outlive_the_centre(rig: CentreRig) -> None:
    content = bytes(range(200))
    sha256 = hashlib.sha256(content).hexdigest()
    media = rig.centre.media
    assert media.offset(sha256) == (0, False)
    assert media.send(sha256, 0, 200, content[:120]) == 120
    rig.centre.kill()
    with pytest.raises(UploadError) as away:
        media.offset(sha256)
    assert not away.value.refused
    rig.centre.start()
    assert media.offset(sha256) == (120, False)
    with pytest.raises(UploadError) as misplaced:
        media.send(sha256, 0, 200, content[:120])
    assert misplaced.value.refused
    assert media.send(sha256, 120, 200, content[120:]) == 200
    assert media.offset(sha256) == (200, True)
    with pytest.raises(UploadError, match="422"):
        media.send("0" * 64, 0, 3, b"abc")
    assert media.offset("0" * 64) == (0, False)


def test_officers_learn_from_the_centre_and_answer_truthfully(rig: CentreRig) -> None:
    told: list[OfficerAnswered] = []
    officers = Officers(
        rig.centre, rig.loop, rig.clock, rig.faults, rig.broker.random, BELT,
        may_release=lambda passage: passage.tracking_id < 20, tell=told.append, habits=UNRULY,
    )  # fmt: skip
    for number in range(40):
        rig.record(
            flagged(f"p{number}", number),
        )
        rig.pass_time(0.2)
    rig.pass_time(40)
    assert rig.count(schema.answers) == len(told)
    answered = {each.passage_id for each in told}
    assert len(answered) > 30  # some never do
    assert len(told) > len(answered)  # and some twice
    assert any(each.release for each in told if each.tracking_id < 20)
    assert not any(each.release for each in told if each.tracking_id >= 20)
    assert len(rig.commands) > len(told)  # the line hears some commands twice
    counted = {fault for fault, _ in rig.faults.seen}
    assert counted >= {Fault.ANSWER_EARLY, Fault.ANSWER_LAST_MOMENT, Fault.ANSWER_LATE, Fault.ANSWER_TWICE}
    officers.stop()


def test_orderly_officers_answer_once_and_within_the_time_the_belt_gives(rig: CentreRig) -> None:
    told: list[OfficerAnswered] = []
    Officers(
        rig.centre, rig.loop, rig.clock, rig.faults, rig.broker.random, BELT,
        may_release=lambda _passage: True, tell=told.append,
    )  # fmt: skip
    began_s = rig.now_s
    rig.record(*(flagged(f"p{number}", number) for number in range(10)))
    rig.pass_time(30)
    assert sorted(each.passage_id for each in told) == sorted(f"p{number}" for number in range(10))
    assert all(0.5 < each.at_s - began_s < 8.3 for each in told)
    assert not rig.faults.seen
    with pytest.raises(AssertionError):
        rig.until(lambda: len(told) > 10, within_s=20)


def test_an_answer_the_centre_died_of_is_told_when_it_was_taken(rig: CentreRig) -> None:
    told: list[OfficerAnswered] = []
    Officers(
        rig.centre, rig.loop, rig.clock, rig.faults, rig.broker.random, BELT,
        may_release=lambda _passage: True, tell=told.append,
    )  # fmt: skip
    rig.steps.kill_between(Process.CENTRE, lambda pair: pair[2] is Step.ANSWER_SENT)
    rig.record(flagged("p1", 1))
    rig.until(lambda: rig.deaths, within_s=20)
    assert told == []
    assert rig.commands == []
    rig.until(lambda: told, within_s=120)
    rig.until(lambda: rig.commands, within_s=1)
    assert [each.release for each in told] == [True]


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    def run(name: str, seed: int) -> list[tuple[float, str, str, bytes]]:
        folder = tmp_path / name
        folder.mkdir()
        rig = CentreRig(folder, seed=seed)
        rig.connect_line()
        rig.until(lambda: rig.uplink.centre_ready)
        rig.faults.arm(Fault.MESSAGE_DOUBLED, 3)
        rig.steps.kill_after(Process.CENTRE, 20)
        work(rig, 6)
        rig.close()
        return rig.log

    first = run("first", 1)
    assert first == run("again", 1)
    assert first != run("other", 2)


def test_a_releasing_officer_is_not_heard_for_what_nobody_asked(rig: CentreRig) -> None:
    officer = Principal("o", "o", "o", "customs", "customs", (Role.CUSTOMS_OFFICER,))
    with pytest.raises(AnswerError):
        rig.centre.answer("p1", Decision.RELEASE, officer)
