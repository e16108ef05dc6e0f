"""One agent for a line: a second one on the same data folder is refused, a dead one's lock is free again."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class LineTaken(Exception):  # noqa: N818  a state, not a failure
    """Another agent runs this line; the message says which process."""


@contextmanager
def hold_line(folder: Path) -> Generator[None]:
    """Hold the line's folder until the process ends, however it ends; LineTaken if another does."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "agent.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LineTaken(f"{path}: an agent of this line runs already (process {holder})") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
