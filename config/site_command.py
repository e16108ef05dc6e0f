"""`redpeak site`: check a site file, show it in full, make its keys."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from config import keyring
from config.load import SiteError, parse_site, read_site, shipped_site, shipped_sites
from config.settings import Site
from config.site_check import RULES

_File = Annotated[str, typer.Argument(help="A site file, or the name of a shipped site such as demo.")]


def add_to(app: typer.Typer) -> None:
    """Add the `site` commands."""
    site = typer.Typer(help="Check a site file, show it, make its keys.", no_args_is_help=True)
    site.command("check")(check)
    site.command("show")(show)
    site.command("keys")(keys)
    app.add_typer(site, name="site")


def check(file: _File) -> None:
    """Say what is right and what is wrong with a site file; exit code 1 if anything is wrong."""
    try:
        site = _read(file)
    except SiteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    table = Table("", "Rule", "Found", title=f"{file}: {site.name_en}", title_justify="left")
    wrong = 0
    for rule in RULES:
        found = tuple(rule.check(site))
        wrong += len(found)
        sentences = "\n".join(f"{each.key}: {each.expectation}" for each in found)
        table.add_row("[red]✗[/]" if found else "[green]✓[/]", rule.sentence, sentences)
    console = Console()
    console.print(table)
    if wrong:
        console.print(f"{wrong} {'problem' if wrong == 1 else 'problems'}; this site cannot run.")
        raise typer.Exit(1)
    devices = sum(
        1 + len(line.scanners) + len(line.cameras) + (line.scale is not None) + (line.ct is not None)
        for line in site.lines
    )
    console.print(f"This site can run: {len(site.lines)} line(s), {devices} devices.")


def show(file: _File = "demo") -> None:
    """Print every setting that is in force, defaults included, as JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(_read(file)), indent=2).decode())


def keys(folder: Annotated[Path, typer.Argument(help="Where the keys go, for example var/keys.")]) -> None:
    """Make a site's keys; those that exist are kept."""
    before = {each.name for each in folder.iterdir()} if folder.is_dir() else set[str]()
    keyring.create(folder)
    made = sorted(each.name for each in folder.iterdir() if each.name not in before)
    typer.echo(f"{folder}: made {', '.join(made)}" if made else f"{folder}: all keys are there already")


def _read(file: str) -> Site:
    if file in shipped_sites() and not Path(file).exists():
        return parse_site(shipped_site(file), f"shipped site {file}")
    return read_site(Path(file))
