"""Lane commands on their way to the controller: one at a time for an item, given again if they get lost."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from devices.errors import DeviceError
from devices.interfaces import CommandResult, Conveyor, LaneCommand
from edge.core import Core
from edge.observations import LaneRuled, SetLane

_ACKNOWLEDGED_WITHIN_S = 0.5  # a command unanswered for longer is taken for lost


class LaneCommands:
    """Sends the lanes of the core's present verdicts.

    The lane is read from the core when a command is sent, and an item has one unanswered command at most: an
    older lane can never be acknowledged after a newer one.
    """

    def __init__(self, core: Core, conveyor: Conveyor, now_s: Callable[[], float]) -> None:
        self._core, self._conveyor, self._now_s = core, conveyor, now_s
        self._wanted: dict[int, None] = {}  # tracking ids, in order
        self._unanswered: dict[int, tuple[SetLane, float]] = {}  # by command id, with the time of sending
        self._command_id = 0
        self.silent = False  # a command was left unanswered, and none was answered since

    @property
    def waiting(self) -> bool:
        """Whether the controller owes an answer."""
        return bool(self._unanswered)

    def want(self, tracking_id: int) -> None:
        """This item's lane is to be commanded."""
        self._wanted[tracking_id] = None

    def ruled(self, results: Iterable[CommandResult]) -> Iterator[LaneRuled]:
        """The controller's answers, each to the command it belongs to; none for items of an earlier boot."""
        for result in results:
            command, _ = self._unanswered.pop(result.command_id, (None, 0.0))
            if command is not None and command.epoch == self._core.state.epoch:
                self.silent = False
                yield LaneRuled(command.tracking_id, command.lane, result.outcome)

    async def send(self) -> None:
        """Send what is wanted; what finds no free slot, or no controller, stays wanted."""
        if not self._wanted and not self._unanswered:
            return
        self._give_up_on_lost()
        offered = list(self._commands())
        if not offered:
            return
        placed: set[int] = set()
        with suppress(DeviceError):
            placed = {command.command_id for command in await self._conveyor.send(offered)}
        for command in offered:
            if command.command_id not in placed:
                del self._unanswered[command.command_id]
                self.want(command.tracking_id)

    def _give_up_on_lost(self) -> None:
        overdue_s = self._now_s() - _ACKNOWLEDGED_WITHIN_S
        for command_id, (command, sent_s) in list(self._unanswered.items()):
            if sent_s < overdue_s:
                del self._unanswered[command_id]
                self.want(command.tracking_id)
                self.silent = True

    def _commands(self) -> Iterator[LaneCommand]:
        busy = {command.tracking_id for command, _ in self._unanswered.values()}
        for tracking_id in [each for each in self._wanted if each not in busy]:
            del self._wanted[tracking_id]
            lane = self._core.wanted_lane(tracking_id)
            if lane is not None:
                self._command_id += 1
                self._unanswered[self._command_id] = (lane, self._now_s())
                yield LaneCommand(self._command_id, lane.epoch, tracking_id, lane.lane)
