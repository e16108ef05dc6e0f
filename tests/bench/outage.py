"""An hour without a broker at 3,600 parcels an hour: how long the backlog takes, and what waits behind it."""

from typing import Annotated

import typer

from tests.bench.rig.counting import percentile
from tests.bench.rig.result import Results, console_for_tables
from tests.bench.rig.waiting import BenchError
from tests.simulation.outage import measure


def run(
    minutes: Annotated[float, typer.Option(min=1, help="How long the broker is away.")] = 60.0,
) -> None:
    """The outbox after an outage, in memory under the virtual clock: times are simulated."""
    console = console_for_tables()
    console.print(f"{minutes:g} minutes without a broker, in memory …")
    found = measure(minutes * 60)
    if found.violations:
        raise BenchError("; ".join(found.violations[:5]))
    results = Results("outage")
    results.under("one line in memory at 3,600 parcels an hour; simulated seconds")
    results.add("outage", minutes, "min", 1, "the broker is gone, the line runs on")
    results.add("parcels", found.parcels, "1", found.parcels, "in the whole run; lost 0, doubled 0")
    results.add(
        "backlog", found.backlog, "1", 1, "records that waited when line and centre had found each other"
    )
    results.add("drained", round(found.drained_s, 1), "s", 1, "until the last of them was receipted")
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        delay_s = percentile(found.live_delays_s, share)
        what = "from a passage's end, after that, to its commit at the centre"
        results.add(f"live_delay_{name}", round(delay_s, 3), "s", found.live, what)
    results.show(console)
