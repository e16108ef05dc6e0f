"""What the processes of a program cost, each by its name: processor time over a span, and memory."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

import psutil

from tests.bench.rig.cost import pss_mib

EDGE = {
    "devices.ct.receiver": "ct_receiver",
    "models.review.worker": "reviewer",
    "devices.camera.recorder": "recorder",
}
PLANT = {"tests.bench.line_rig.scanner": "ct_scanner", "simulators.camera_process": "camera"}

# START-END rights OFFSET DEVICE INODE path, then one "Name: value kB" a line
_MAPPING = re.compile(
    r"^[0-9a-f]+-[0-9a-f]+ \S+ (?P<place>[0-9a-f]+ \S+ \d+)[^\n]*\n(?P<fields>(?:[A-Z]\w+:[^\n]*\n)+)",
    re.MULTILINE,
)
_FIELD = re.compile(r"^(Rss|Private_Clean|Private_Dirty): +(\d+) kB", re.MULTILINE)

_BUSY = frozenset({"user", "nice", "system", "irq", "softirq", "steal"})  # guests' time is in the users'
_IDLE = frozenset({"idle", "iowait"})


def family(pid: int, own: str, children: Mapping[str, str]) -> dict[str, int]:
    """Process ids of a program and its children by name: the program's is `own`, a child's that of the module
    it runs; one of no known module is called by its id."""
    found = {own: pid}
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if words := child.cmdline():  # else it has just ended
                named = (name for module, name in children.items() if module in words)
                found[next(named, f"process {child.pid}")] = child.pid
    return found


def smaps(pids: Iterable[int]) -> Iterator[str]:
    """The memory maps of processes; of one that ended, none."""
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            yield Path(f"/proc/{pid}/smaps").read_text("utf-8")


class Meters:
    """What some processes use, without their children, from when the meters are made; to be looked at often.

    A process that ends keeps what it was last seen to have used.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._begun_s = {name: _used_s(process) for name, process in self._processes.items()}
        self.used_s = dict.fromkeys(pids, 0.0)  # of processor time, by name
        self.most_mib: dict[str, float] = {}  # of memory (proportional set size), by name
        self.most_together_mib = 0.0

    def look(self, *, memory: bool = False) -> None:
        """Read them once."""
        together_mib = 0.0
        for name, process in self._processes.items():
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                self.used_s[name] = _used_s(process) - self._begun_s[name]
                if memory:
                    mib = pss_mib(process.pid)
                    together_mib += mib
                    self.most_mib[name] = max(mib, self.most_mib.get(name, 0.0))
        self.most_together_mib = max(self.most_together_mib, together_mib)


class MachineMeter:
    """The share of the machine's cores that was busy, with whatever ran, since the meter was made."""

    def __init__(self) -> None:
        self._begun = _busy_and_all()

    def share(self) -> float:
        """From 0 to 1."""
        busy, whole = (now - begun for now, begun in zip(_busy_and_all(), self._begun, strict=True))
        return busy / whole if whole else 0.0


def alone_mib(maps: Iterable[str]) -> float:
    """What processes, given their /proc/PID/smaps, would hold together were nobody else there, in MiB.

    What is a process's own counts for it, and each mapped file's shared part once, by its largest share.
    """
    private_kb = 0
    shared_kb: dict[str, int] = {}
    for text in maps:
        for place, rss_kb, own_kb in _mappings(text):
            private_kb += own_kb
            shared_kb[place] = max(shared_kb.get(place, 0), rss_kb - own_kb)
    return (private_kb + sum(shared_kb.values())) / 1024


def _mappings(text: str) -> Iterator[tuple[str, int, int]]:
    """Of each mapping: which part of which file it is, its size in memory and the process's own part; kB."""
    for block in _MAPPING.finditer(text):
        sizes = {name: int(size) for name, size in _FIELD.findall(block["fields"])}
        yield block["place"], sizes["Rss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _busy_and_all() -> tuple[float, float]:
    times = cast("dict[str, float]", psutil.cpu_times()._asdict())
    whole = sum(times[name] for name in _BUSY | _IDLE if name in times)
    return sum(times[name] for name in _BUSY if name in times), whole
