"""A controller profile read as a register map, by the plant's own code: blocks, fields, ring."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Field:
    """Where a value stands, counted from its block or slot; 32-bit values have the high word first."""

    offset: int
    words: int

    def write(self, registers: list[int], base: int, value: int) -> None:
        """Put an unsigned value, cut to the field's width."""
        for word in range(self.words):
            registers[base + self.offset + word] = value >> 16 * (self.words - 1 - word) & 0xFFFF

    def read(self, registers: Sequence[int], base: int) -> int:
        """Get an unsigned value."""
        value = 0
        for word in range(self.words):
            value = value << 16 | registers[base + self.offset + word]
        return value


@dataclass(frozen=True)
class Block:
    """A run of registers: one record, or `slots` records of `slot_length`."""

    base: int
    length: int
    slots: int
    slot_length: int
    fields: dict[str, Field]

    def slot(self, index: int) -> int:
        """The address at which a slot begins."""
        return self.base + index * self.slot_length


@dataclass(frozen=True)
class RegisterMap:
    """The sorter contract as a profile states it."""

    magic: int
    contract_version: int
    status: Block
    flags: dict[str, int]  # name → bit
    results: Block
    commands: Block
    agent: Block
    ring: Block

    @property
    def length(self) -> int:
        """Registers from address 0 to the end of the last block."""
        blocks = (self.status, self.results, self.commands, self.agent, self.ring)
        return max(block.base + block.length for block in blocks)


def load(profile: str) -> RegisterMap:
    """The profile shipped under that name; FileNotFoundError or KeyError if it is not there or not whole."""
    text = files("devices").joinpath("profiles", f"{profile}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return RegisterMap(
        magic=tables["magic"],
        contract_version=tables["contract_version"],
        status=_block(tables["status"]),
        flags=tables["status"]["flags"],
        results=_block(tables["results"]),
        commands=_block(tables["commands"]),
        agent=_block(tables["agent"]),
        ring=_block(tables["ring"]),
    )


def _block(table: dict[str, Any]) -> Block:
    slots = table.get("slots", table.get("capacity", 1))
    slot_length = table.get("slot_length", table.get("length", 0))
    fields = {name: Field(field["offset"], field.get("words", 1)) for name, field in table["fields"].items()}
    return Block(table["base"], slots * slot_length, slots, slot_length, fields)
