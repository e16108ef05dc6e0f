"""`redpeak ct evaluate`: how well reviewers do on a labelled set, as a report and plots."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.evaluation.contenders import Asked, Crew
from models.evaluation.figures import Figures
from models.evaluation.intervals import Interval
from models.evaluation.looking import Look, Looking, looked
from models.evaluation.report import STATEMENT, Evaluation, results_path
from models.evaluation.results import Results
from models.labelled import LabelledError, LabelledSet
from models.review.onnx_model import ModelError


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A labelled set.")],
    report: Annotated[Path, typer.Option(help="The JSON file to write.")],
    reviewer: Annotated[
        list[Asked] | None, typer.Option(help="classical, onnx or both together; all three unless given.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="ONNX file; the one shipped if not given.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, one thread each.")] = 2,
    plots: Annotated[Path | None, typer.Option(help="A folder for plots as PNG.")] = None,
    odd: Annotated[bool, typer.Option("--odd", help="Show the reviewers odd volumes as well.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the set's first parcels.")] = None,
) -> None:
    """Evaluate reviewers on a labelled set of synthetic images.

    What they say of each parcel is kept beside the report: a run that was broken off is gone on with, and
    a reviewer is not asked twice.
    """
    crew = Crew(tuple(reviewer or Asked), model)
    try:
        labelled, contenders = LabelledSet(folder), crew.contenders()
        evaluation = Evaluation(labelled, contenders, odd=odd, limit=limit)
        if evaluation.parcels == 0:
            raise LabelledError(f"{folder}: expected parcels, found none")
        results = Results(results_path(report))
        _look(evaluation.wanted(results), results, partial(crew.looking_at, folder), jobs)
        made = evaluation.report(results, jobs)
    except (LabelledError, ModelError, msgspec.DecodeError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    part = report.with_name(f"{report.name}.part")
    part.write_bytes(made.as_json())
    part.replace(report)
    if plots is not None:
        from models.evaluation.plots import draw_plots  # noqa: PLC0415  takes a second to load

        draw_plots(made.reviewers, f"{labelled.header.generator}, seed {labelled.header.seed}", plots)
    _print(made.reviewers)


def _look(wanted: list[Look], results: Results, make: partial[Looking], jobs: int) -> None:
    columns = (TextColumn("reviewing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(wanted))
        for looks in looked(make, wanted, jobs):
            results.keep(looks)
            progress.advance(task)


def _print(reviewers: Mapping[str, Figures]) -> None:
    console = Console()
    table = Table("", *reviewers, box=None)
    rows = (
        ("detection at 5 % false alarms", "detection_rate_at_5pct_false_alarms"),
        ("detection at 10 %", "detection_rate_at_10pct_false_alarms"),
        ("detection at 20 %", "detection_rate_at_20pct_false_alarms"),
        ("mAP at IoU 0.25", "map_25"),
        ("mAP at IoU 0.50", "map_50"),
        ("expected calibration error", "expected_calibration_error"),
        ("exceptions of valid parcels", "exceptions_of_valid"),
    )
    for title, name in rows:
        shown = [
            _with_interval(getattr(each, name), getattr(each, f"{name}_interval"))
            for each in reviewers.values()
        ]
        table.add_row(title, *shown)
    latencies = [f"{each.latency_ms.p50:.0f} / {each.latency_ms.p95:.0f}" for each in reviewers.values()]
    table.add_row("latency in ms, p50 / p95", *latencies)
    odd = [each.odd_volumes["all"].to_a_person if each.odd_volumes else None for each in reviewers.values()]
    if any(odd):
        table.add_row(
            "odd volumes sent to a person",
            *(_with_interval(each.share, each.interval) if each else "–" for each in odd),
        )
    console.print(table)
    first = next(iter(reviewers.values()))
    console.print(
        f"{first.positive} parcels with something prohibited, {first.clean} clean. {STATEMENT}",
        highlight=False,
    )


def _with_interval(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if interval is None else f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"
