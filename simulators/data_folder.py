"""Makes a data folder ready for `up`: the site in force, its keys, and for a counted run a fresh start."""

import fcntl
import os
import re
import shutil
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from config import keyring
from config.load import load_site, parse_site, shipped_site, shipped_sites
from config.settings import Site

# A serial port's value is a text, and stays.
_PORT = re.compile(r"""^(\s*port\s*=\s*|\s*url\s*=\s*"rtsp://[^/:"]+:)(\d+)""", re.MULTILINE)
_MARK = ".redpeak-run"


class FolderRefusedError(Exception):
    """A folder that holds something else than an earlier run is not emptied; says which."""


@contextmanager
def held(data: Path) -> Generator[None]:
    """Keep a folder for this process alone; two sites in one folder would mix their records."""
    with (data / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderRefusedError(f"{data}: another `redpeak up` runs in this folder") from error
        yield


def empty(data: Path) -> None:
    """An empty folder for one counted run: made, or cleared of the run that was there."""
    if data.exists():
        if any(data.iterdir()) and not (data / _MARK).exists():
            raise FolderRefusedError(
                f"{data}: expected an empty folder or an earlier run's; give another --data"
            )
        shutil.rmtree(data)
    data.mkdir(parents=True)
    (data / _MARK).touch()


def prepare(data: Path, site: str, *, free_ports: bool) -> tuple[Site, Path]:
    """The site in force and its file, data/site.toml, with keys beside it.

    `site` is a file or a shipped site's name and replaces what was in force; empty keeps that, or takes demo.
    `free_ports` puts ports that are free at this moment into the copy.
    """
    data.mkdir(parents=True, exist_ok=True)
    file = data / "site.toml"
    if site or not file.exists():
        _replace(file, _source(site or "demo"))
    if free_ports:
        _replace(file, with_free_ports(file.read_text(encoding="utf-8"), str(file)).encode())
    loaded = load_site(file)
    keyring.create(data / "keys")
    (data / "dev").mkdir(exist_ok=True)
    return loaded, file


def with_free_ports(content: str, file: str) -> str:
    """A site's TOML with every TCP port replaced by one that nobody listens on now."""
    found = _PORT.findall(content)
    fresh = iter(_free_ports(len(found)))
    changed = _PORT.sub(lambda match: f"{match[1]}{next(fresh)}", content)
    parse_site(changed.encode(), file)
    return changed


def _source(site: str) -> bytes:
    path = Path(site)
    if site in shipped_sites() and not path.exists():
        return shipped_site(site)
    load_site(path)
    return path.read_bytes()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(file)
