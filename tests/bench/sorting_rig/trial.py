"""One trial of a line: the production edge agent between a fast plant and a real broker, each a process."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from config.settings import Line
from simulators import health
from simulators.processes import Program, Supervisor
from tests.bench.rig import site as bench_site
from tests.bench.rig.broker import broker_program, part, redpeak
from tests.bench.rig.cost import CpuMeter, pss_mib
from tests.bench.rig.marks import Heard, Mark, Reader, What
from tests.bench.rig.papers import give_papers
from tests.bench.rig.steps import accounted
from tests.bench.rig.waiting import wait_until, wait_while_it_grows
from tests.bench.sorting_rig.plant import clean_parcels

_QUIET_S = 12.0  # two resends of the edge's uplink: what has not come then does not come


class Trial:
    """A context: inside it the line runs and induction is open.

    Args:
        folder: emptied and used.
        rate: items a second.
        cuttable: put a link that can be cut between agent and controller.
        poll_ms: how long the agent rests between two looks at a controller that has nothing new.
    """

    def __init__(self, folder: Path, rate: float, *, cuttable: bool = False, poll_ms: int = 10) -> None:
        self.rate = rate
        self._folder = folder
        self._site, self._file = bench_site.lay(
            folder, speed_mm_s=round(rate * bench_site.PITCH_MM), poll_ms=poll_ms
        )
        self._agent_file = self._file
        self._cuttable = cuttable
        self._supervisor = Supervisor(folder / "log")
        self._marks = Reader(folder / "plant.jsonl", Mark)
        self._heard = Reader(folder / "ear.jsonl", Heard)
        self._runs = {"broker": 0, "agent": 0}  # each start is a program of its own to the supervisor
        self.broker = ""

    @property
    def line(self) -> Line:
        """The line's settings."""
        return self._site.lines[0]

    def marks(self, what: What) -> list[Mark]:
        """What the plant noted of that kind so far."""
        return [mark for mark in self._marks.read() if mark.what is what]

    def all_marks(self) -> list[Mark]:
        """Everything the plant noted so far."""
        return self._marks.read()

    def heard(self) -> list[Heard]:
        """The records that came so far."""
        return self._heard.read()

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

    def kill(self, name: str) -> None:
        """End the broker or the agent as a power cut would; returns once it is gone."""
        self._supervisor.kill(self._name(name))
        wait_until(lambda: not self._supervisor.alive(self._name(name)), f"{name} is gone")

    def start_broker(self) -> float:
        """Start it, also again; when it answered."""
        program, self.broker = broker_program(self._site, self._file, self._folder, self._next("broker"))
        self._supervisor.start(program)
        self._await(
            program.name, lambda: health.broker_answers(self._site.broker, self._folder), "the broker answers"
        )
        return time.monotonic()

    def start_agent(self) -> float:
        """Start it, also again; when it was started."""
        words = ("edge", "run", "--site", str(self._agent_file), "--data", str(self._folder))
        self._supervisor.start(Program(self._next("agent"), redpeak(*words, "--line", self.line.id)))
        return time.monotonic()

    def cut_link(self) -> None:
        """Let the link between agent and controller go dead without a word."""
        os.kill(self._supervisor.pid("link"), signal.SIGUSR1)

    def mend_link(self) -> float:
        """Let it work again; when."""
        os.kill(self._supervisor.pid("link"), signal.SIGUSR2)
        return time.monotonic()

    def agent_cpu(self) -> CpuMeter:
        """A meter of the agent that runs now."""
        return CpuMeter(self._supervisor.pid(self._name("agent")))

    def agent_pss_mib(self) -> float:
        """Its memory."""
        return pss_mib(self._supervisor.pid(self._name("agent")))

    def finish(self) -> int:
        """Feed no more, let the belt run empty and the records come.

        Returns the milliseconds of belt time that the plant lost because it was not scheduled.
        """
        os.kill(self._supervisor.pid("plant"), signal.SIGUSR1)
        self._await("plant", lambda: self.marks(What.EMPTY), "the belt is empty")
        diverted = {mark.tracking_id for mark in self.marks(What.DIVERTED)}
        wait_while_it_grows(lambda: len(self.heard()), lambda: diverted <= accounted(self.heard()), _QUIET_S)
        return self.marks(What.EMPTY)[-1].detail

    def _start(self) -> None:
        give_papers(self._folder, self.line, clean_parcels(self.line))
        self.start_broker()
        where = (str(self._file), str(self._folder))
        self._supervisor.start(Program("ear", part("rig.ear", *where, str(self._folder / "ear.jsonl"))))
        self._supervisor.start(
            Program("plant", part("sorting_rig.plant", *where, str(self._folder / "plant.jsonl")))
        )
        self._await("plant", lambda: self.marks(What.LISTENING), "the plant listens")
        if self._cuttable:
            self._put_link_between()
        self.start_agent()
        self._await(self._name("agent"), lambda: self.marks(What.OPENED), "induction opens")

    def _put_link_between(self) -> None:
        """A site file of the agent's own, with the link's port for the controller's."""
        far = self.line.conveyor.port
        near = bench_site.free_port()
        self._agent_file = self._folder / "agent-site.toml"
        self._agent_file.write_text(
            self._file.read_text("utf-8").replace(f"port = {far}\n", f"port = {near}\n"), "utf-8"
        )
        self._supervisor.start(Program("link", part("sorting_rig.cut_link", str(near), str(far))))
        self._await("link", lambda: bench_site.answers(near), "the link takes connections")

    def _await(self, name: str, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, f"{what}; see {self._folder}/log", alive=lambda: self._supervisor.alive(name))

    def _next(self, name: str) -> str:
        self._runs[name] += 1
        return self._name(name)

    def _name(self, name: str) -> str:
        return f"{name}-{self._runs[name]}"
