"""`redpeak ct`: its own commands, and those that other rooms add to it."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner, Result

from config import command
from models.command import GROUP, add_to


def add_greeting(ct: typer.Typer) -> None:
    """What another room's entry point names."""
    ct.command("greet")(lambda: typer.echo("good day"))


def run(monkeypatch: pytest.MonkeyPatch, found: Iterable[EntryPoint], *words: str) -> Result:
    def of(*, group: str) -> list[EntryPoint]:
        assert group == GROUP
        return list(found)

    monkeypatch.setattr(command, "entry_points", of)
    app = typer.Typer()
    add_to(app)
    return CliRunner().invoke(app, ["ct", *words])


def entry(value: str) -> EntryPoint:
    return EntryPoint("greet", value, GROUP)


def test_its_own_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    told = run(monkeypatch, [], "--help").stdout
    assert all(name in told for name in ("show", "review", "evaluate"))


def test_other_rooms_add_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, [entry(f"{__name__}:add_greeting")], "greet").stdout == "good day\n"


def test_a_room_that_does_not_import_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = run(monkeypatch, [entry("no_such_room:add_to")], "greet")
    assert (broken.exit_code, "cannot be loaded" in broken.stderr) == (2, True)
    assert run(monkeypatch, [entry("no_such_room:add_to")], "show", "--help").exit_code == 0
