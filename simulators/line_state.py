"""The line's PackML state and how it changes: one step of the model a scan, pure.

    STOPPED -> IDLE -> STARTING -> EXECUTE -> STOPPING -> STOPPED       by hand, or once the agent was there
                                   EXECUTE -> HOLDING -> HELD -> EXECUTE       cause inside
                                   EXECUTE -> SUSPENDED -> EXECUTE             cause downstream
    any -> ABORTING -> ABORTED -> CLEARING -> STOPPED                   emergency stop, release without order

Resetting, unholding, suspending and unsuspending take no time here: their goals are shown, as the contract
allows. ABORTED and a jam end only by a hand at the line; no software starts it again.
"""

from dataclasses import dataclass

from msgspec import Struct

from simulators.contract import State

_STOPPABLE = frozenset(
    {State.IDLE, State.STARTING, State.EXECUTE, State.SUSPENDED, State.HOLDING, State.HELD}
)


class Seen(Struct, frozen=True):
    """What the line's state depends on."""

    emergency: bool = False  # the emergency stop is pressed
    stopped: bool = False  # the stop switch
    started: bool = False  # a hand presses start
    alive: bool = False  # the agent's heartbeat
    ever_alive: bool = False
    bench_full: bool = False  # nothing could take what no lane takes


@dataclass
class LineState:
    """Where the line stands; begins STOPPED."""

    state: State = State.STOPPED
    jammed: bool = False  # HELD with the belt standing
    _abort: bool = False

    @property
    def belt_runs(self) -> bool:
        """Whether the belt's motor is on: also while the belt clears itself because the agent is away."""
        return self.state is State.EXECUTE or (self.state in (State.HOLDING, State.HELD) and not self.jammed)

    @property
    def needs_hand(self) -> bool:
        """Whether only a hand at the line starts it again."""
        return self.state is State.ABORTED or (self.state is State.HELD and self.jammed)

    @property
    def alarmed(self) -> bool:
        """Whether a jam or an abort is to be taken in."""
        return self.jammed or self._abort

    def jam(self) -> None:
        """Items no longer come where they should: the belt is to stand."""
        self.jammed = True

    def abort(self) -> None:
        """Something came where it must not: stop at once."""
        self._abort = True

    def step(self, seen: Seen) -> State:
        """The state after this scan."""
        self.state = self._next(seen)
        return self.state

    def _next(self, seen: Seen) -> State:  # noqa: PLR0912  one case a state
        state = self.state
        if (seen.emergency or self._abort) and state not in (State.ABORTING, State.ABORTED):
            self._abort = False
            return State.ABORTING
        if seen.stopped and state in _STOPPABLE:
            return State.STOPPING
        match state:
            case State.ABORTING:
                return State.ABORTED
            case State.ABORTED:
                return State.CLEARING if seen.started and not seen.emergency else state
            case State.CLEARING | State.STOPPING:
                self.jammed = False
                return State.STOPPED
            case State.STOPPED:
                return State.IDLE if seen.ever_alive and not seen.stopped else state
            case State.IDLE:
                return State.STARTING
            case State.STARTING:
                return State.EXECUTE
            case State.EXECUTE if self.jammed or not seen.alive:
                return State.HOLDING
            case State.EXECUTE | State.SUSPENDED:
                return State.SUSPENDED if seen.bench_full else State.EXECUTE
            case State.HOLDING:
                return State.HELD
            case State.HELD if self.jammed:
                self.jammed = not seen.started
                return state
            case State.HELD:
                return State.EXECUTE if seen.alive else state
