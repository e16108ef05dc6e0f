"""A centre's database in a folder of the test's own, and a clock that tests move."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from central import database
from central.first_start import lay_ground
from config.load import parse_site, shipped_site
from config.settings import Site
from tests.unit.central.busy_line import make_busy
from tests.unit.central.centre_fixture import Office, open_office
from tests.unit.central.journeys import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def site() -> Site:
    return parse_site(shipped_site("demo"), "demo")


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory, site: Site) -> bytes:
    """A migrated database as bytes: migrating once is enough."""
    folder = tmp_path_factory.mktemp("fresh")
    engine = database.connect("sqlite:///central.db", folder)
    database.migrate(engine)
    lay_ground(engine, site)
    engine.dispose()  # the last connection moves the write-ahead log into the file
    return (folder / "central.db").read_bytes()


@pytest.fixture
def engine(tmp_path: Path, fresh_database: bytes) -> Iterator[Engine]:
    (tmp_path / "central.db").write_bytes(fresh_database)
    engine = database.connect("sqlite:///central.db", tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def office(tmp_path: Path, site: Site, clock: Clock, fresh_database: bytes) -> Iterator[Office]:
    (tmp_path / "central.db").write_bytes(fresh_database)
    office = open_office(site, tmp_path, clock)
    yield office
    office.centre.engine.dispose()


@pytest.fixture
def busy(office: Office) -> Office:
    """A centre whose line is at work."""
    make_busy(office)
    return office
