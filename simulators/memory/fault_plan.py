"""When which fault comes, from the seed: each on its own, at random moments, for a random while."""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random

from msgspec import Struct

from simulators.memory.fault_board import Fault, FaultBoard


class Level(StrEnum):
    """How much goes wrong."""

    NONE = "none"
    LIGHT = "light"
    HEAVY = "heavy"


class Strikes(Struct, frozen=True):
    """Armed for the next occasion, so many times."""

    every_s: float
    times: int = 1


class Lasts(Struct, frozen=True):
    """On for a while; seconds."""

    every_s: float
    least_s: float
    most_s: float


class Acts(Struct, frozen=True):
    """Done to the site at once, by whoever runs it."""

    every_s: float


Course = Strikes | Lasts | Acts

HEAVY: Mapping[Fault, Course] = {
    Fault.SCANNER_OFF: Lasts(600, 2, 20),
    Fault.SCANNER_STUCK: Lasts(600, 1, 6),
    Fault.SCANNER_GARBAGE: Lasts(600, 1, 10),
    Fault.SCANNER_WRONG: Strikes(400),
    Fault.SCANNER_SLOW: Lasts(600, 2, 20),
    Fault.SCANNER_DELAYED: Lasts(600, 1, 4),
    Fault.SCANNER_INTERMITTENT: Lasts(600, 3, 20),
    Fault.SCANNER_PARTIAL: Strikes(400),
    Fault.SCALE_OFF: Lasts(600, 2, 20),
    Fault.SCALE_STUCK: Lasts(600, 1, 10),
    Fault.SCALE_GARBAGE: Strikes(400),
    Fault.SCALE_WRONG: Strikes(400),
    Fault.SCALE_SLOW: Lasts(600, 2, 20),
    Fault.SCALE_DELAYED: Lasts(600, 1, 4),
    Fault.SCALE_INTERMITTENT: Lasts(600, 3, 20),
    Fault.CT_OFF: Lasts(600, 2, 10),
    Fault.CT_STUCK: Lasts(600, 1, 4),
    Fault.CT_GARBAGE: Strikes(400),
    Fault.CT_WRONG: Strikes(400),
    Fault.CT_SLOW: Lasts(600, 2, 20),
    Fault.CT_DELAYED: Lasts(600, 1, 3),
    Fault.CT_INTERMITTENT: Lasts(600, 2, 10),
    Fault.REVIEWER_OFF: Strikes(400),
    Fault.REVIEWER_SLOW: Lasts(600, 2, 20),
    Fault.REVIEWER_DELAYED: Lasts(700, 1, 3),
    Fault.REVIEWER_WRONG: Strikes(400),
    Fault.CAMERA_OFF: Lasts(600, 2, 40),
    Fault.CAMERA_DELAYED: Lasts(600, 2, 20),
    Fault.LINK_OFF: Lasts(600, 0.2, 6),
    Fault.LINK_SLOW: Lasts(600, 0.5, 6),
    Fault.LINK_TORN: Strikes(300, 2),
    Fault.LINK_STUCK: Lasts(800, 0.2, 4),
    Fault.COMMAND_LOST: Strikes(300),
    Fault.ACKNOWLEDGEMENT_LOST: Strikes(300),
    Fault.RING_OVERRUN: Acts(700),
    Fault.CONTROLLER_RESTARTED: Acts(800),
    Fault.CONTRACT_MISMATCH: Lasts(800, 0.5, 4),
    Fault.EYE_MISSED: Strikes(500),
    Fault.EYE_DOUBLED: Strikes(500),
    Fault.EYE_BOUNCED: Strikes(500),
    Fault.ITEMS_TOUCH: Strikes(600),
    Fault.ITEM_ADDED: Strikes(600),
    Fault.ITEM_REMOVED: Strikes(600),
    Fault.ITEM_SLIPPED: Strikes(600),
    Fault.BELT_STOPPED: Lasts(700, 1, 20),
    Fault.EMERGENCY_STOP: Strikes(800),
    Fault.ITEM_JAMMED: Strikes(800),
    Fault.DIVERTER_FAILED: Strikes(600),
    Fault.DIVERTER_WRONG: Strikes(800),
    Fault.LANE_FULL: Lasts(700, 5, 30),
    Fault.BROKER_OFF: Lasts(700, 1, 30),
    Fault.BROKER_EMPTY: Strikes(800),
    Fault.BROKER_HALF_OPEN: Lasts(700, 2, 30),
    Fault.MESSAGE_LOST: Strikes(400, 2),
    Fault.MESSAGE_DOUBLED: Strikes(300, 3),
    Fault.MESSAGE_DELAYED: Strikes(300, 3),
    Fault.MESSAGES_REORDERED: Strikes(300, 3),
    Fault.AGENT_KILLED: Acts(150),
    Fault.CENTRE_KILLED: Acts(250),
    Fault.EDGE_DISK_FULL: Lasts(700, 0.5, 8),
    Fault.EDGE_DATABASE_BUSY: Lasts(700, 0.2, 2),
    Fault.CENTRE_DISK_FULL: Lasts(700, 0.5, 20),
    Fault.CENTRE_DATABASE_BUSY: Lasts(700, 0.2, 6),
    Fault.CLOCK_STEPPED: Acts(800),
    Fault.LIST_NOT_FETCHED: Lasts(700, 5, 30),
    Fault.CLEARANCE_REVOKED: Acts(300),
}
_LIGHT_EVERY = 8  # times rarer than heavy


class FaultPlan:
    """Lets faults come and go.

    Args:
        faults: switched by the plan.
        acts: what carries out those that are done to the site, by fault.
        level: how much.
    """

    def __init__(
        self, faults: FaultBoard, acts: Mapping[Fault, Callable[[], None]], level: Level, random: Random
    ) -> None:
        self._faults, self._acts, self._level = faults, acts, level
        self._randoms = {fault: Random(random.random()) for fault in HEAVY}  # noqa: S311
        self._resting = False

    def rest(self) -> None:
        """No more of them: what lasts, ends."""
        self._resting = True
        for fault in HEAVY:
            self._faults.end(fault)

    async def run(self) -> None:
        """Switch faults until cancelled."""
        if self._level is Level.NONE:
            return
        rarer = 1 if self._level is Level.HEAVY else _LIGHT_EVERY
        async with asyncio.TaskGroup() as group:
            for fault, course in HEAVY.items():
                group.create_task(self._follow(fault, course, course.every_s * rarer))

    async def _follow(self, fault: Fault, course: Course, every_s: float) -> None:
        random = self._randoms[fault]
        while True:
            await asyncio.sleep(random.expovariate(1 / every_s))
            if self._resting:
                return
            match course:
                case Strikes(times=times):
                    self._faults.arm(fault, random.randint(1, times))
                case Lasts(least_s=least_s, most_s=most_s):
                    self._faults.begin(fault)
                    await asyncio.sleep(random.uniform(least_s, most_s))
                    self._faults.end(fault)
                case Acts():
                    self._acts[fault]()
