"""The checker of a run: takes the plant's truth as it happens, looks at the centre's database now and then.

It is not the code under test and knows none of it: only the truth, the lanes and the centre's tables. What
it holds of a trip it forgets once the trip has ended and its record is judged; of the whole run it keeps a
byte a trip and a bit a waybill.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime

from sqlalchemy import Connection, Engine

from config.settings import Line
from simulators.promises.accounts import RECORD_WITHIN_S, Accounts
from simulators.promises.findings import Tallies, Violation
from simulators.promises.ledger import Ledger
from simulators.promises.shares import too_few
from simulators.promises.watch import Watch
from simulators.truth import Truth


class Checker:
    """Holds promises 1 to 7, 10 and 11 over one run of one line.

    Args:
        line: its settings.
        energies: of one scan of its CT scanner; none without one.
        started_wall: wall-clock time when the plant's clock showed 0.
        report_violation: told each broken promise at once.
        scan_s: of the controller, whose reactions take whole scans.
        record_within_s: so long a record may take to the centre; more for a run with a long outage.
    """

    def __init__(
        self,
        line: Line,
        *,
        energies: Sequence[str],
        started_wall: datetime,
        report_violation: Callable[[Violation], None] | None = None,
        record_within_s: float = RECORD_WITHIN_S,
        scan_s: float = 0.05,
    ) -> None:
        self.violations: list[Violation] = []
        self.tallies = Tallies()
        self.started_wall = started_wall
        self._told = report_violation
        ledger = Ledger()
        self._accounts = Accounts(
            line, tuple(energies), ledger, self.tallies, self._violated, record_within_s
        )
        self._watch = Watch(line, tuple(energies), ledger, self._accounts, self.tallies, self._violated)
        self._watch.flow.scan_s = scan_s
        self.take: Callable[[Truth], None] = self._watch.take

    @property
    def held(self) -> int:
        """Trips that are not judged yet."""
        return len(self._watch.trips)

    def feeding_ended(self) -> None:
        """No more parcels come: an empty infeed is no standstill."""
        self._watch.flow.feeding = False

    def look(self, database: Connection | Engine, now_s: float, *, settled: bool) -> None:
        """Look at the centre; `settled` at the end, when all that could be delivered has been."""
        opened = database.connect() if isinstance(database, Engine) else nullcontext(database)
        with opened as connection:
            self._accounts.look(connection, self._watch.trips, now_s, settled=settled)
        self._watch.forget(now_s)
        any_fault = self._watch.aftermath.any_fault
        late = too_few(self.tallies, any_fault, now_s) if settled else self._watch.flow.stands(now_s)
        for each in late:
            self._violated(each)

    def _violated(self, violation: Violation) -> None:
        self.violations.append(violation)
        if self._told is not None:
            self._told(violation)
