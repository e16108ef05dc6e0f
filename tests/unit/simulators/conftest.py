"""The sorting line without CT, a perfect agent, and parcels with nothing particular about them."""

from importlib.resources import as_file, files

import pytest

from config.load import load_site
from config.settings import LaneRole, Line, Site
from simulators.categories import Category
from simulators.papers import Papers
from simulators.parcels import Parcel
from simulators.world import World
from tests.unit.simulators.virtual_agent import Drive, MakeDrive, MakeParcels


@pytest.fixture(scope="session")
def site() -> Site:
    """The site without CT and cameras."""
    with as_file(files("config") / "sites" / "sorting.toml") as path:
        return load_site(path)


@pytest.fixture(scope="session")
def line(site: Site) -> Line:
    """Its line: 2 m/s, eyes at 0, 1500 and 4200 mm, lanes R1 R2 W C I."""
    return site.lines[0]


@pytest.fixture(scope="session")
def ct_line() -> Line:
    """The demonstration's line: 1 m/s, a CT scanner from 3500 to 4900 mm, a camera."""
    with as_file(files("config") / "sites" / "demo.toml") as path:
        return load_site(path).lines[0]


@pytest.fixture
def drive(line: Line) -> MakeDrive:
    """Makes a world of some parcels and its agent; the controller's epoch is 7."""

    def make(
        stream: tuple[Parcel, ...], *, seed: int = 1, decides: bool = True, on: Line | None = None
    ) -> Drive:
        world = World(on or line, iter(stream), seed=seed, epoch=7)
        return Drive(on or line, world, decides, parcels={parcel.number: parcel for parcel in stream})

    return make


@pytest.fixture
def plain(line: Line) -> MakeParcels:
    """Makes clean parcels of given lengths, read by every scanner, each weighing 1,000 g."""

    def make(*lengths_mm: int, close_mm: int | None = None) -> tuple[Parcel, ...]:
        return tuple(
            Parcel(
                number=number,
                category=Category.CLEAN,
                right=LaneRole.RELEASE,
                courier="JD",
                destination="",
                weight_g=1000,
                length_mm=length_mm,
                faces=((f"JD{number:013d}",),) * len(line.scanners),
                papers=Papers(),
                gap_ahead_mm=close_mm if number > 1 else None,
            )
            for number, length_mm in enumerate(lengths_mm, start=1)
        )

    return make
