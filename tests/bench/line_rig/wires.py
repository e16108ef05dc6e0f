"""The plant's wires with the timed CT scanner in the place of its own."""

import asyncio
import os
import sys
from pathlib import Path
from random import Random

from config.settings import CtDevice, Line
from simulators.ct.orders import Ready, decode_report
from simulators.faults import Faults
from simulators.wires.ct_line import CtLine
from simulators.wires.line_wires import LineWires

_READY_WITHIN_S = 30.0


class TimedCtLine(CtLine):
    """A scanner whose process notes how long each image took to hand over, in `notes`."""

    def __init__(self, ct: CtDevice, data: Path, seed: int, notes: Path) -> None:
        super().__init__(ct, data, seed)
        self._notes = notes

    async def start(self) -> None:
        """Start the process and wait until it takes orders."""
        python = (sys.executable, "-P", "-m")
        self._process = await asyncio.create_subprocess_exec(
            *python,
            "simulators.processes",  # the kernel ends it when the plant dies
            str(os.getpid()),
            *(sys.executable, "-m", "tests.bench.line_rig.scanner", str(self._notes)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._order(self._setup)
        async with asyncio.timeout(_READY_WITHIN_S):
            line = await self._output.readline()
        if not line or not isinstance(decode_report(line), Ready):
            raise RuntimeError("the CT scanner's process does not start; its log is above")
        self._listening = asyncio.create_task(self._listen(), name="CT scanner's reports")


class TimedWires(LineWires):
    """All wires of a line with CT."""

    def __init__(self, line: Line, data: Path, *, seed: int, timezone: str, stored: Path) -> None:
        super().__init__(line, data, Faults(), Random(seed), seed=seed, timezone=timezone)
        assert line.ct is not None
        self._ct = TimedCtLine(line.ct, data, seed, stored)
