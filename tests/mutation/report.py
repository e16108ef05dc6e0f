"""What a run of all mutants came to: a table for people, a file for programs, and whether it is enough."""

from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.mutation.mutants import Key
from tests.mutation.running import Outcome

ENOUGH = 0.9  # killed of all; those explained count as not killed


class ModuleReport(Struct, kw_only=True):
    """One module's mutants; `unexplained` are to be killed by a test or explained, `stale` to be removed."""

    module: str
    mutants: int
    killed: int
    survived: int
    explained: int
    timed_out: int
    uncovered: int
    seconds: float
    unexplained: list[Outcome]
    stale: list[Key]  # explained, but gone or killed by now

    @property
    def score(self) -> float:
        """Killed of all."""
        return self.killed / self.mutants if self.mutants else 1.0

    @property
    def is_good(self) -> bool:
        """Whether enough are killed and every survivor is explained, no more and no less."""
        return self.score >= ENOUGH and not self.unexplained and not self.stale


def judged(
    module: str, outcomes: list[Outcome], reasons: dict[Key, str], seconds: float, *, all_tried: bool
) -> ModuleReport:
    """The report of a module; what is stale is known only when all its mutants were tried."""
    survived = [each for each in outcomes if not each.killed]
    alive = {each.key for each in survived}
    tried = {each.key for each in outcomes}
    of_module = [key for key in reasons if key.where.split(":")[0] == module]
    return ModuleReport(
        module=module,
        mutants=len(outcomes),
        killed=len(outcomes) - len(survived),
        survived=len(survived),
        explained=len(alive & reasons.keys()),
        timed_out=sum(each.timed_out for each in outcomes),
        uncovered=sum(not each.covered for each in outcomes),
        seconds=round(seconds, 1),
        unexplained=[each for each in survived if each.key not in reasons],
        stale=[key for key in of_module if key not in alive and (all_tried or key in tried)],
    )


def show(reports: list[ModuleReport], console: Console) -> None:
    """Print the table, and beneath it what is to be done."""
    table = Table(title="Mutants", box=None, pad_edge=False)
    table.add_column("module", no_wrap=True)
    for column in ("mutants", "killed", "score", "alive", "explained", "timed out", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    for each in reports:
        counts = (each.mutants, each.killed, f"{each.score:.1%}", each.survived, each.explained)
        table.add_row(each.module, *map(str, counts), str(each.timed_out), f"{each.seconds:.0f}")
    console.print(table)
    for each in reports:
        for outcome in each.unexplained:
            place = f"{outcome.key.where} (line {outcome.line})"
            missing = "" if outcome.covered else ": no test runs it"
            console.print(f"survived, not explained: {place}{missing}", style="red", highlight=False)
            console.print(f"  - {outcome.key.before}\n  + {outcome.key.after}", markup=False, highlight=False)
        for key in each.stale:
            console.print(f"explained, but killed or gone: {key.where}", style="red", highlight=False)
            console.print(f"  - {key.before}\n  + {key.after}", markup=False, highlight=False)
        if each.score < ENOUGH:
            console.print(f"{each.module}: {each.score:.1%} killed, expected {ENOUGH:.0%}", style="red")


def write(reports: list[ModuleReport], path: Path) -> None:
    """Write the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        each.module: {**msgspec.to_builtins(each), "score": round(each.score, 4), "good": each.is_good}
        for each in reports
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
