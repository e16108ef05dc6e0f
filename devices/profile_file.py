"""Profile files: the machine models shipped with the drivers, found by name, read and checked."""

import tomllib
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import TypeVar

import msgspec

from devices.errors import ProfileError

_Profile = TypeVar("_Profile")
_CT_PREFIX = "dicos_"  # of the files that describe CT machines; the others describe controllers


def shipped_text(name: str, *, ct: bool) -> str:
    """The text of the shipped profile of that name; ProfileError names those there are of its kind."""
    folder = files("devices") / "profiles"
    names = sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml") and entry.name.startswith(_CT_PREFIX) is ct
    )
    if name not in names:
        raise ProfileError(f"no {'CT ' if ct else ''}profile {name}; there are {', '.join(names)}")
    return (folder / f"{name}.toml").read_text("utf-8")


def parsed(
    text: str,
    file: str,
    kind: type[_Profile],
    faults: Callable[[_Profile], Iterable[tuple[str, str]]],
) -> _Profile:
    """A profile from its TOML text; `file` is named in errors, `faults` yields keys and what they lack."""
    try:
        profile = msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{file}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ProfileError(f"{file}: {error}") from error
    for key, expectation in faults(profile):
        raise ProfileError(f"{file}: {key}: {expectation}")
    return profile
