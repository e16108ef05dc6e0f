"""`redpeak ct`: what there is to do with CT images; other rooms add their own commands to it."""

import typer

from config.command import add_entries
from models.evaluation.command import evaluate
from models.review.command import review
from models.show import show

GROUP = "redpeak.commands.ct"  # entry points: functions that take the `ct` typer.Typer and add to it


def add_to(app: typer.Typer) -> None:
    """Add the `ct` commands."""
    ct = typer.Typer(help="CT images: look at them, review them, measure reviewers.", no_args_is_help=True)
    ct.command("show")(show)
    ct.command("review")(review)
    ct.command("evaluate")(evaluate)
    add_entries(ct, GROUP)
    app.add_typer(ct, name="ct")
