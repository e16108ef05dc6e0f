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


class Done(Struct, frozen=True):
    """The review of a scan; `reported`: the report was written and is durable."""

    scan_id: str
    review: Review
    reported: bool = False


class Ready(Struct, frozen=True):
    """The process's first line: its reviewers, and the hash of the model it uses, if any."""

    ready: tuple[str, ...]
    model_sha256: str = ""
