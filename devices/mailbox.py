"""The mailbox of lane commands: which slots are free, and which result belongs to which command.

A slot is free when the controller's echo equals the sequence that stands in the slot. Sequences go on above
all that was found there, so a restarted agent repeats none and takes no former agent's result for its own.
Two commands for one item are never in the mailbox together: the controller may take the slots in any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devices.interfaces import CommandOutcome, CommandResult, LaneCommand
from devices.profile import SorterProfile

_HIGHEST = 0xFFFFFFFF
_OUTCOMES = frozenset(CommandOutcome)


@dataclass
class _Slot:
    """What stands in a command slot, the controller's echo, and whose result is awaited there."""

    sequence: int = 0
    echo: int = 0
    awaiting: LaneCommand | None = None

    @property
    def free(self) -> bool:
        return self.sequence == self.echo and self.awaiting is None


class Mailbox:
    """Pure book-keeping; the caller reads and writes the registers. `adopt` comes before everything else."""

    def __init__(self, profile: SorterProfile) -> None:
        self._commands = profile.commands
        self._results = profile.results
        self._slots = [_Slot() for _ in range(profile.commands.slots)]
        self._sequence = 0  # the highest in use

    @property
    def full(self) -> bool:
        """Whether no slot is free."""
        return not any(slot.free for slot in self._slots)

    def adopt(self, commands: Sequence[int], results: Sequence[int]) -> None:
        """Take over what the mailbox holds: at each connection, and whenever what is believed may be wrong.

        A command whose writing was in doubt and that is not there is forgotten: the caller still has it.
        """
        for index, slot in enumerate(self._slots):
            sequence = self._commands.fields.sequence.read(commands, index * self._commands.slot_length)
            if sequence != slot.sequence:
                slot.awaiting = None
            slot.sequence = sequence
            slot.echo = self._results.fields.sequence.read(results, index * self._results.slot_length)
            self._sequence = max(self._sequence, slot.sequence, slot.echo)

    def collect(self, results: Sequence[int]) -> tuple[list[CommandResult], list[int]]:
        """Results of our commands, each once, and outcomes the contract does not have; both free the slot."""
        understood: list[CommandResult] = []
        unknown: list[int] = []
        for index, slot in enumerate(self._slots):
            start = index * self._results.slot_length
            slot.echo = self._results.fields.sequence.read(results, start)
            if slot.awaiting is None or slot.echo != slot.sequence:
                continue
            outcome = self._results.fields.outcome.read(results, start)
            if outcome in _OUTCOMES:
                understood.append(CommandResult(slot.awaiting.command_id, CommandOutcome(outcome)))
            else:
                unknown.append(outcome)
            slot.awaiting = None
        return understood, unknown

    def holds(self, command: LaneCommand) -> bool:
        """Whether that very command awaits its result."""
        return any(awaiting.command_id == command.command_id for awaiting in self._awaiting())

    def place(self, command: LaneCommand) -> tuple[int, list[int]] | None:
        """Put a command into a free slot: address and registers to write at once; None if it has to wait."""
        item = (command.epoch, command.tracking_id)
        if any((awaiting.epoch, awaiting.tracking_id) == item for awaiting in self._awaiting()):
            return None
        for index, slot in enumerate(self._slots):
            if slot.free:
                self._sequence = self._sequence % _HIGHEST + 1
                slot.sequence, slot.awaiting = self._sequence, command
                words = [0] * self._commands.slot_length
                fields = self._commands.fields
                fields.epoch.write(words, command.epoch)
                fields.tracking_id.write(words, command.tracking_id)
                fields.lane.write(words, command.lane)
                fields.sequence.write(words, slot.sequence)
                return self._commands.base + index * self._commands.slot_length, words
        return None

    def _awaiting(self) -> Iterable[LaneCommand]:
        return (slot.awaiting for slot in self._slots if slot.awaiting is not None)
