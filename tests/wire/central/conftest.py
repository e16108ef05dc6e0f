"""A PostgreSQL of these tests' own, the centre's database on either engine, and a site with a broker."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from central import database
from central.first_start import lay_ground
from config import keyring
from config.load import parse_site, shipped_site
from config.settings import Site
from tests.conftest import Mosquitto
from tests.wire.central.centre_process import Heard, Plant

_USER = "postgres"


@pytest.fixture(scope="session")
def site() -> Site:
    return parse_site(shipped_site("demo"), "demo")


class Postgres:
    """A server that listens on a Unix socket in its own folder only."""

    def __init__(self, folder: Path, initdb: str, pg_ctl: str) -> None:
        self._folder = folder
        self._pg_ctl = pg_ctl
        # PostgreSQL refuses to run as root: there it runs as the package's user, who must reach the folder.
        self._as_user = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(folder, _USER, _USER)
        self._run(initdb, "-D", str(folder / "data"), "-U", _USER, "-A", "trust", "-N", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        self._run(pg_ctl, "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://{_USER}@/{name}?host={self._folder}"

    def stop(self) -> None:
        self._run(self._pg_ctl, "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [*self._as_user, *command], check=False, cwd=self._folder, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


_SERVERS: list[Postgres] = []


@pytest.fixture
def postgres(require_package: Callable[[str], str]) -> Postgres:
    """One server for the whole session, started by the first test that needs it."""
    if not _SERVERS:
        # Not under pytest's own folder, which only its owner may enter; socket paths must be short.
        folder = Path(tempfile.mkdtemp(prefix="redpeak-pg-"))
        _SERVERS.append(Postgres(folder, require_package("initdb"), require_package("pg_ctl")))
    return _SERVERS[0]


@pytest.fixture(scope="session", autouse=True)
def stop_postgres() -> Iterator[None]:
    yield
    while _SERVERS:
        _SERVERS.pop().stop()


@pytest.fixture
def postgres_url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """An empty database of the test's own."""
    name = f"t{abs(hash(request.node.nodeid)):x}"
    admin = database.connect(postgres.url(), Path())
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, site: Site) -> Iterator[Engine]:
    """The centre's database, migrated, on each engine."""
    url = (
        "sqlite:///central.db" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    )
    engine = database.connect(url, tmp_path)
    database.migrate(engine)
    lay_ground(engine, site)
    yield engine
    engine.dispose()


@pytest.fixture
def plant(
    tmp_path: Path,
    mosquitto: Mosquitto,
    require_package: Callable[[str], str],
    free_port: Callable[[], int],
) -> Iterator[Plant]:
    keyring.create(tmp_path / "keys")
    (tmp_path / "keys" / "broker-password").write_text(mosquitto.password)
    port = free_port()
    text = shipped_site("demo").decode()
    text = text.replace("port = 8600", f"port = {port}").replace("port = 18830", f"port = {mosquitto.port}")
    (tmp_path / "site.toml").write_text(text.replace("embedded = true", "embedded = false"), encoding="utf-8")
    subscriber = subprocess.Popen(
        [
            require_package("mosquitto_sub"),
            "-h",
            mosquitto.host,
            "-p",
            str(mosquitto.port),
            "-u",
            mosquitto.username,
            "-P",
            mosquitto.password,
            "-q",
            "1",
            "-F",
            "%t %p",
            "-t",
            "redpeak/v1/demo/#",
        ],
        stdout=subprocess.PIPE,
    )
    heard = Heard()
    assert subscriber.stdout is not None

    def listen(lines: Any) -> None:
        for line in lines:
            topic, _, content = line.partition(b" ")
            if content.startswith(b"{"):
                try:
                    heard.messages.append((topic.decode(), json.loads(content)))
                except ValueError:
                    continue

    thread = threading.Thread(target=listen, args=(subscriber.stdout,), daemon=True)
    thread.start()
    yield Plant(tmp_path, mosquitto, f"http://127.0.0.1:{port}", heard, require_package("mosquitto_pub"))
    subscriber.kill()
    subscriber.wait()
    thread.join(5)
    subscriber.stdout.close()
