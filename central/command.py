"""`redpeak central`: run the central service, take papers in, keep the accounts."""

import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from central import database
from central.first_start import lay_ground
from central.importer import Imported, Importer
from central.paper_files import Read, read
from central.papers import PapersError
from central.roles import Role
from central.users import UserError, Users
from config import keyring, logs
from config.load import load_site
from config.settings import Site

_SiteFile = Annotated[Path | None, typer.Option("--site", help="The site file; DATA/site.toml if left out.")]
_Data = Annotated[Path, typer.Option("--data", help="The data folder.")]
_Name = Annotated[str, typer.Argument(help="The name one signs in with.")]
_DATA = Path("var")
_SHOWN_PROBLEMS = 50
_OUTCOMES = ("Waybills taken", "Declarations taken", "Unchanged", "Refused", "Clearances changed")


def add_to(app: typer.Typer) -> None:
    """Add the `central` commands."""
    central = typer.Typer(
        help="The central service: run it, give it papers, keep its accounts.", no_args_is_help=True
    )
    central.command("run")(run)
    central.command("import")(import_papers)
    user = typer.Typer(help="Accounts of people.", no_args_is_help=True)
    user.command("add")(add_user)
    user.command("password")(set_password)
    user.command("list")(list_users)
    central.add_typer(user, name="user")
    app.add_typer(central, name="central")


def run(site: _SiteFile = None, data: _Data = _DATA) -> None:
    """Run the central service until SIGTERM; the first start creates accounts, see DATA/first-login.txt."""
    from central import service  # noqa: PLC0415  the web framework is loaded only where it serves

    logs.configure("central")
    with _database_errors():
        service.run(_site(site, data), data)


def import_papers(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="JSON or CSV files of papers.")],
    site: _SiteFile = None,
    data: _Data = _DATA,
) -> None:
    """Take waybills and declarations in, also while the service runs; doing it again changes nothing.

    JSON: {"waybills": [...], "declarations": [...]}; CSV: a file of waybills or one of declarations.
    Refused records are named and left out; the exit code is 1 if there were any.
    """
    console = Console()
    taken = Table("File", *(Column(each, justify="right") for each in _OUTCOMES))
    refused: list[PapersError] = []
    with _database_errors(), _opened(_site(site, data), data) as (found, engine):
        importer = Importer(
            engine, found.id, keyring.load(data / "keys", signing=False), clock=lambda: datetime.now(UTC)
        )
        for path in files:
            result = _import_file(importer, path, console)
            counts = (result.waybills, result.declarations, result.unchanged, len(result.refused))
            taken.add_row(Text(path.name), *(f"{count:,}" for count in (*counts, result.clearance_changes)))
            refused += result.refused
    console.print(taken)
    if refused:
        _show_refused(refused)
        raise typer.Exit(1)


def _show_refused(refused: Sequence[PapersError]) -> None:
    table = Table("File", "Record", "Field", "Expectation")
    for error in refused[:_SHOWN_PROBLEMS]:
        table.add_row(*map(Text, (error.file, error.record, error.field, error.expectation)))
    errors = Console(stderr=True)
    errors.print(table)
    if len(refused) > _SHOWN_PROBLEMS:
        errors.print(f"{len(refused) - _SHOWN_PROBLEMS:,} more were refused")


def _import_file(importer: Importer, path: Path, console: Console) -> Imported:
    """Take one file in; a file that cannot be read is itself what is refused."""
    try:
        records: list[Read] = list(read(path))
    except PapersError as error:
        return Imported(refused=[error])
    columns = (TextColumn(path.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=len(records))
        return importer.run(records, lambda count: progress.advance(task, count))


def add_user(
    username: _Name,
    role: Annotated[list[Role], typer.Option("--role", help="What they are; may be given more than once.")],
    organisation: Annotated[str, typer.Option(help="customs, operator or an express company's id.")],
    name: Annotated[str, typer.Option(help="The name on screens and records.")] = "",
    courier: Annotated[str, typer.Option(help="Make the organisation an express company of that code.")] = "",
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it.")] = False,
    site: _SiteFile = None,
    data: _Data = _DATA,
) -> None:
    """Make an account."""
    password = _asked_password(generate=generate)
    with _user_errors(), _database_errors(), _users(site, data) as users:
        users.add(username, name or username, organisation, role, password, courier)
    typer.echo(f"user {username} made" + (f", password {password}" if generate else ""))


def set_password(
    username: _Name,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it.")] = False,
    site: _SiteFile = None,
    data: _Data = _DATA,
) -> None:
    """Give an account a new password, unlock it and end its sessions."""
    password = _asked_password(generate=generate)
    with _user_errors(), _database_errors(), _users(site, data) as users:
        users.set_password(username, password)
    typer.echo(f"password of {username} set" + (f": {password}" if generate else ""))


def list_users(site: _SiteFile = None, data: _Data = _DATA) -> None:
    """List the accounts."""
    table = Table("Name", "Shown as", "Organisation", "Roles", "State")
    with _database_errors(), _users(site, data) as users:
        for each in users.all():
            state = "locked" if each.locked else "active" if each.active else "closed"
            table.add_row(each.username, each.display_name, each.organisation, ", ".join(each.roles), state)
    Console().print(table)


def _site(file: Path | None, data: Path) -> Site:
    return load_site(file or data / "site.toml")


@contextmanager
def _opened(site: Site, data: Path) -> Generator[tuple[Site, Engine]]:
    """The site's database, up to date, whether or not the service runs."""
    engine = database.connect(site.centre.database, data)
    try:
        database.migrate(engine)
        lay_ground(engine, site)
        yield site, engine
    finally:
        engine.dispose()


@contextmanager
def _users(file: Path | None, data: Path) -> Generator[Users]:
    with _opened(_site(file, data), data) as (site, engine):
        yield Users(engine, site.id, clock=lambda: datetime.now(UTC))


@contextmanager
def _database_errors() -> Generator[None]:
    try:
        yield
    except (SQLAlchemyError, database.DatabaseUnusableError) as error:
        # SQLAlchemy's own text quotes parameters, which may be personal data: the kind has to do.
        reason = str(error) if isinstance(error, database.DatabaseUnusableError) else type(error).__name__
        typer.echo(f"error: centre.database: {reason}", err=True)
        raise typer.Exit(2) from error


@contextmanager
def _user_errors() -> Generator[None]:
    try:
        yield
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _asked_password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
