"""`python -m tests.mutation [MODULE …]` plants every mutant in the modules and sees whether tests notice.

Exits 0 when in each module at least 90 % are killed and every survivor is explained in `survivors.toml`.
"""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.mutation import report
from tests.mutation.report import ModuleReport
from tests.mutation.running import MutationError, Outcome, Target, tried
from tests.mutation.survivors import read_survivors
from tests.mutation.targets import TARGETS

_console = Console()


def main(
    modules: Annotated[list[str] | None, typer.Argument(help="Such as edge.verdict; none: all.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Mutants tried at the same time.")] = 1,
    only: Annotated[str, typer.Option(help="Only mutants whose function or line contains this.")] = "",
    file: Annotated[Path, typer.Option("--report", help="Where the report goes.")] = Path(
        "build/mutants.json"
    ),
) -> None:
    """Plant small mistakes in the modules that carry the promises and see whether the tests notice."""
    known = {target.module: target for target in TARGETS}
    if unknown := set(modules or ()) - known.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: expected one of {', '.join(known)}")
    reasons = read_survivors()
    reports: list[ModuleReport] = []
    for name in modules or known:
        began_s = time.monotonic()
        outcomes = _outcomes(known[name], jobs, only)
        seconds = time.monotonic() - began_s
        reports.append(report.judged(name, outcomes, reasons, seconds, all_tried=not only))
        report.write(reports, file)
    report.show(reports, _console)
    raise typer.Exit(0 if only or all(each.is_good for each in reports) else 1)


def _outcomes(target: Target, jobs: int, only: str) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with _console.status(target.module) as status:
        for outcome in tried(target, jobs, only):
            outcomes.append(outcome)
            alive = sum(not each.killed for each in outcomes)
            status.update(f"{target.module}: {len(outcomes)} tried, {alive} alive")
    return sorted(outcomes, key=lambda each: each.line)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (MutationError, ValueError) as error:
        sys.exit(f"error: {error}")
