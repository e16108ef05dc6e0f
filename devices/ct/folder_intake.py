"""Takes in what comes to rest in a watched folder: one look at a time, no thread and no loop of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from devices.ct.arrivals import Arrived, TurnedAway
from devices.ct.evidence_store import sha256_of
from devices.ct.folder_watch import FolderWatch
from devices.ct.intake import Intake, Refusal, Refused
from devices.ct.ledger import Ledger

SENDER = "folder"
_GRACE_S = 5.0  # a file that is not whole may still be growing, slowly

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class FolderIntake:
    """From files at rest to objects in the store, or among the refused.

    Args:
        wall: wall-clock seconds, against which a file's age is told.
    """

    def __init__(self, watch: FolderWatch, intake: Intake, ledger: Ledger, wall: Callable[[], float]) -> None:
        self._watch = watch
        self._intake = intake
        self._ledger = ledger
        self._wall = wall
        self._begun = False

    def look(self) -> Iterator[Arrived | TurnedAway]:
        """Take in what has come to rest; a TurnedAway for want of room ends the look.

        OSError while folder or disk are not there; what was yielded before it is stored.
        """
        resting = self._watch.at_rest()
        if not self._begun:
            for path in self._watch.interrupted():
                self._resume(path)
            self._begun = True
        for path in resting:
            try:
                if self._grows(path):
                    continue
                claimed = self._watch.claim(path)
            except FileNotFoundError:  # the machine took it away again
                continue
            result = self._take(claimed)
            yield result
            if isinstance(result, TurnedAway) and result.no_room:
                return

    def _take(self, claimed: Path) -> Arrived | TurnedAway:
        try:
            return self._intake.take(claimed, SENDER)
        except Refused as refused:
            if refused.refusal is Refusal.NO_ROOM:
                self._watch.put_back(claimed)
                return TurnedAway(str(refused), no_room=True)
            self._watch.refuse(claimed, str(refused))
            _log.warning("object_refused", sender=SENDER, why=str(refused), kind=refused.refusal.name)
            return TurnedAway(str(refused))

    def _grows(self, path: Path) -> bool:
        """Whether a young file is not whole yet."""
        if not 0 <= self._watch.age_s(path, self._wall()) < _GRACE_S:
            return False
        try:
            self._intake.check(path)
        except Refused as refused:
            return refused.refusal is Refusal.BROKEN
        return False

    def _resume(self, path: Path) -> None:
        """A kill interrupted the taking of this file: forget it if it is written down, else begin anew."""
        try:
            header = self._intake.check(path)
        except Refused:
            self._watch.put_back(path)
            return
        if self._ledger.sha256_of(header.sop_uid) == sha256_of(path):
            path.unlink()
        else:
            self._watch.put_back(path)
