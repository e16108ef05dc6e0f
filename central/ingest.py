"""One writer: what the lines report goes through a bounded queue into the database, many messages a commit.

Nothing is receipted before its commit. When the database is busy, full or away the batch is tried again until
it succeeds; a message the database itself refuses is found by halving and set aside, so that it cannot hold
up the rest.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from central.database import writing
from central.incoming import Accepted, Incoming, Parsed, Refused, StateReported, parse, refuse
from central.store import Store, Stored

_log = structlog.get_logger(__name__)

_RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0)


class _Queued(Struct, frozen=True):
    """A message that waits: understood by whoever brought it, so that the writer only has to write."""

    arrived_s: float
    message: Incoming
    parsed: Parsed


class Writer:
    """The only thread that writes what lines report.

    Args:
        on_stored: called after each commit, in the writer's thread; sends the receipts.
        on_trouble: called when the database refuses to write ("" when it does again).
        now_s: monotonic seconds.
        capacity: messages waiting at most; more are refused and sent again by the edge.
        batch: messages a commit at most.
    """

    def __init__(
        self,
        engine: Engine,
        site: str,
        store: Store,
        *,
        clock: Callable[[], datetime],
        on_stored: Callable[[Stored], None],
        on_trouble: Callable[[str], None] = lambda _reason: None,
        now_s: Callable[[], float] = time.monotonic,
        capacity: int = 10_000,
        batch: int = 500,
    ) -> None:
        self._engine = engine
        self._site = site
        self._store = store
        self._clock = clock
        self._on_stored = on_stored
        self._on_trouble = on_trouble
        self._now_s = now_s
        self._batch = batch
        self._queue: queue.Queue[_Queued | None] = queue.Queue(capacity)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._taken: list[_Queued] = []  # out of the queue, and not yet stored
        self._failures = 0  # of the batch taken
        self._ended = False
        self.trouble = ""
        self.overflowed = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def offer(self, message: Incoming, *, wait_s: float = 0.0) -> bool:
        """Queue a message; False when the queue stays full or the writer stops: it is not receipted then."""
        if self._stopping.is_set():
            return False
        try:
            queued = _Queued(self._now_s(), message, parse(self._site, message))
            self._queue.put(queued, block=wait_s > 0, timeout=wait_s or None)
        except queue.Full:
            self.overflowed += 1
            return False
        return True

    def stop(self, *, drain_s: float = 10.0) -> bool:
        """Accept nothing more and write what waits; False if that took longer than `drain_s`."""
        self._stopping.set()
        if not self._thread.is_alive():
            return True
        try:
            self._queue.put(None, timeout=drain_s)
        except queue.Full:
            return False
        self._thread.join(drain_s)
        return not self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Messages in the queue."""
        return self._queue.qsize()

    @property
    def lag_s(self) -> float:
        """The age of the oldest message not yet stored."""
        taken = self._taken
        return self._now_s() - taken[0].arrived_s if taken else 0.0

    def commit(self, batch: Sequence[Incoming]) -> Stored:
        """Parse and store a batch in one transaction; raises what the database raises."""
        return self._write([parse(self._site, message) for message in batch])

    def turn(self) -> float | None:
        """Store one batch of what waits, and report it.

        Returns the seconds after which the same batch is to be tried again; None: it is stored, or nothing
        waits. Called by the writer's thread, or by whoever drives a writer that was not started.
        """
        if not self._taken:
            self._take(wait=False)
        if not self._taken:
            return None
        try:
            stored = self._commit_isolating(self._taken)
        except (SQLAlchemyError, OSError) as error:
            self._report_trouble(type(error).__name__)
            pause_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
            self._failures += 1
            return pause_s
        self._report_trouble("")
        self._report_stored(stored)
        self._taken, self._failures = [], 0
        return None

    def _run(self) -> None:
        while not self._ended:
            self._take(wait=True)
            while (pause_s := self.turn()) is not None:
                if self._stopping.wait(pause_s):  # while stopping, one more failure ends it unreceipted
                    _log.warning("batch_left_unstored", messages=len(self._taken))
                    self._taken, self._failures = [], 0

    def _take(self, *, wait: bool) -> None:
        """Take a batch out of the queue; `wait`: for its first message."""
        while len(self._taken) < self._batch and not self._ended:
            try:
                item = self._queue.get(block=wait and not self._taken)
            except queue.Empty:
                return
            if item is None:
                self._ended = True
            else:
                self._taken.append(item)

    def _commit_isolating(self, batch: Sequence[_Queued]) -> list[Stored]:
        try:
            return [self._write([each.parsed for each in batch])]
        except Exception as error:
            if not _is_content(error):
                raise
            if len(batch) == 1:
                reason = f"the database refuses it: {type(error).__name__}"
                _log.warning(
                    "message_refused_by_database", line=batch[0].message.line, kind=type(error).__name__
                )
                return [self._write([refuse(batch[0].message, reason)])]
            half = len(batch) // 2
            return self._commit_isolating(batch[:half]) + self._commit_isolating(batch[half:])

    def _write(self, parsed: Sequence[Parsed]) -> Stored:
        with writing(self._engine) as connection:
            return self._store.write(
                connection,
                self._clock(),
                [each for each in parsed if isinstance(each, Accepted)],
                [each for each in parsed if isinstance(each, StateReported)],
                [each for each in parsed if isinstance(each, Refused)],
            )

    def _report_stored(self, stored: Sequence[Stored]) -> None:
        for each in stored:
            if each.quarantined:
                _log.warning("messages_quarantined", count=each.quarantined)
            if each.contradictions:
                _log.warning("rulings_contradicted", count=each.contradictions)
            try:
                self._on_stored(each)
            except Exception:
                _log.exception("stored_batch_not_reported")  # the edge sends again, then it is a duplicate

    def _report_trouble(self, reason: str) -> None:
        if reason != self.trouble:
            self.trouble = reason
            if reason:
                _log.error("database_refused", kind=reason)
            else:
                _log.info("database_recovered")
            self._on_trouble(reason)


def _is_content(error: Exception) -> bool:
    """Whether the message is at fault, not the database: waiting would not help."""
    if isinstance(error, DataError | IntegrityError | ValueError | OverflowError | TypeError):
        return True
    return isinstance(error, StatementError) and not isinstance(error, DBAPIError)
