"""`python -m tests.bench NAME` runs one benchmark; without a name it lists them."""

import typer

from tests.bench import ingest, sorting

app = typer.Typer(
    help="Redpeak's benchmarks; each writes build/bench/NAME.json and prints a table.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("ingest")(ingest.run)
app.command("sorting")(sorting.run)

if __name__ == "__main__":
    app(prog_name="python -m tests.bench")
