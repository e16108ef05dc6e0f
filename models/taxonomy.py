"""What image review looks for, and what follows from each find: `taxonomy.toml` as values."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from models.findings import FindingKind


class Taxon(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of finding; the file says what each field means."""

    code: str
    zh: str
    en: str
    basis: tuple[str, ...]
    alarms: bool
    disposition: str
    priority: int


@cache
def taxonomy() -> dict[FindingKind, Taxon]:
    """All kinds of findings, each with its entry."""
    content = tomllib.loads(files("models").joinpath("taxonomy.toml").read_text("utf-8"))
    return msgspec.convert(content, dict[FindingKind, Taxon])


@cache
def alarming() -> frozenset[FindingKind]:
    """The kinds that stop a parcel."""
    return frozenset(kind for kind, taxon in taxonomy().items() if taxon.alarms)
