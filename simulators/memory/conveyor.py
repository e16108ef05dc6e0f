"""The line's controller as the agent's driver would show it, and how its link fails."""

import asyncio
from collections.abc import Callable, Sequence

from devices.errors import ContractMismatch, ControllerFrozen, LinkDown
from devices.interfaces import (
    CommandOutcome,
    CommandResult,
    CtState,
    Cursor,
    DeviceState,
    Health,
    ItemEvent,
    ItemEventKind,
    LaneCommand,
    LineStatus,
    PackMlState,
    Poll,
)
from simulators.contract import Command, Event, Status
from simulators.memory.fault_board import Fault, FaultBoard
from simulators.memory.plant import MemoryPlant
from simulators.memory.steps import Process, Step, Steps

_MOST_EVENTS = 250  # a poll
_SLOTS = 8
_SLOW_S = 0.3  # a slow answer


class MemoryConveyor:
    """Satisfies `devices.interfaces.Conveyor`; one for each life of the agent."""

    name = "conveyor"

    def __init__(
        self, plant: MemoryPlant, faults: FaultBoard, steps: Steps, now_s: Callable[[], float]
    ) -> None:
        self._plant, self._faults, self._steps, self._now_s = plant, faults, steps, now_s
        self._sent: dict[int, int] = {}  # the mailbox: our sequence → the agent's command id
        self._sequence = 0
        self._state, self._since_s, self._detail = DeviceState.CONNECTING, now_s(), ""

    async def poll(self, after: Cursor) -> Poll:
        """Look at the controller; DeviceError as the driver would raise it."""
        if self._faults.lasts(Fault.LINK_SLOW):
            await asyncio.sleep(_SLOW_S)
        self._plant.advance()
        self._check_link()
        self._is(DeviceState.ONLINE)
        ring, status = self._plant.ring, self._plant.status
        known = after.sequence if after.epoch == ring.epoch else 0
        fresh = ring.beyond(known)
        oldest = fresh[0][0] if fresh else ring.newest + 1
        missed = (known + 1, oldest - 1) if oldest > known + 1 else None
        events = tuple(_event(number, event) for number, event in fresh[:_MOST_EVENTS])
        scanned_at_s = self._plant.world.scanned_at_s  # the status is of that moment
        return Poll(scanned_at_s, _status(status, ring.newest), events, self._results(), missed)

    async def send(self, commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]:
        """Write commands into free slots of the mailbox."""
        self._check_link()
        placed: list[LaneCommand] = []
        for command in commands[: _SLOTS - len(self._sent)]:
            self._steps.about_to(Process.AGENT, Step.LANE_COMMAND)
            self._sequence += 1
            placed.append(command)
            if self._faults.strikes(Fault.COMMAND_LOST):
                continue
            self._sent[self._sequence] = command.command_id
            self._plant.command(
                Command(
                    self._sequence % _SLOTS, self._sequence, command.epoch, command.tracking_id, command.lane
                )
            )
        return placed

    async def beat(self, count: int) -> None:
        """Write the heartbeat."""
        self._check_link()
        self._steps.about_to(Process.AGENT, Step.HEARTBEAT)
        self._plant.heartbeat = count

    def health(self) -> Health:
        """How the link stands."""
        return Health(self.name, self._state, self._since_s, self._detail)

    async def close(self) -> None:
        """Nothing to close."""

    def _results(self) -> tuple[CommandResult, ...]:
        results, self._plant.results = self._plant.results, []
        found: list[CommandResult] = []
        for result in results:
            command_id = self._sent.pop(result.command.sequence, None)
            if command_id is None or self._faults.strikes(Fault.ACKNOWLEDGEMENT_LOST):
                continue
            found.append(CommandResult(command_id, CommandOutcome(result.outcome)))
        return tuple(found)

    def _check_link(self) -> None:
        if self._faults.lasts(Fault.LINK_OFF):
            self._is(DeviceState.OFFLINE, "no answer")
            raise LinkDown("conveyor: no answer")
        if self._faults.lasts(Fault.LINK_STUCK):
            self._is(DeviceState.OFFLINE, "its program stands still")
            raise ControllerFrozen("conveyor: its program stands still")
        if self._faults.lasts(Fault.CONTRACT_MISMATCH):
            self._is(DeviceState.DEGRADED, "another contract")
            raise ContractMismatch("conveyor: contract version 99, this version speaks 1")
        if self._faults.strikes(Fault.LINK_TORN):
            raise LinkDown("conveyor: the reading was torn")

    def _is(self, state: DeviceState, detail: str = "") -> None:
        if state is not self._state:
            self._state, self._since_s, self._detail = state, self._now_s(), detail


def _event(sequence: int, event: Event) -> ItemEvent:
    return ItemEvent(
        sequence,
        ItemEventKind(event.kind),
        event.tracking_id,
        event.point,
        event.encoder_mm,
        event.time_ms,
        event.detail,
    )


def _status(status: Status, newest: int) -> LineStatus:
    return LineStatus(
        epoch=status.epoch,
        contract_version=1,
        controller_heartbeat=status.heartbeat,
        state=PackMlState(status.state),
        induction_open=status.induction_open,
        agent_alive=status.agent_alive,
        time_ms=status.time_ms,
        encoder_mm=status.encoder_mm,
        speed_mm_s=status.speed_mm_s,
        lanes_available=status.lanes_available,
        lane_counts=status.lane_counts,
        inducted=status.inducted,
        last_tracking_id=status.last_tracking_id,
        newest_sequence=newest,
        ct_state=CtState(status.ct_state),
    )
