"""The durable steps of the processes under test, and where between two of them a process is killed.

Adapters and wrapped stores call `about_to` just before something leaves the process or reaches the disk. A
kill that is due strikes there: what was done before is done, what was about to be done is not.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum


class Process(StrEnum):
    """What can be killed."""

    AGENT = "agent"
    CENTRE = "centre"


class Step(StrEnum):
    """Something that cannot be taken back once it is done."""

    JOURNAL_COMMIT = "journal_commit"  # observations and records are durable at the edge
    LANE_COMMAND = "lane_command"  # a lane is written to the controller
    HEARTBEAT = "heartbeat"
    RECORD_SENT = "record_sent"  # an outbox row is handed to the broker
    OUTBOX_CLOSED = "outbox_closed"  # a receipt is taken in: rows leave the outbox
    LIST_CHANGED = "list_changed"  # the clearance list at the edge
    FILE_KEPT = "file_kept"  # a file is in the evidence store
    FILE_INDEXED = "file_indexed"  # … and belongs to its passage
    FILE_SENT = "file_sent"  # a part of a file reaches the centre
    SCAN_TAKEN = "scan_taken"  # the CT driver need not announce it again
    INGEST_COMMIT = "ingest_commit"  # the centre's database holds a batch
    RECEIPT_SENT = "receipt_sent"
    ANSWER_COMMIT = "answer_commit"  # an officer's answer is in the database
    ANSWER_SENT = "answer_sent"
    DELTA_SENT = "delta_sent"  # a clearance change is published


class Killed(BaseException):
    """This process dies here; no code under test may catch it."""

    def __init__(self, process: Process) -> None:
        super().__init__(process)
        self.process = process


Pair = tuple[Process, Step, Step]  # killed after the first, before the second


class Steps:
    """Counts the steps of each process and kills it between two of them when told.

    Args:
        on_kill: told which process dies between which steps, before `Killed` is raised.
    """

    def __init__(self, on_kill: Callable[[Pair], None] = lambda _pair: None) -> None:
        self._on_kill = on_kill
        self._last: dict[Process, Step] = {}
        self._due: dict[Process, int] = {}  # steps still to be done before the kill
        self._wanted: dict[Process, Callable[[Pair], bool]] = {}
        self.met: Counter[Pair] = Counter()  # pairs of steps that came one after the other
        self.kills: Counter[Pair] = Counter()

    def kill_after(self, process: Process, steps: int) -> None:
        """Let a process die before its step after next, …: `steps` may still be done."""
        self._due[process] = steps

    def kill_between(self, process: Process, wanted: Callable[[Pair], bool]) -> None:
        """Let a process die at the next pair of steps for which `wanted` holds."""
        self._wanted[process] = wanted

    def forget(self, process: Process) -> None:
        """It is gone or starts anew: what it did last does not count any more."""
        self._last.pop(process, None)
        self._due.pop(process, None)
        self._wanted.pop(process, None)

    def about_to(self, process: Process, step: Step) -> None:
        """This step is done next; Killed if the process dies before."""
        last = self._last.get(process)
        self._last[process] = step
        if last is None:
            return
        pair = (process, last, step)
        self.met[pair] += 1
        due = self._due.get(process)
        if due is not None:
            self._due[process] = due - 1
        wanted = self._wanted.get(process)
        if (due is not None and due <= 0) or (wanted is not None and wanted(pair)):
            self.kills[pair] += 1
            self.forget(process)
            self._on_kill(pair)
            raise Killed(process)
