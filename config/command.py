"""The `redpeak` command: every room adds its own sub-commands through entry points."""

import hashlib
import platform
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path

import typer

from config.keyring import KeyringError
from config.load import SiteError

GROUP = "redpeak.commands"
_FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": list[str]()}


def main() -> None:
    """Run the command line; exits 0 when done, 1 when something was found wrong, 2 when asked wrongly."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; expected errors become one line each on stderr."""
    try:
        assemble(arguments)(arguments, prog_name="redpeak")
    except SystemExit as done:  # typer's own way to end, also after a usage error it has printed
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except (SiteError, KeyringError) as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        return 2
    except OSError as error:
        if error.filename is None:
            raise
        typer.echo(f"error: {error.filename}: {error.strerror}", err=True)
        return 2
    return 0


def assemble(arguments: list[str]) -> typer.Typer:
    """The tree of commands. Only the room that is asked for is imported, if the first word names one."""
    app = typer.Typer(
        name="redpeak",
        help="Runs an international express supervision centre: "
        "sorting lines, papers, clearance and the records of all of it.\n\n"
        "`redpeak up` starts a whole demonstration centre on this machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_root)
    app.command("version")(show_version)
    if arguments[:1] != ["version"]:
        add_entries(app, GROUP, arguments[0] if arguments else "")
    return app


def add_entries(app: typer.Typer, group: str, asked: str = "") -> None:
    """Let the rooms add their commands to a group of them.

    Args:
        app: gets the commands.
        group: of entry points, each a function that takes `app` and adds to it.
        asked: if there is an entry of this name, it alone is imported.
    """
    found = sorted(entry_points(group=group), key=lambda entry: entry.name)
    for entry in [entry for entry in found if entry.name == asked] or found:
        _add(app, entry)


def _root() -> None:
    """Keep the tree a group even when it holds a single command."""


def _add(app: typer.Typer, entry: EntryPoint) -> None:
    """Let one room add its commands; a room that does not import leaves a command that says so."""
    try:
        entry.load()(app)
    except Exception as error:
        reason = f"error: the command {entry.name} cannot be loaded: {type(error).__name__}: {error}"

        @app.command(entry.name, help=f"Not available: {error}", context_settings=_FORWARDED)
        def _unavailable() -> None:
            typer.echo(reason, err=True)
            raise typer.Exit(2)


def show_version() -> None:
    """Say what exactly is installed: version, Python, commit and the hash of the locked packages."""
    root = Path(__file__).resolve().parent.parent
    typer.echo(f"redpeak {version('redpeak')}")
    typer.echo(f"python  {platform.python_version()}")
    typer.echo(f"commit  {_commit(root) or 'none (not a git checkout)'}")
    typer.echo(f"lock    {_lock_hash(root) or 'none (installed without a lock file)'}")


def _commit(root: Path) -> str:
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _lock_hash(root: Path) -> str:
    lock = root / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:16] if lock.is_file() else ""


if __name__ == "__main__":
    main()
