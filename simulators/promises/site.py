"""Follows what happens to the site as a whole: faults, kills, starts, customs' words, a hand at the line."""

from collections.abc import Callable
from typing import Any

from simulators.promises.accounts import Accounts
from simulators.promises.flow import Flow
from simulators.promises.papers import Words
from simulators.promises.shares import Aftermath
from simulators.truth import (
    FaultTook,
    LineCleared,
    PaperChanged,
    PaperHeard,
    ProcessBegan,
    ProcessDied,
    Truth,
)

_AGENT = "agent"
_UNREAD_S = 3.0  # events of so long before can be lost with the ring or the controller's memory
_LOSES_EVENTS = frozenset({"ring_overrun", "controller_restarted"})


class SiteWatch:
    """Tells those concerned what happened to the site."""

    def __init__(self, flow: Flow, aftermath: Aftermath, accounts: Accounts, words: Words) -> None:
        self._flow, self._aftermath, self._accounts = flow, aftermath, accounts
        self.takers: dict[type[Truth], Callable[[Any], None]] = {
            FaultTook: self._fault_took,
            ProcessDied: self._process_died,
            ProcessBegan: self._process_began,
            PaperChanged: words.said,
            PaperHeard: words.heard,
            LineCleared: self._line_cleared,
        }

    def _fault_took(self, took: FaultTook) -> None:
        self._flow.fault(took.fault, took.at_s)
        self._aftermath.fault(took.fault, took.at_s)
        self._accounts.fault(took.fault, took.at_s)
        if took.fault in _LOSES_EVENTS:
            for trip in self._accounts.waiting.values():
                if trip.end is not None and trip.end.at_s >= took.at_s - _UNREAD_S:
                    trip.touched = True  # that it was seen in its lane may have been lost unread

    def _process_died(self, died: ProcessDied) -> None:
        self._accounts.fault(f"{died.process}_killed", died.at_s)
        if died.process == _AGENT:
            self._flow.agent_died(died.at_s)
            self._aftermath.agent_died(died.at_s)
        else:
            self._aftermath.any_fault = True

    def _process_began(self, began: ProcessBegan) -> None:
        self._accounts.fault(f"{began.process}_killed", began.at_s)
        if began.process == _AGENT:
            self._flow.agent_began(began.at_s)
            self._aftermath.agent_began(began.at_s)

    def _line_cleared(self, cleared: LineCleared) -> None:
        self._flow.cleared(cleared.at_s)
