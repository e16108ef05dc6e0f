"""What processes cost: processor time over a span, and memory by their proportional set size."""

import re
from pathlib import Path

import psutil

_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


class CpuMeter:
    """Processor time that a process and its children used since the meter was made."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._begun_s = self._used_s()

    def used_s(self) -> float:
        """Seconds of one core."""
        return self._used_s() - self._begun_s

    def _used_s(self) -> float:
        each = [self._process, *self._process.children(recursive=True)]
        times = [process.cpu_times() for process in each]
        return sum(time.user + time.system for time in times)


def pss_mib(pid: int) -> float:
    """Memory of a process, what it shares divided among those who share it, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    found = _PSS.search(rollup)
    if found is None:
        raise ValueError(f"process {pid} shows no Pss")
    return int(found[1]) / 1024
