"""The controller of a sorting line over Modbus TCP, as a profile file describes it.

One request reads status and results; events, the mailbox and the heartbeat have their own blocks. Nothing is
written to a machine before its status has shown that it is the one the profile describes.
"""

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Protocol

import structlog

from devices.errors import ContractMismatch, ControllerFrozen, LinkDown
from devices.event_ring import EventRing
from devices.health import HealthRecord
from devices.interfaces import (
    CommandResult,
    CtState,
    Cursor,
    Health,
    LaneCommand,
    LineStatus,
    Poll,
)
from devices.line_status import line_status
from devices.mailbox import Mailbox
from devices.profile import SorterProfile

_log: structlog.stdlib.BoundLogger = structlog.get_logger()
_STANDS_STILL_S = 1.0  # the contract's heartbeat counts up at least every 0.2 s


class RegisterLink(Protocol):
    """A link to holding registers; `connections` counts the connections made so far."""

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        ...

    @property
    def connections(self) -> int:
        """Made so far."""
        ...

    async def read(self, address: int, count: int) -> Sequence[int]:
        """Registers from a PDU address."""
        ...

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write registers in one request."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


class ModbusConveyor:
    """A `devices.interfaces.Conveyor`."""

    def __init__(
        self, name: str, link: RegisterLink, profile: SorterProfile, clock: Callable[[], float]
    ) -> None:
        self._name = name
        self._link = link
        self._profile = profile
        self._clock = clock
        self._health = HealthRecord(name, clock)
        self._ring = EventRing(link, profile)
        self._mailbox = Mailbox(profile)
        self._results: list[CommandResult] = []  # collected, and not yet returned by a poll
        self._unknown_outcomes: list[int] = []
        self._verified = 0  # the connection on which the machine was checked and its mailbox adopted
        self._heartbeat: tuple[int, float] | None = None  # the controller's, and since when it is that
        self._ct_number = int(CtState.NONE)  # the CT state register as last read
        self._odd = False  # it sent something the contract does not have, and nothing better since
        self._one_at_a_time = asyncio.Lock()

    @property
    def name(self) -> str:
        """The device's name."""
        return self._name

    def health(self) -> Health:
        """Its account of itself."""
        return self._health.now

    async def poll(self, after: Cursor) -> Poll:
        """Status, results and the events after the cursor; LinkDown or ContractMismatch."""
        async with self._one_at_a_time:
            with self._reporting():
                status = await self._look()
                at_s = self._clock()
                self._watch(status.controller_heartbeat, at_s)
                read = await self._ring.read(after, status.epoch, status.newest_sequence)
            self._account(len(read.events), read.unknown)
            results, self._results = tuple(self._results), []
            return Poll(at_s, status, read.events, results, read.missed)

    async def send(self, commands: Sequence[LaneCommand]) -> Sequence[LaneCommand]:
        """Place commands in free slots; returns those placed, also those that were placed before.

        LinkDown if not even the first could be: whether that one arrived shows after the next connection.
        """
        placed: list[LaneCommand] = []
        async with self._one_at_a_time:
            with self._reporting():
                await self._prepare()
                if self._mailbox.full:
                    await self._look(adopt=True)
                for command in commands:
                    try:
                        if await self._place(command):
                            placed.append(command)
                    except LinkDown:
                        self._verified = 0
                        if not placed:
                            raise
                        break
        return placed

    async def beat(self, count: int) -> None:
        """Tell the controller that the agent lives: any change of the count does."""
        agent = self._profile.agent
        words = [0] * agent.length
        agent.fields.heartbeat.write(words, count)
        agent.fields.contract_version.write(words, self._profile.contract_version)
        async with self._one_at_a_time:
            with self._reporting():
                await self._prepare()
                await self._link.write(agent.base, words)

    async def close(self) -> None:
        """End the connection; the next call makes another."""
        await self._link.close()

    async def _place(self, command: LaneCommand) -> bool:
        if self._mailbox.holds(command):
            return True
        order = self._mailbox.place(command)
        if order is not None:
            await self._link.write(*order)
        return order is not None

    async def _prepare(self) -> None:
        """Check the machine unless that was done on this very connection."""
        if not self._link.connected or self._link.connections != self._verified:
            await self._look()

    async def _look(self, *, adopt: bool = False) -> LineStatus:
        """Read status and results, check the machine, take over its mailbox if need be, collect results."""
        profile = self._profile
        base = min(profile.status.base, profile.results.base)
        results_length = profile.results.slots * profile.results.slot_length
        end = max(profile.status.base + profile.status.length, profile.results.base + results_length)
        block = await self._link.read(base, end - base)
        status = line_status(block[profile.status.base - base :], profile, self._name)
        self._note_ct(profile.status.fields.ct_state.read(block, profile.status.base - base), status.ct_state)
        results = block[profile.results.base - base :][:results_length]
        if adopt or self._link.connections != self._verified:
            connection = self._link.connections
            commands = profile.commands
            self._mailbox.adopt(
                await self._link.read(commands.base, commands.slots * commands.slot_length), results
            )
            self._verified = connection
        understood, unknown = self._mailbox.collect(results)
        self._results += understood
        self._unknown_outcomes += unknown
        return status

    def _note_ct(self, number: int, taken_for: CtState) -> None:
        """Say once that the controller shows a CT state that the contract does not have."""
        if number not in (self._ct_number, taken_for):
            _log.warning("unknown_ct_state_read", device=self._name, number=number, taken_for=taken_for.name)
        self._ct_number = number

    def _watch(self, heartbeat: int, at_s: float) -> None:
        """A program that stands still behind a living link must not be taken for a belt that does."""
        if self._heartbeat is None or self._heartbeat[0] != heartbeat:
            self._heartbeat = (heartbeat, at_s)
        elif at_s - self._heartbeat[1] > _STANDS_STILL_S:
            raise ControllerFrozen(f"{self._name}: answers, but its program stands still")

    @contextmanager
    def _reporting(self) -> Generator[None]:
        """Every failure shows in the health."""
        try:
            yield
        except LinkDown as error:
            if not isinstance(error, ControllerFrozen):
                self._heartbeat = None  # not watched meanwhile
            self._health.become_offline(str(error))
            raise
        except ContractMismatch as error:
            self._verified = 0
            self._health.become_degraded(str(error), errors=int(self.health().detail != str(error)))
            raise

    def _account(self, events: int, kinds: Sequence[int]) -> None:
        outcomes, self._unknown_outcomes = self._unknown_outcomes, []
        if kinds:
            self._health.become_degraded(f"events of unknown kind {kinds[0]}", errors=len(kinds))
        if outcomes:
            self._health.become_degraded(f"unknown command outcome {outcomes[0]}", errors=len(outcomes))
        if kinds or outcomes:
            self._odd = True
        elif events:
            self._odd = False
        if not self._odd:
            self._health.become_online()
        self._health.count(events)
