"""Mutants that are known to survive, each with the reason why that does no harm: `survivors.toml`."""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.mutation.mutants import Key

FILE = Path(__file__).with_name("survivors.toml")


class Survivor(Struct, frozen=True, forbid_unknown_fields=True):
    """One mutant and why it may live. Fields but `why` are those of its key."""

    where: str
    before: str
    after: str
    why: str
    nth: int = 1

    @property
    def key(self) -> Key:
        """The mutant's key."""
        return Key(self.where, self.before, self.after, self.nth)


class _Survivors(Struct, frozen=True, forbid_unknown_fields=True):
    survivor: tuple[Survivor, ...] = ()


def read_survivors(path: Path = FILE) -> dict[Key, str]:
    """Key of each explained survivor → why; ValueError names the file and what is wrong."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), _Survivors).survivor
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    reasons: dict[Key, str] = {}
    for each in found:
        if each.key in reasons or not each.why.strip():
            raise ValueError(f"{path.name}: {each.where}: {each.after}: expected once, with a reason")
        reasons[each.key] = each.why
    return reasons
