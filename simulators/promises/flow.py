"""Promises 3 and 10 on the belt's flow: it stands when it must, and never without a reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from simulators.promises.findings import Violation

WATCHDOG_S = 1.5  # the agent may be silent so long
_REACTION_S = 0.05  # the item that is just at the eye
_REACTION_SCANS = 3  # to see the last heartbeat, to miss the next, and to close the induction
_STOPPED_WITHIN_S = 0.5  # after an item in a release lane without an order
STANDSTILL_S = 90.0  # without an induction, though nothing stops the belt

# Faults for which the belt may stand for a while. No device beside the controller is among them.
_STOPPING = frozenset(
    {
        "belt_stopped",
        "emergency_stop",
        "item_jammed",
        "diverter_wrong",
        "controller_restarted",
        "contract_mismatch",
        "link_off",
        "link_slow",
        "link_stuck",
        "link_torn",
        "edge_disk_full",
        "edge_database_busy",
        "agent_killed",
    }
)


@dataclass
class Flow:
    """When trips begin, and what forbids or excuses that; `scan_s` is the controller's."""

    agent_dead_since_s: float | None = None
    _unordered_since_s: float | None = None  # an item lies in a release lane that nobody ordered there
    _reason_s: float | None = None  # until when there was a reason to stand, or a trip that began
    _complained: bool = False
    feeding: bool = True
    scan_s: float = 0.05

    def agent_died(self, at_s: float) -> None:
        """The agent is dead."""
        if self.agent_dead_since_s is None:
            self.agent_dead_since_s = at_s

    def agent_began(self, at_s: float) -> None:
        """The agent lives; it has not looked yet."""
        self.agent_dead_since_s = None
        self._excuse(at_s)

    def fault(self, fault: str, at_s: float) -> None:
        """A fault took effect."""
        if fault in _STOPPING:
            self._excuse(at_s)

    def unordered(self, at_s: float) -> None:
        """An item came into a release lane without an order: the line has to stop."""
        if self._unordered_since_s is None:
            self._unordered_since_s = at_s

    def cleared(self, at_s: float) -> None:
        """A hand was at the line."""
        self._unordered_since_s = None
        self._excuse(at_s)

    def trip_began(self, at_s: float) -> Iterator[Violation]:
        """An item came onto the belt."""
        dead_s = 0.0 if self.agent_dead_since_s is None else at_s - self.agent_dead_since_s
        if dead_s > WATCHDOG_S + _REACTION_S + _REACTION_SCANS * self.scan_s:
            yield Violation(3, f"an item was inducted while the agent had been dead for {dead_s:.1f} s", at_s)
        since_s = self._unordered_since_s
        if since_s is not None and at_s - since_s > _STOPPED_WITHIN_S:
            yield Violation(
                1,
                f"the line ran on with an item brought into a release lane without order at {since_s:.2f} s",
                at_s,
            )
            self._unordered_since_s = None  # said once
        yield from self.stands(at_s)
        self._excuse(at_s)
        self._complained = False

    def stands(self, now_s: float) -> Iterator[Violation]:
        """Whether nothing came onto the belt for too long without a reason."""
        if self._complained or not self.feeding or self._reason_s is None:
            return
        if self.agent_dead_since_s is not None or self._unordered_since_s is not None:
            self._excuse(now_s)
        elif now_s - self._reason_s > STANDSTILL_S:
            self._complained = True
            yield Violation(
                10,
                f"nothing was inducted for {now_s - self._reason_s:.0f} s, and no fault of belt, controller "
                "or agent says why",
                now_s,
            )

    def _excuse(self, at_s: float) -> None:
        self._reason_s = at_s if self._reason_s is None else max(at_s, self._reason_s)
