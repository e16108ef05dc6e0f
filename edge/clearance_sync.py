"""Keeps the clearance list in step with the centre: deltas as they come, the whole list after a gap."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial

import structlog

from edge.clearance import ClearanceList
from edge.interfaces import Aside, ClearanceSource, FetchError
from edge.messages import CentreState, ClearanceDelta

_DELTA_MAY_COME_S = 2.0  # the centre's state can overtake a delta on its way
_RETRY_S = 2.0
_log = structlog.get_logger(__name__)


class ClearanceSync:
    """Takes in what the centre says of its list.

    Args:
        list_: the local copy.
        source: gives a whole list.
        changed: told the keys of what changed, waybills and aliases; None after a whole list: any may have.
        now_s: monotonic seconds.
        aside: takes what is long: to write a whole list.
    """

    def __init__(
        self,
        list_: ClearanceList,
        source: ClearanceSource,
        changed: Callable[[set[str] | None], None],
        now_s: Callable[[], float],
        aside: Aside,
    ) -> None:
        self._list, self._source, self._changed, self._now_s = list_, source, changed, now_s
        self._apart = aside
        self._needed = asyncio.Event()
        self._behind_since_s: float | None = None
        self._fetching = False
        self._meanwhile: list[ClearanceDelta] = []  # came while the whole list was on its way

    @property
    def wants_list(self) -> bool:
        """Whether the whole list is to be fetched."""
        return self._needed.is_set()

    def delta(self, delta: ClearanceDelta) -> None:
        """Changes from the centre; a gap, or a disk that fails, means that the whole list is fetched."""
        if self._fetching:
            self._meanwhile.append(delta)
        try:
            whole = self._list.apply(delta, self._now_s())
        except sqlite3.Error as error:
            _log.error("clearance_not_written", problem=str(error))
            whole = False
        if whole:
            self._changed({key for entry in delta.entries for key in (entry.waybill_key, *entry.aliases)})
        elif not self._fetching:
            self._needed.set()

    def centre(self, state: CentreState) -> None:
        """The centre's list as of now: ours is confirmed, or behind."""
        try:
            confirmed = self._list.confirm(state.clearance_number, state.at, self._now_s())
        except sqlite3.Error as error:
            _log.error("clearance_not_written", problem=str(error))
            return
        if confirmed:
            self._behind_since_s = None
            return
        now_s = self._now_s()
        self._behind_since_s = self._behind_since_s or now_s
        if self._list.number == 0 or now_s - self._behind_since_s >= _DELTA_MAY_COME_S:
            self._needed.set()

    async def run(self) -> None:
        """Fetch whenever the list is needed whole, until cancelled."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            self._fetching = True
            try:
                snapshot = await self._source.fetch()
                await self._apart("clearance list", partial(self._list.build, snapshot))
                self._list.take_over(snapshot, self._now_s())
            except (FetchError, sqlite3.Error, OSError) as error:
                _log.warning("clearance_not_fetched", problem=str(error))
                await asyncio.sleep(_RETRY_S)
                self._needed.set()
            else:
                self._behind_since_s = None
                self._changed(None)
                _log.info("clearance_fetched", number=snapshot.number, waybills=len(snapshot.entries))
            self._fetching = False
            meanwhile, self._meanwhile = self._meanwhile, []
            for delta in meanwhile:
                self.delta(delta)
