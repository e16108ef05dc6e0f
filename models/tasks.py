"""What the agent asks its reviewer process and what comes back: a JSON value a line, on stdin and stdout."""

from msgspec import Struct

from models.findings import Review


class TaskFile(Struct, frozen=True):
    """One object of a scan on disk; `energy` is "low", "high" or "both"."""

    path: str
    energy: str


class Task(Struct, frozen=True):
    """Review one scan; write the machine's threat detection report to `report` unless that is empty."""

    scan_id: str
    files: tuple[TaskFile, ...]
    report: str = ""


class Ready(Struct, frozen=True, tag_field="said", tag="ready"):
    """The process's first line: its reviewers, and the hash of the model it uses, if any."""

    ready: tuple[str, ...]
    model_sha256: str = ""


class Done(Struct, frozen=True, tag_field="said", tag="done"):
    """The review of a scan. The next task may be given; of this one a Reported is still to come.

    `looked_at`: the SHA-256 of each of the task's files as the reviewer found it, "" where it found none.
    """

    scan_id: str
    review: Review
    looked_at: tuple[str, ...] = ()


class Reported(Struct, frozen=True, tag_field="said", tag="reported"):
    """The end of a task, after its Done and before the next's; `written`: its report is there, durable."""

    scan_id: str
    written: bool = False


Answer = Ready | Done | Reported
