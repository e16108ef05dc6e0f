"""The controller's registers: what the agent reads and writes, laid out by a register map.

The writing orders are the contract's: a ring slot's sequence is 0 while it is filled and set last, then the
newest sequence follows; a result's outcome stands before its sequence is echoed.
"""

from collections.abc import Iterable

from simulators.contract import Command, Event, Result, Status
from simulators.watchdog import LIMIT_MS
from simulators.wires.register_map import RegisterMap


class PlcImage:
    """The registers of one controller, from address 0. Writes from the wire arrive through `receive`."""

    def __init__(self, layout: RegisterMap) -> None:
        self.layout = layout
        self.registers = [0] * layout.length
        self._epoch = 0
        self._sequence = 0
        self._taken: dict[int, int] = {}  # slot → sequence handed to the controller

    @property
    def heartbeat(self) -> int:
        """The agent's heartbeat register."""
        return self.layout.agent.fields["heartbeat"].read(self.registers, self.layout.agent.base)

    def receive(self, address: int, values: Iterable[int]) -> None:
        """The agent wrote registers from `address` on."""
        for place, value in enumerate(values, start=address):
            self.registers[place] = value

    def commands(self) -> tuple[Command, ...]:
        """Command slots whose sequence differs from the echo, each handed out once, oldest sequence first."""
        block, results = self.layout.commands, self.layout.results
        found: list[Command] = []
        for slot in range(block.slots):
            base = block.slot(slot)
            sequence = block.fields["sequence"].read(self.registers, base)
            echo = results.fields["sequence"].read(self.registers, results.slot(slot))
            if sequence in (echo, self._taken.get(slot, echo)):
                continue
            self._taken[slot] = sequence
            epoch, tracking_id, lane = (
                block.fields[name].read(self.registers, base) for name in ("epoch", "tracking_id", "lane")
            )
            found.append(Command(slot, sequence, epoch, tracking_id, lane))
        return tuple(sorted(found, key=lambda command: command.sequence))

    def publish(self, status: Status, events: Iterable[Event], results: Iterable[Result]) -> None:
        """Take over what a scan yielded; a new epoch clears all but the agent's heartbeat."""
        if status.epoch != self._epoch:
            self._boot(status.epoch)
        for result in results:
            self._answer(result)
        for event in events:
            self._append(event)
        self._show(status)

    def _boot(self, epoch: int) -> None:
        self._epoch, self._sequence = epoch, 0
        self._taken.clear()
        agent = self.layout.agent  # kept: clearing the heartbeat would look like a beat
        kept = self.registers[agent.base : agent.base + agent.length]
        self.registers[:] = [0] * len(self.registers)
        self.receive(agent.base, kept)

    def _answer(self, result: Result) -> None:
        block = self.layout.results
        base = block.slot(result.command.slot)
        block.fields["outcome"].write(self.registers, base, result.outcome)
        block.fields["sequence"].write(self.registers, base, result.command.sequence)

    def _append(self, event: Event) -> None:
        ring = self.layout.ring
        self._sequence += 1
        base = ring.slot((self._sequence - 1) % ring.slots)
        ring.fields["sequence"].write(self.registers, base, 0)
        for name, value in (
            ("kind", event.kind),
            ("point", event.point),
            ("tracking_id", event.tracking_id),
            ("encoder_mm", event.encoder_mm),
            ("time_ms", event.time_ms),
            ("detail", event.detail),
        ):
            ring.fields[name].write(self.registers, base, value)
        ring.fields["sequence"].write(self.registers, base, self._sequence)

    def _show(self, status: Status) -> None:
        flags = (
            status.induction_open << self.layout.flags["induction_open"]
            | status.agent_alive << self.layout.flags["agent_alive"]
        )
        for name, value in (
            ("magic", self.layout.magic),
            ("contract_version", self.layout.contract_version),
            ("state", status.state),
            ("epoch", status.epoch),
            ("heartbeat", status.heartbeat),
            ("flags", flags),
            ("time_ms", status.time_ms),
            ("encoder_mm", status.encoder_mm),
            ("speed_mm_s", status.speed_mm_s),
            ("lanes_available", sum(1 << lane - 1 for lane in status.lanes_available)),
            ("inducted", status.inducted),
            ("last_tracking_id", status.last_tracking_id),
            ("watchdog_ms", LIMIT_MS),
            ("ring_capacity", self.layout.ring.slots),
            ("newest_sequence", self._sequence),
            ("ct_state", status.ct_state),
        ):
            self.layout.status.fields[name].write(self.registers, self.layout.status.base, value)
        counts = self.layout.status.fields["lane_counts"]
        base = self.layout.status.base + counts.offset
        for lane, count in enumerate(status.lane_counts):
            self.registers[base + 2 * lane : base + 2 * lane + 2] = [count >> 16 & 0xFFFF, count & 0xFFFF]
