"""Officers who answer flagged passages: truthful, as fast as people are, some too late and some twice.

They know only what the centre stored. What they answer is what they see: not they are under test.
"""

import asyncio
from collections.abc import Callable
from random import Random

from msgspec import Struct

from central.answers import AnswerError, Refusal
from central.roles import Principal, Role
from central.store import Stored
from config.settings import Belt
from edge.messages import Decision, PassageClosed, PassageDecided
from simulators.memory.centre import CentreAwayError, MemoryCentre
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.virtual_time import Clock
from simulators.truth import OfficerAnswered

_EARLY_S = (0.1, 0.6)
_USUAL_SHARE = (0.2, 0.8)  # of the time the belt gives
_AROUND_S = (-0.6, 0.4)  # before and after the deadline
_LATE_S = (1.0, 15.0)
_TWICE_S = (0.0, 2.0)
_ASKS_AGAIN_S = 1.0  # after the centre was away


class Habits(Struct, frozen=True):
    """How often an officer does what; what is left is to answer in good time."""

    early: float = 0.0
    last_moment: float = 0.0
    late: float = 0.0
    never: float = 0.0
    stops: float = 0.0  # what could be released
    twice: float = 0.0  # answers again; the line hears the first one twice


ORDERLY = Habits()
UNRULY = Habits(early=0.25, last_moment=0.35, late=0.15, never=0.02, stops=0.1, twice=0.25)


class Officers:
    """The officers of one site; each passage is one officer's.

    Args:
        may_release: looks at the parcel: whether its content allows a release.
        tell: told each answer the centre took, before the line can have it.
    """

    def __init__(
        self,
        centre: MemoryCentre,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        faults: FaultBoard,
        random: Random,
        belt: Belt,
        *,
        may_release: Callable[[PassageDecided], bool],
        tell: Callable[[OfficerAnswered], None],
        habits: Habits = ORDERLY,
        staff: int = 3,
    ) -> None:
        self._centre, self._loop, self._clock, self._faults = centre, loop, clock, faults
        self._random, self._may_release, self._tell, self._habits = random, may_release, tell, habits
        way_mm = belt.release_cutoff_mm - belt.eyes_mm[belt.decide_eye]
        self._given_s = way_mm / belt.speed_mm_s  # by the belt, if it does not stop
        self._staff = [_officer(number) for number in range(1, staff + 1)]
        self._open: dict[str, asyncio.TimerHandle] = {}
        centre.watchers.append(self._learn)

    def stop(self) -> None:
        """They go home."""
        self._centre.watchers.remove(self._learn)
        for timer in self._open.values():
            timer.cancel()
        self._open.clear()

    def _learn(self, stored: Stored) -> None:
        """What the centre has just stored: passages that await an answer, and some that no longer do."""
        for each in stored.accepted:
            match each.event:
                case PassageDecided(awaiting_answer=True) as event if event.passage_id not in self._open:
                    self._take(event)
                case PassageClosed(passage_id=passage_id) if self._random.random() < 0.5:
                    self._leave(passage_id)  # the others do not see in time that it has gone
                case _:
                    pass

    def _take(self, passage: PassageDecided) -> None:
        moment, after_s = self._moment()
        if after_s is None:
            return
        officer = self._random.choice(self._staff)
        release = self._may_release(passage) and self._random.random() >= self._habits.stops
        decision = Decision.RELEASE if release else Decision.STOP

        def answer() -> None:
            self._leave(passage.passage_id)
            self._answer(passage, decision, officer, moment)

        self._open[passage.passage_id] = self._loop.call_later(after_s, answer)

    def _moment(self) -> tuple[Fault | None, float | None]:
        """When to answer, and which fault that is."""
        random, habits = self._random, self._habits
        dice = random.random()
        usual_s = self._given_s * random.uniform(*_USUAL_SHARE)
        around_s = self._given_s + random.uniform(*_AROUND_S)
        late_s = self._given_s + random.uniform(*_LATE_S)
        for share, fault, after_s in (
            (habits.early, Fault.ANSWER_EARLY, random.uniform(*_EARLY_S)),
            (habits.last_moment, Fault.ANSWER_LAST_MOMENT, around_s),
            (habits.late, Fault.ANSWER_LATE, late_s),
            (habits.never, None, None),
        ):
            if dice < share:
                return fault, after_s
            dice -= share
        return None, usual_s

    def _answer(
        self, passage: PassageDecided, decision: Decision, officer: Principal, moment: Fault | None
    ) -> None:
        twice = self._random.random() < self._habits.twice
        if twice:
            self._faults.arm(Fault.ANSWER_TWICE)
        told = OfficerAnswered(
            passage.passage_id,
            passage.epoch,
            passage.tracking_id,
            decision is Decision.RELEASE,
            self._clock.now_s(),
        )
        try:
            self._centre.answer(passage.passage_id, decision, officer)
        except AnswerError as error:
            if error.why is Refusal.LINE_AWAY:
                self._again(passage, decision, officer, moment, _ASKS_AGAIN_S)
            return  # else the screen says why, and what it says is right
        except CentreAwayError:
            self._again(passage, decision, officer, moment, _ASKS_AGAIN_S)
            return
        self._tell(told)
        if moment is not None:
            self._faults.count(moment)
        if twice:
            self._again(passage, decision, officer, None, self._random.uniform(*_TWICE_S))

    def _again(
        self,
        passage: PassageDecided,
        decision: Decision,
        officer: Principal,
        moment: Fault | None,
        after_s: float,
    ) -> None:
        def answer() -> None:
            self._leave(passage.passage_id)
            self._answer(passage, decision, officer, moment)

        self._leave(passage.passage_id)
        self._open[passage.passage_id] = self._loop.call_later(after_s, answer)

    def _leave(self, passage_id: str) -> None:
        timer = self._open.pop(passage_id, None)
        if timer is not None:
            timer.cancel()


def _officer(number: int) -> Principal:
    name = f"officer-{number}"
    return Principal(name, name, name, "customs", "customs", (Role.CUSTOMS_OFFICER,))
