"""Files asked of the lines: which, and since when. An edge that was asked uploads them."""

import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from central.commands import Commands
from edge.messages import Fetch

ASKED_FOR = timedelta(seconds=60)  # without the file after that, it may be asked for again


class Fetching:
    """Remembers what was asked for, in this process alone: asking twice costs nothing."""

    def __init__(
        self,
        commands: Commands,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._commands = commands
        self._clock = clock
        self._new_id = new_id
        self._asked: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def ask(self, line: str, sha256s: Iterable[str]) -> None:
        """Ask a line for files, unless that was done just now; LineAwayError if it cannot be reached."""
        wanted = tuple(each for each in dict.fromkeys(sha256s) if not self.asked(each))
        session = self._commands.listener(line).session
        if not wanted:
            return
        now = self._clock()
        self._commands.send(
            line, Fetch(command_id=self._new_id(), session=session, sha256s=wanted, issued_at=now)
        )
        with self._lock:
            self._asked = {each: at for each, at in self._asked.items() if now - at < ASKED_FOR}
            self._asked.update(dict.fromkeys(wanted, now))

    def asked(self, sha256: str) -> bool:
        """Whether a file was asked for and may still be on its way."""
        at = self._asked.get(sha256)
        return at is not None and self._clock() - at < ASKED_FOR
