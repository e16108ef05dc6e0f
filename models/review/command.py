"""`redpeak ct review`: review a scan's files and say what is in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from config.settings import ImageReview, ReviewerName
from models.findings import Outcome, Review
from models.formats.errors import FormatError
from models.formats.volumes import load_volume, read_part
from models.labelled import LabelledError, LabelledSet, Truth
from models.review.build import make_reviewer
from models.review.onnx_model import ModelError
from models.review.scan import review_scan
from models.tasks import TaskFile
from models.taxonomy import alarming
from models.volume import Volume

_EXIT_CODES = {Outcome.CLEAR: 0, Outcome.ALARM: 1, Outcome.EXCEPTION: 1}


def review(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="The files of one scan: DICOS CT, raw or NIfTI. "
            "Two that do not say their energy: low, then high. Or the image of a labelled set's parcel: "
            "000012.npz.",
        ),
    ],
    reviewer: Annotated[
        list[ReviewerName] | None, typer.Option(help="classical or onnx; several if given again.")
    ] = None,
    model: Annotated[str, typer.Option(help="ONNX file; the one shipped if not given.")] = "",
    model_sha256: Annotated[str, typer.Option(help="SHA-256 of that file.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The review as JSON.")] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw slices and projections with boxes into this PNG file.")
    ] = None,
) -> None:
    """Review one CT scan from its files; exit code 1 unless it is clear."""
    settings = ImageReview(
        reviewers=tuple(reviewer or [ReviewerName.CLASSICAL]), model=model, model_sha256=model_sha256
    )
    try:
        reviewer_made = make_reviewer(settings)
        parcel = _labelled_parcel(files)
        if parcel is None:
            found = review_scan(_task_files(files), reviewer_made).review
        else:
            found = reviewer_made.review(parcel.volume)
        if picture is not None:
            _draw(picture, found, parcel, files)
    except (ModelError, LabelledError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _print(found)
    raise typer.Exit(_EXIT_CODES[found.outcome])


@dataclass(frozen=True, eq=False)
class _Parcel:
    """Of a labelled set: with the truth."""

    volume: Volume
    truth: Truth


def _labelled_parcel(files: list[Path]) -> _Parcel | None:
    """The parcel whose image one file is, if it lies in a labelled set."""
    path = files[0]
    if len(files) > 1 or path.suffix != ".npz" or not path.stem.isdecimal():
        return None
    labelled, number = LabelledSet(path.parent), int(path.stem)
    return _Parcel(labelled.volume(number), labelled.truth(number))


def _draw(picture: Path, found: Review, parcel: _Parcel | None, files: list[Path]) -> None:
    from models.review.picture import review_png  # noqa: PLC0415  takes a second to load

    if parcel is not None:
        true = [(each.name, each.box_mm) for each in parcel.truth.of(alarming())]
        picture.write_bytes(review_png(parcel.volume, found, true))
        return
    try:
        volume = load_volume(_task_files(files))
    except FormatError as error:
        typer.echo(f"no picture: {error}", err=True)
        return
    picture.write_bytes(review_png(volume, found))


def _task_files(files: list[Path]) -> list[TaskFile]:
    """Each file with the energy it states; where none does, one file holds both and two are low and high."""
    by_order = ("both",) if len(files) == 1 else ("low", "high")
    named: list[TaskFile] = []
    for index, path in enumerate(files):
        try:
            part = read_part(path)
            energy = "both" if len(part.images) == 2 else part.stated
        except FormatError:
            energy = None  # the review itself then says what is wrong with the file
        named.append(TaskFile(str(path), str(energy or by_order[min(index, len(by_order) - 1)])))
    return named


def _print(found: Review) -> None:
    console = Console()
    why = f" ({found.exception})" if found.exception else ""
    console.print(f"{found.outcome}{why} · {found.reviewer} · {found.took_ms} ms", highlight=False)
    if found.detail:
        console.print(found.detail, highlight=False)
    if found.suspicion is not None:
        console.print(f"suspicion: {found.suspicion:.2f}", highlight=False)
    if found.length_mm is not None and found.mass_g is not None:
        console.print(f"item: {found.length_mm:.0f} mm long, {found.mass_g:.0f} g", highlight=False)
    if not found.findings:
        return
    table = Table("finding", "category", "score", "material", "mass g", "x mm", "y mm", "z mm", box=None)
    for each in found.findings:
        x0, y0, z0, x1, y1, z1 = each.box_mm
        table.add_row(
            each.kind,
            each.category,
            f"{each.score:.2f}",
            each.material,
            f"{each.mass_g:.0f}",
            f"{x0:.0f}–{x1:.0f}",
            f"{y0:.0f}–{y1:.0f}",
            f"{z0:.0f}–{z1:.0f}",
        )
    console.print(table)
