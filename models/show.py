"""`redpeak ct show`: what a CT file says, and whether we would take it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs
from rich.console import Console
from rich.table import Table

from models.formats.errors import FormatError
from models.formats.volumes import Part, read_part

_Files = Annotated[
    list[Path], typer.Argument(help="DICOS CT, NIfTI-1, or raw values with NAME.json beside them.")
]


def show(files: _Files) -> None:
    """Say what each file is and what is wrong with it; exit code 1 if anything is wrong."""
    console = Console()
    wrong = 0
    for file in files:
        try:
            part = read_part(file)
        except FormatError as error:
            wrong += 1
            typer.echo(str(error), err=True)
            continue
        table = Table("", "", title=file.name, title_justify="left", show_header=False)
        for name, value in _lines(part):
            table.add_row(name, value)
        console.print(table)
    if wrong:
        raise typer.Exit(1)


def _lines(part: Part) -> Sequence[tuple[str, str]]:
    lines = [
        ("shape (z, y, x)", str(part.images[0].shape)),
        ("spacing in mm", str(part.spacing_mm)),
        ("energy", part.stated or ("low and high" if len(part.images) == 2 else "not stated")),
    ]
    lines += [
        ("attenuation in 1/cm", f"{image.min():.4g} to {image.max():.4g}, mean {image.mean():.4g}")
        for image in part.images
    ]
    if part.header is not None:
        said = structs.asdict(part.header)
        lines += [(name, str(said[name])) for name in said if name not in ("shape", "spacing_mm", "energy")]
    return lines
