"""`redpeak up`: a whole centre on this machine, its line simulated on real wires.

Everything runs as it would at a site, each program a process of its own: broker, centre, agent; only what is
beyond the wires, belt, controller, scanners, scale and parcels, is the plant's.
"""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulators import data_folder, report
from simulators.command import Garbage
from simulators.faults import ScannerFaults
from simulators.kills import parse_kills
from simulators.whole_site import UpError, WholeSite


def add_to(app: typer.Typer) -> None:
    """Add the `up` command."""
    app.command("up")(up)


def up(
    site: Annotated[
        str, typer.Option(help="A site file or a shipped site's name; DATA/site.toml if there.")
    ] = "",
    data: Annotated[
        Path | None, typer.Option(help="Data folder; var, or build/run-SEED with --parcels.")
    ] = None,
    parcels: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many, judge the run, report.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the parcels what they are.")] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Where the report goes, as JSON.")
    ] = None,
    kill: Annotated[
        str, typer.Option(help="Kill programs at a number of parcels: agent@60,broker@120.")
    ] = "",
    garbage: Garbage = 0.0,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="Take whatever ports are free.")] = False,
) -> None:
    """Start a whole demonstration centre on this machine; Ctrl-C ends it.

    With --parcels it ends by itself, judges what happened against what was right, and exits 0 only if all is.
    """
    console = Console(highlight=False)
    # Parcels of an earlier endless run are released already: each gets parcels of its own.
    chosen = seed if seed is not None else 1 if parcels else int(time.time())
    folder = (data or Path(f"build/run-{chosen}" if parcels else "var")).resolve()
    try:
        kills = parse_kills(kill)
        if parcels:
            data_folder.empty(folder)
        settings, file = data_folder.prepare(folder, site, free_ports=free_ports)
        with data_folder.held(folder):
            run = WholeSite(
                settings,
                file,
                folder,
                console,
                parcels=parcels,
                seed=chosen,
                kills=kills,
                faults=ScannerFaults(garbage),
            )
            outcome = run.through()
    except (UpError, data_folder.FolderRefusedError, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    if outcome is None:
        raise typer.Exit(130 if parcels else 0)
    report.show_report(console, outcome)
    if report_file:
        report.write_json(report_file, outcome)
        console.print(f"report: {report_file}")
    raise typer.Exit(0 if outcome.ok else 1)
