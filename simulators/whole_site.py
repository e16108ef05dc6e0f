"""One run of a whole site, from its first program to its last: start, watch, kill what is to die, judge.

Every program is a process of its own, started, asked and stopped from outside, as at a site.
"""

import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import msgspec
from rich.console import Console
from rich.live import Live

from central.database import connect
from config.settings import Site
from simulators import health, oracle, plant, report
from simulators.faults import ScannerFaults
from simulators.health import Records
from simulators.kills import Kill, due
from simulators.plant import PlantStatus
from simulators.processes import Died, Program, Supervisor

READY_WITHIN_S = 60.0
QUIET_S = 3.0  # nothing new for so long, and nothing on the way: the records are complete
DRAINED_WITHIN_S = 60.0  # nothing new for so long: the run is judged as it stands
_LOOK_EVERY_S = 0.2
_READ_EVERY_S = 1.0
_TELL_EVERY_S = 10.0  # where the output is no terminal


class UpError(Exception):
    """The site did not come up, or not through; the message is for the person who started it."""


class Stopped(BaseException):
    """SIGINT or SIGTERM came: asked for, not an error."""


class WholeSite:
    """Broker, centre, agent and plant of a site's first line, all on this machine."""

    def __init__(
        self,
        site: Site,
        file: Path,
        data: Path,
        console: Console,
        *,
        parcels: int | None,
        seed: int,
        kills: tuple[Kill, ...],
        faults: ScannerFaults,
    ) -> None:
        self._site, self._file, self._data, self._console = site, file, data, console
        self._line = site.lines[0]
        self._parcels, self._seed, self._faults = parcels, seed, faults
        self._kills, self._killed = kills, tuple[str, ...]()
        self._supervisor = Supervisor(data / "log")
        self._engine = connect(site.centre.database, data)
        self._url = f"http://{site.centre.host}:{site.centre.port}/"
        self._phase = "starting"
        self._records: Records | None = None
        self._read_s = self._changed_s = 0.0

    def through(self) -> oracle.Report | None:
        """Run until all parcels are judged, or until somebody stops it (then None)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        try:
            self._start()
            self._phase = "running"
            self._watch()
            self._phase = "judging"
            self._tell()
        except Stopped:
            self._console.print("\nstopping …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # once is enough
            begun_s = time.monotonic()
            forced = self._supervisor.stop()
            stopped_in_s = time.monotonic() - begun_s
        if forced:
            self._console.print(f"had to be killed: {', '.join(forced)}")
        outcome = self._judge() if self._phase == "judging" else None
        self._phase = "stopped"
        self._tell()
        self._engine.dispose()
        self._console.print(f"everything is stopped ({stopped_in_s:.1f} s).")
        return outcome

    def _start(self) -> None:
        site, line, data = self._site, self._line, self._data
        common = ("--site", str(self._file), "--data", str(data))
        self._console.print(f"[b]{site.name_en}[/]  ·  data in {data}")
        self._tell()
        if site.broker.embedded:
            self._begin(
                "broker", ("broker", "run", *common), lambda: health.broker_answers(site.broker, data)
            )
        elif not health.broker_answers(site.broker, data):
            raise UpError(f"the broker at {site.broker.host}:{site.broker.port} does not let this site in")
        self._begin("centre", ("central", "run", *common), lambda: health.centre_answers(site.centre))
        self._hand_in_papers()
        stream = ("--seed", str(self._seed), *(("--parcels", str(self._parcels)) if self._parcels else ()))
        stream += ("--garbage", str(self._faults.garbage_share))
        self._begin(
            "plant",
            ("plant", "run", *common, "--line", line.id, *stream),
            lambda: health.plant_answers(line, data),
        )
        self._begin(
            "agent",
            ("edge", "run", *common, "--line", line.id),
            lambda: health.agent_answers(health.read_records(self._engine, site.id, line.id), data),
        )
        self._console.print(f"\n[b green]The console is at {self._url}[/]")
        first = data / "first-login.txt"
        if first.exists():
            logins = [each for each in first.read_text().splitlines() if each and not each.startswith("#")]
            self._console.print(f"first logins (from {first}):")
            for login in logins:
                self._console.print(f"    {login}", markup=False)
        self._console.print("Ctrl-C stops everything.\n" if self._parcels is None else "")

    def _hand_in_papers(self) -> None:
        """Give the centre the papers of the coming parcels, the way a courier's file comes in."""
        begun_s = time.monotonic()
        papers = self._data / "plant" / "papers.json"
        count = plant.write_papers(
            self._line, papers, count=self._parcels, seed=self._seed, now=datetime.now(UTC)
        )
        imported = self._supervisor.complete(
            Program(
                "import",
                _redpeak(
                    "central", "import", str(papers), "--site", str(self._file), "--data", str(self._data)
                ),
            )
        )
        if imported:
            raise UpError(f"the papers were not taken in:\n{self._tail('import')}")
        self._said("papers", f"of {count:,} waybills taken in", begun_s)

    def _begin(self, name: str, words: tuple[str, ...], ready: Callable[[], bool]) -> None:
        """Start a program and wait until it answers; UpError with the end of its log if it does not."""
        begun_s = time.monotonic()
        self._supervisor.start(Program(name, _redpeak(*words)))
        while not ready():
            if any(isinstance(news, Died) and news.name == name for news in self._supervisor.poll()):
                raise UpError(
                    f"{name} ended while it started; its log {self._supervisor.log(name)} says:"
                    f"\n{self._tail(name)}"
                )
            if time.monotonic() - begun_s > READY_WITHIN_S:
                raise UpError(
                    f"{name} does not answer after {READY_WITHIN_S:.0f} s; "
                    f"its log {self._supervisor.log(name)} says:\n{self._tail(name)}"
                )
            time.sleep(_LOOK_EVERY_S)
        self._said(name, "answers", begun_s)

    def _said(self, name: str, what: str, begun_s: float) -> None:
        self._console.print(f"  [green]✓[/] {name:<7} {what} ({time.monotonic() - begun_s:.1f} s)")

    def _tail(self, name: str) -> str:
        return "\n".join(f"    {line}" for line in report.log_tail(self._supervisor.log(name)))

    def _watch(self) -> None:
        """Look after everything until all parcels are in their lanes and all records are at the centre."""
        told_s = time.monotonic()
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                now_s = time.monotonic()
                status = plant.read_status(self._data)
                self._look_after(status)
                shown = report.live_line(self._tell())
                if self._console.is_terminal:
                    live.update(shown, refresh=True)
                elif now_s - told_s >= _TELL_EVERY_S:
                    told_s = now_s
                    self._console.print(shown)
                if status and status.done and self._parcels:
                    self._phase = "draining"
                    if self._drained(status, now_s):
                        return
                elif status and status.done and self._phase == "running":
                    self._phase = "idle"
                    self._console.print("all parcels of this plant are through; start again for more")
                time.sleep(_LOOK_EVERY_S)

    def _drained(self, status: PlantStatus, now_s: float) -> bool:
        """Whether the centre has everything, or nothing has come for so long that nothing will."""
        quiet_s = now_s - self._changed_s
        records = self._records
        complete = (
            records is not None
            and records.outbox == 0
            and records.reported_at is not None
            and (datetime.now(UTC) - records.reported_at).total_seconds() < QUIET_S
            and records.closed + records.in_gaps >= status.inducted
        )
        return quiet_s >= (QUIET_S if complete else DRAINED_WITHIN_S)

    def _look_after(self, status: PlantStatus | None) -> None:
        for news in self._supervisor.poll():
            if not isinstance(news, Died):
                self._console.print(f"[yellow]{news.name} runs again[/]")
            elif news.name == "plant" and self._parcels:
                raise UpError(f"the plant died, and the run with it; its log says:\n{self._tail('plant')}")
            else:
                self._console.print(
                    f"[yellow]{news.name} died ({news.exit_code}), again in {news.backoff_s} s[/]"
                )
        now, self._kills = due(self._kills, status.inducted if status else 0)
        for each in now:
            self._console.print(f"[yellow]killing {each.program} at {each.inducted} parcels[/]")
            self._supervisor.kill(each.program)
            self._killed = (*self._killed, each.program)

    def _read(self) -> Records | None:
        """The centre's records, read anew once a second."""
        now_s = time.monotonic()
        if now_s - self._read_s >= _READ_EVERY_S:
            before, self._read_s = self._records, now_s
            self._records = health.read_records(self._engine, self._site.id, self._line.id)
            if (before and before.events) != (self._records and self._records.events):
                self._changed_s = now_s
        return self._records

    def _tell(self) -> report.Progress:
        now = report.progress(
            self._phase,
            self._url,
            plant.read_status(self._data),
            None if self._phase == "starting" else self._read(),
            parcels=self._parcels,
            restarts=self._supervisor.all_restarts(),
            killed=self._killed,
        )
        report.write_json(self._data / "run.json", now)
        return now

    def _judge(self) -> oracle.Report:
        found = oracle.report(
            self._data / "plant" / "truth.jsonl",
            self._engine.url.render_as_string(hide_password=False),
            self._site,
            self._line,
            with_faults=bool(self._killed) or self._faults != ScannerFaults(),
        )
        return msgspec.convert(found, oracle.Report)


def _redpeak(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "config.command", *words)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped
