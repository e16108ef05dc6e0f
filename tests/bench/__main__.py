"""`python -m tests.bench NAME` runs one benchmark; without a name it lists them."""

import sys

import typer

from tests.bench import ingest, line, outage, sorting
from tests.bench.rig.waiting import BenchError

app = typer.Typer(
    help="Redpeak's benchmarks; each writes build/bench/NAME.json and prints a table.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("ingest")(ingest.run)
app.command("line")(line.run)
app.command("outage")(outage.run)
app.command("sorting")(sorting.run)

if __name__ == "__main__":
    try:
        app(prog_name="python -m tests.bench")
    except BenchError as error:
        sys.exit(f"error: {error}")
