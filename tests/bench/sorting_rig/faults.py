"""A line while something is dead: what is lost of the items it inducted, and when it works again."""

import time
from collections import Counter
from pathlib import Path

from msgspec import Struct

from tests.bench.rig.marks import What
from tests.bench.rig.steps import first_after, lost
from tests.bench.sorting_rig.trial import Trial

RATE = 5.0
_BEFORE_S = 5.0
_AFTER_S = 6.0


class Survived(Struct, frozen=True):
    """What a fault did. Times in seconds after what was dead could work again; inf: not within the trial."""

    dead_s: float
    items: int  # inducted in the whole trial
    lost: int  # of them, with neither record nor gap record
    in_gaps: int
    twice: int  # with more than one record of their end
    back_s: float  # broker: first record heard; agent, link: induction open
    caught_up_s: float  # everything that lay in a lane when it came back was heard
    broker: str


def broker_killed(folder: Path, dead_s: float, poll_ms: int) -> Survived:
    """The broker dies by SIGKILL, with all it held in memory; another takes its port later."""
    with Trial(folder, RATE, poll_ms=poll_ms) as trial:
        time.sleep(_BEFORE_S)
        trial.kill("broker")
        time.sleep(dead_s)
        return _watch(trial, dead_s, trial.start_broker())


def agent_killed(folder: Path, dead_s: float, poll_ms: int) -> Survived:
    """The agent dies by SIGKILL; another is started later on the same data folder."""
    with Trial(folder, RATE, poll_ms=poll_ms) as trial:
        time.sleep(_BEFORE_S)
        trial.kill("agent")
        time.sleep(dead_s)
        return _watch(trial, dead_s, trial.start_agent())


def plc_link_dead(folder: Path, dead_s: float, poll_ms: int) -> Survived:
    """The link to the controller swallows everything, and works again later."""
    with Trial(folder, RATE, cuttable=True, poll_ms=poll_ms) as trial:
        time.sleep(_BEFORE_S)
        trial.cut_link()
        time.sleep(dead_s)
        return _watch(trial, dead_s, trial.mend_link())


def _watch(trial: Trial, dead_s: float, mended_s: float) -> Survived:
    """Let the line go on for a while and run empty, then count."""
    time.sleep(_AFTER_S)
    trial.finish()
    marks, heard = trial.all_marks(), trial.heard()
    ends = {(each.first, each.envelope_id) for each in heard if each.first and each.first == each.last}
    own = Counter(number for number, _ in ends)
    record_s: dict[int, float] = {}
    for each in heard:
        for number in range(each.first, each.last + 1) if each.last else ():
            record_s.setdefault(number, each.at_s)
    waiting = [
        record_s.get(mark.tracking_id, float("inf"))
        for mark in marks
        if mark.what is What.DIVERTED and mark.at_s < mended_s
    ]
    opened_s = [mark.at_s for mark in marks if mark.what is What.OPENED]
    closed_s = [mark.at_s for mark in marks if mark.what is What.CLOSED and mark.at_s < mended_s]
    inducted = [mark.tracking_id for mark in marks if mark.what is What.INDUCTED]
    return Survived(
        dead_s=dead_s,
        items=len(inducted),
        lost=len(lost(marks, heard)),
        in_gaps=sum(1 for number in inducted if number in record_s and number not in own),
        twice=sum(1 for count in own.values() if count > 1),
        back_s=first_after(opened_s if closed_s else [each.at_s for each in heard], mended_s),
        caught_up_s=max(0.0, max(waiting, default=0.0) - mended_s),
        broker=trial.broker,
    )
