"""`redpeak edge` and `redpeak journal`: run a line's agent, read its journal."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import msgspec
import structlog
import typer
from rich.console import Console
from rich.table import Table

from config import load, logs
from config.keyring import KeyringError
from edge.composition import journal_path
from edge.journal import Journal, JournalError
from edge.line_lock import LineTaken
from edge.narration import narrate_entry
from edge.service import run_line

_SITE = Annotated[Path | None, typer.Option(help="The site file; the data folder's site.toml if not given.")]
_LINE = Annotated[str, typer.Option(help="Id of the line in the site file.")]
_DATA = Annotated[Path, typer.Option(help="Folder with keys, journal and lists.")]


def add_to(app: typer.Typer) -> None:
    """Add the sub-commands."""
    edge = typer.Typer(help="The agent of one sorting line.", no_args_is_help=True)
    edge.command("run")(run)
    app.add_typer(edge, name="edge")
    journal = typer.Typer(help="A line's journal: all that was seen, decided and done.", no_args_is_help=True)
    journal.command("show")(show)
    journal.command("verify")(verify)
    app.add_typer(journal, name="journal")


def run(line: _LINE = "L1", site: _SITE = None, data: _DATA = Path("var")) -> None:
    """Run the agent of a line until it is told to stop."""
    logs.configure(f"edge-{line}")
    settings = load.load_site(site or data / "site.toml")
    try:
        asyncio.run(run_line(settings, settings.line(line), data.resolve()))
    except (JournalError, KeyringError, LineTaken, OSError) as error:
        structlog.get_logger(__name__).critical("edge_cannot_run", problem=str(error))
        raise typer.Exit(1) from error


def show(
    passage: Annotated[str, typer.Argument(help="A passage id; the newest entries if not given.")] = "",
    line: _LINE = "L1",
    data: _DATA = Path("var"),
    count: Annotated[int, typer.Option(help="How many of the newest entries.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what the journal holds about one passage, or its newest entries."""
    journal = _open(data, line)
    rows = journal.passage(passage) if passage else journal.newest(count)
    if as_json:
        for sequence, at, about, kind, payload in rows:
            content = None if payload is None else msgspec.Raw(payload)
            entry = {"sequence": sequence, "at": at, "passage_id": about, "kind": kind, "payload": content}
            typer.echo(msgspec.json.encode(entry))
        return
    table = Table("#", "time (UTC)", "passage", "what", title=f"journal of {line}", box=None)
    for sequence, at, about, kind, payload in rows:
        time = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        table.add_row(str(sequence), time, about or "", narrate_entry(kind, payload))
    Console().print(table if rows else f"nothing in the journal of {line} about {passage or 'anything'}")


def verify(line: _LINE = "L1", data: _DATA = Path("var")) -> None:
    """Check the journal's hash chain from its first entry to its last."""
    broken = _open(data, line).first_broken()
    if broken is not None:
        typer.echo(f"the chain breaks at entry {broken}", err=True)
        raise typer.Exit(1)
    typer.echo("the chain holds")


def _open(data: Path, line: str) -> Journal:
    path = journal_path(data, line)
    if not path.exists():
        typer.echo(f"error: {path}: no such journal; --data names the data folder, --line the line", err=True)
        raise typer.Exit(2)
    return Journal(path, identity=lambda: uuid4().hex)
