"""A benchmark's figures: collected by key, written to build/bench/NAME.json, printed as a table."""

from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.bench.rig.machine import machine

FOLDER = Path("build/bench")
_WIDTH = 150


def console_for_tables() -> Console:
    """The terminal, or text wide enough for a table."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


class Figure(Struct, frozen=True):
    """One measured figure: `count` things were measured for it, under `conditions`."""

    value: float
    unit: str
    count: int
    conditions: str


class Results:
    """The figures of one benchmark.

    Args:
        name: of the benchmark and its file.
        folder: where the file lies.
        keep: keep the figures of an earlier run that this one does not measure again.
    """

    def __init__(self, name: str, *, folder: Path = FOLDER, keep: bool = False) -> None:
        self._name = name
        self._path = folder / f"{name}.json"
        self._machine = machine()
        self._earlier: dict[str, Figure] = self._read() if keep else {}
        self._figures: dict[str, Figure] = {}
        self._setting = ""

    def under(self, setting: str) -> None:
        """What all figures of this run were measured under, beside their own conditions."""
        self._setting = setting

    def add(self, key: str, value: float, unit: str, count: int, conditions: str) -> None:
        """Take one figure; a key can be measured once."""
        if key in self._figures:
            raise ValueError(f"{key} was measured already")
        self._figures[key] = Figure(value, unit, count, conditions)

    def worded(self, key: str, form: str) -> str:
        """A figure of this run or a kept one, by a format string; `-` if there is none."""
        figure = self._figures.get(key) or self._earlier.get(key)
        return "-" if figure is None else form.format(figure.value)

    def write(self) -> Path:
        """Write the file; returns where it is."""
        around = "; ".join(filter(None, (self._setting, self._machine)))
        measured = {
            key: msgspec.structs.replace(figure, conditions=f"{figure.conditions}; {around}")
            for key, figure in self._figures.items()
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.format(msgspec.json.encode(self._earlier | measured))
        self._path.write_bytes(content + b"\n")
        return self._path

    def show(self, console: Console, *, without: str | None = None) -> None:
        """Print this run's figures; `without`: leave out keys that hold this."""
        table = Table("figure", "value", "unit", "of", "conditions", title=self._name)
        for column in table.columns[1:4:2]:
            column.justify = "right"
        shown = {key: each for key, each in self._figures.items() if without is None or without not in key}
        for key, figure in shown.items():
            table.add_row(key, f"{figure.value:,.6g}", figure.unit, f"{figure.count:,}", figure.conditions)
        console.print(table)
        for around in filter(None, (self._setting, self._machine)):
            console.print(around, highlight=False, markup=False)

    def _read(self) -> dict[str, Figure]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Figure])
        except FileNotFoundError:
            return {}
