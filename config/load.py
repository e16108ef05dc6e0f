"""Reads a site file: TOML into `Site`, or an error that names file, key and expectation."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from config.rules import Problem
from config.settings import Site
from config.site_check import problems

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]*)`$")


class SiteError(Exception):
    """A site file cannot be used; says for each problem file, key and expectation, one line each."""

    def __init__(self, file: str, *found: Problem) -> None:
        super().__init__(
            "\n".join(": ".join(filter(None, (file, each.key, each.expectation))) for each in found)
        )
        self.file = file
        self.problems = found


def load_site(path: Path) -> Site:
    """The site of that file, typed and checked across keys; SiteError lists everything that is wrong."""
    site = read_site(path)
    if found := problems(site):
        raise SiteError(str(path), *found)
    return site


def read_site(path: Path) -> Site:
    """The site of that file, typed but not yet checked across keys; SiteError names the first wrong key."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SiteError(str(path), Problem("", f"cannot be read ({error.strerror})")) from error
    return parse_site(content, str(path))


def parse_site(content: bytes, file: str) -> Site:
    """`Site` from the bytes of a TOML file; `file` is the name errors give it."""
    try:
        table = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise SiteError(file, Problem("", f"expected UTF-8 text; byte {error.start} is none")) from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(file, Problem("", f"expected TOML: {error}")) from error
    try:
        return msgspec.convert(table, Site, str_keys=True)
    except msgspec.ValidationError as error:
        raise SiteError(file, _problem(str(error))) from error


def shipped_sites() -> tuple[str, ...]:
    """Names of the sites that come with Redpeak."""
    folder = files("config") / "sites"
    return tuple(
        sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))
    )


def shipped_site(name: str) -> bytes:
    """The TOML of a shipped site; SiteError names those there are."""
    if name not in shipped_sites():
        raise SiteError(name, Problem("", f"expected a shipped site: {', '.join(shipped_sites())}"))
    return (files("config") / "sites" / f"{name}.toml").read_bytes()


def _problem(message: str) -> Problem:
    """msgspec's "Expected `int`, got `str` - at `$.lines[0].belt.speed_mm_s`", with the key first."""
    match = _AT.match(message)
    what, where = (match["what"], match["where"] or "") if match else (message, "")
    key = where.removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.match(what):
        return Problem(_below(key, unknown["field"]), "is no key of this table; a key misspelt?")
    if missing := _MISSING.match(what):
        return Problem(_below(key, missing["field"]), "expected here, but missing")
    return Problem(key, what[:1].lower() + what[1:].replace(", got ", ", found "))


def _below(key: str, field: str) -> str:
    return f"{key}.{field}" if key else field
