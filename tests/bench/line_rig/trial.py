"""One trial of a line with CT: the production edge between the watched plant and a real broker."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from config.settings import LaneRole, Line
from simulators import health
from simulators.processes import Program, Supervisor
from tests.bench.line_rig import cost, site
from tests.bench.line_rig.plant import clean_parcels
from tests.bench.line_rig.seen import Seen, seen
from tests.bench.rig.broker import broker_program, part, redpeak
from tests.bench.rig.marks import Heard, Mark, Reader, Stored, What
from tests.bench.rig.papers import give_papers
from tests.bench.rig.steps import accounted
from tests.bench.rig.waiting import wait_until, wait_while_it_grows

_QUIET_S = 12.0  # two resends of the edge's uplink: what has not come then does not come


class Trial:
    """A context: inside it the line runs and induction is open.

    Args:
        folder: emptied and used.
        parcels_per_hour: sets the belt's speed.
    """

    def __init__(self, folder: Path, parcels_per_hour: float) -> None:
        self._folder = folder
        self._site, self._file = site.lay(folder, parcels_per_hour)
        self._supervisor = Supervisor(folder / "log")
        self._marks = Reader(folder / "plant.jsonl", Mark)
        self._heard = Reader(folder / "ear.jsonl", Heard)
        self._stored = Reader(folder / "stored.jsonl", Stored)
        self.broker = ""

    @property
    def line(self) -> Line:
        """The line's settings."""
        return self._site.lines[0]

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._supervisor.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._supervisor.stop()

    def fill(self) -> None:
        """Wait until the first item lies in its lane: from now on the belt is full and everything at work."""
        self._await("plant", lambda: self._has(What.DIVERTED), "the first item lies in its lane")

    def edge(self) -> dict[str, int]:
        """Process ids of the edge by name."""
        return cost.family(self._supervisor.pid("agent"), "agent", cost.EDGE)

    def others(self) -> dict[str, int]:
        """Process ids of everything else, by name."""
        plant = cost.family(self._supervisor.pid("plant"), "plant", cost.PLANT)
        return plant | {name: self._supervisor.pid(name) for name in ("broker", "ear")}

    def finish(self) -> int:
        """Feed no more, let the belt run empty and the records come.

        Returns the milliseconds of belt time that the plant lost because it was not scheduled.
        """
        os.kill(self._supervisor.pid("plant"), signal.SIGUSR1)
        self._await("plant", lambda: self._has(What.EMPTY), "the belt is empty")
        diverted = {mark.tracking_id for mark in self._marks.all if mark.what is What.DIVERTED}
        wait_while_it_grows(
            lambda: len(self._heard.read()), lambda: diverted <= accounted(self._heard.all), _QUIET_S
        )
        return next(mark.detail for mark in self._marks.all if mark.what is What.EMPTY)

    def seen(self, begin_s: float, end_s: float) -> Seen:
        """What became of the items inducted in [begin, end)."""
        releasing = frozenset(lane.number for lane in self.line.lanes if lane.role is LaneRole.RELEASE)
        notes = (self._marks.read(), self._heard.read(), self._stored.read())
        return seen(*notes, releasing, begin_s, end_s)

    def _start(self) -> None:
        give_papers(self._folder, self.line, clean_parcels(self.line))
        program, self.broker = broker_program(self._site, self._file, self._folder)
        self._supervisor.start(program)
        self._await(
            "broker", lambda: health.broker_answers(self._site.broker, self._folder), "the broker answers"
        )
        where = (str(self._file), str(self._folder))
        self._supervisor.start(Program("ear", part("rig.ear", *where, str(self._folder / "ear.jsonl"))))
        notes = (str(self._folder / name) for name in ("plant.jsonl", "stored.jsonl"))
        self._supervisor.start(Program("plant", part("line_rig.plant", *where, *notes)))
        self._await("plant", lambda: self._has(What.LISTENING), "the plant listens")
        words = (
            "edge",
            "run",
            "--site",
            str(self._file),
            "--data",
            str(self._folder),
            "--line",
            self.line.id,
        )
        self._supervisor.start(Program("agent", redpeak(*words)))
        self._await("agent", lambda: self._has(What.OPENED), "induction opens")

    def _has(self, what: What) -> bool:
        return any(mark.what is what for mark in self._marks.read())

    def _await(self, name: str, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, f"{what}; see {self._folder}/log", alive=lambda: self._supervisor.alive(name))
