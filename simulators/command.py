"""`redpeak plant`: one line's simulated plant as a process of its own, and the papers of its parcels."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config import logs
from config.load import load_site
from config.settings import Line, Site
from simulators import plant
from simulators.faults import Faults, ScannerFaults

_SiteFile = Annotated[Path, typer.Option(help="The site file.")]
_LineId = Annotated[str, typer.Option(help="Which line; the first one unless given.")]
_Parcels = Annotated[int | None, typer.Option(min=1, help="How many parcels; an hour's worth unless given.")]
_Seed = Annotated[int, typer.Option(help="Makes the run what it is: the same seed gives the same parcels.")]
Garbage = Annotated[
    float, typer.Option(min=0, max=1, help="Share of scanner frames with random bytes before them.")
]
_Data = Annotated[Path, typer.Option(help="The data folder.")]


def add_to(app: typer.Typer) -> None:
    """Add the `plant` commands."""
    group = typer.Typer(help="A simulated line on its real protocols.", no_args_is_help=True)
    group.command("run")(run)
    group.command("papers")(papers)
    app.add_typer(group, name="plant")


def run(
    site: _SiteFile,
    line: _LineId = "",
    data: _Data = Path("var"),
    parcels: _Parcels = None,
    seed: _Seed = 1,
    garbage: Garbage = 0.0,
) -> None:
    """Run a line's belt, controller, scanners and scale until told to stop."""
    loaded, chosen = _line(site, line)
    logs.configure(f"plant-{chosen.id}")
    faults = Faults(ScannerFaults(garbage))
    asyncio.run(plant.run_plant(loaded, chosen, data, parcels=parcels, seed=seed, faults=faults))


def papers(
    path: Annotated[Path, typer.Argument(help="A JSON file to write, or a folder that exists, for CSV.")],
    site: _SiteFile,
    line: _LineId = "",
    parcels: _Parcels = None,
    seed: _Seed = 1,
) -> None:
    """Write the waybills and declarations of a coming run, for `redpeak central import`."""
    _, chosen = _line(site, line)
    count = plant.write_papers(chosen, path, count=parcels, seed=seed, now=datetime.now(UTC))
    typer.echo(f"{path}: papers of {count} waybills")


def _line(site: Path, line: str) -> tuple[Site, Line]:
    loaded = load_site(site)
    try:
        return loaded, loaded.line(line) if line else loaded.lines[0]
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from error
