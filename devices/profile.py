"""The register map of a sorting line's controller, read from a profile file and checked.

A profile is data: `devices/profiles/NAME.toml`. Addresses are PDU addresses of holding registers from 0.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, Struct

from devices.profile_file import parsed, shipped_text

Address = Annotated[int, Meta(ge=0, le=0xFFFF)]
Count = Annotated[int, Meta(ge=1, le=0xFFFF)]
Bit = Annotated[int, Meta(ge=0, le=15)]
_LARGEST_WRITE = 123  # registers in one FC16 request (Modbus application protocol V1.1b3, §6.12)


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """Every table of a profile: keys it does not know are errors."""


class Field(_Table, frozen=True):
    """A value in a block or slot: `words` registers from `offset`, high word first."""

    offset: Address
    words: Annotated[int, Meta(ge=1, le=64)] = 1

    def read(self, block: Sequence[int], start: int = 0) -> int:
        """Its value in the registers of a block, or of the slot that begins at `start`."""
        value = 0
        for word in block[start + self.offset : start + self.offset + self.words]:
            value = value << 16 | word
        return value

    def part(self, offset: int, words: int) -> "Field":
        """One of several values in it."""
        return Field(self.offset + offset, words)

    def write(self, block: list[int], value: int) -> None:
        """Put `value` into the registers of a block; what does not fit its words is cut off."""
        for index in range(self.words):
            block[self.offset + index] = value >> 16 * (self.words - 1 - index) & 0xFFFF


class StatusFields(_Table, frozen=True):
    """What the controller says of itself and its line."""

    magic: Field
    contract_version: Field
    state: Field
    epoch: Field
    heartbeat: Field
    flags: Field
    time_ms: Field
    encoder_mm: Field
    speed_mm_s: Field
    lanes_available: Field
    inducted: Field
    last_tracking_id: Field
    newest_sequence: Field
    watchdog_ms: Field
    ring_capacity: Field
    ct_state: Field
    lane_counts: Field


class StatusFlags(_Table, frozen=True):
    """Bit numbers in the status block's flags."""

    induction_open: Bit
    agent_alive: Bit


class StatusBlock(_Table, frozen=True):
    """The controller's status."""

    base: Address
    length: Count
    fields: StatusFields
    flags: StatusFlags


class ResultFields(_Table, frozen=True):
    """The controller's word on a command."""

    sequence: Field
    outcome: Field


class ResultSlots(_Table, frozen=True):
    """One result slot for each command slot."""

    base: Address
    slots: Count
    slot_length: Count
    fields: ResultFields


class CommandFields(_Table, frozen=True):
    """A lane command."""

    epoch: Field
    tracking_id: Field
    lane: Field
    sequence: Field


class CommandSlots(_Table, frozen=True):
    """The mailbox."""

    base: Address
    slots: Count
    slot_length: Annotated[int, Meta(ge=1, le=_LARGEST_WRITE)]
    fields: CommandFields


class AgentFields(_Table, frozen=True):
    """What the agent says of itself."""

    heartbeat: Field
    contract_version: Field


class AgentBlock(_Table, frozen=True):
    """The agent's sign of life."""

    base: Address
    length: Annotated[int, Meta(ge=1, le=_LARGEST_WRITE)]
    fields: AgentFields


class RingFields(_Table, frozen=True):
    """An event."""

    sequence: Field
    kind: Field
    point: Field
    tracking_id: Field
    encoder_mm: Field
    time_ms: Field
    detail: Field


class RingBlock(_Table, frozen=True):
    """The event ring."""

    base: Address
    capacity: Annotated[int, Meta(ge=8, le=0xFFFF)]
    slot_length: Count
    fields: RingFields


class SorterProfile(_Table, frozen=True):
    """A controller that speaks the Redpeak sorter contract, register by register."""

    name: str
    title: str
    contract_version: Annotated[int, Meta(ge=1, le=0xFFFF)]
    magic: Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
    maximum_read: Annotated[int, Meta(ge=1, le=125)]
    lanes: Annotated[int, Meta(ge=1, le=16)]
    met_real_hardware: bool
    status: StatusBlock
    results: ResultSlots
    commands: CommandSlots
    agent: AgentBlock
    ring: RingBlock


def load_profile(name: str) -> SorterProfile:
    """The shipped profile of that name; ProfileError names file, key and expectation."""
    return parse_profile(shipped_text(name, ct=False), f"{name}.toml")


def parse_profile(text: str, file: str) -> SorterProfile:
    """A profile from its TOML text; `file` is named in errors."""
    return parsed(text, file, SorterProfile, _faults)


def _faults(profile: SorterProfile) -> Iterable[tuple[str, str]]:
    """Key and unmet expectation of everything that no single key can be checked for."""
    status, results, commands, ring = profile.status, profile.results, profile.commands, profile.ring
    yield from _field_faults("status", status.fields, status.length)
    yield from _field_faults("results", results.fields, results.slot_length)
    yield from _field_faults("commands", commands.fields, commands.slot_length)
    yield from _field_faults("agent", profile.agent.fields, profile.agent.length)
    yield from _field_faults("ring", ring.fields, ring.slot_length)
    if results.slots != commands.slots:
        yield "results.slots", f"expected one for each of the {commands.slots} command slots"
    if status.fields.lane_counts.words != 2 * profile.lanes:
        yield "status.fields.lane_counts.words", f"expected {2 * profile.lanes}, two words a lane"
    if ring.slot_length > profile.maximum_read:
        yield "ring.slot_length", f"expected at most maximum_read = {profile.maximum_read}"
    begin = min(status.base, results.base)
    end = max(status.base + status.length, results.base + results.slots * results.slot_length)
    if end - begin > profile.maximum_read:
        yield "results.base", f"expected status and results in one read of {profile.maximum_read} registers"
    areas = sorted(
        (
            (status.base, status.length, "status"),
            (results.base, results.slots * results.slot_length, "results"),
            (commands.base, commands.slots * commands.slot_length, "commands"),
            (profile.agent.base, profile.agent.length, "agent"),
            (ring.base, ring.capacity * ring.slot_length, "ring"),
        )
    )
    for (base, length, name), (following, _, other) in pairwise(areas):
        if base + length > following:
            yield f"{other}.base", f"expected {base + length} or more, after {name}"
    last_base, last_length, last = areas[-1]
    if last_base + last_length > 0x10000:
        yield f"{last}.base", "expected the block to end within 65536 registers"


def _field_faults(block: str, fields: Struct, length: int) -> Iterable[tuple[str, str]]:
    taken: dict[int, str] = {}
    for name in fields.__struct_fields__:
        field: Field = getattr(fields, name)
        key = f"{block}.fields.{name}"
        if field.words > 2 and name != "lane_counts":
            yield key, "expected words to be 1 or 2"
        if field.offset + field.words > length:
            yield key, f"expected it to end within the {length} registers of its block or slot"
        for offset in range(field.offset, field.offset + field.words):
            if offset in taken:
                yield key, f"expected offset {offset} for itself; {taken[offset]} has it"
            taken[offset] = name
