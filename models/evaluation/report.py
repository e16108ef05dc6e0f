"""An evaluation: which volumes are still to be looked at, and the report once all are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from models.evaluation.contenders import Contender
from models.evaluation.figures import Figures
from models.evaluation.looking import Look, set_name
from models.evaluation.measuring import Case, Measuring, OddCase
from models.evaluation.odd import OddKind
from models.evaluation.results import Key, Looked, Results
from models.labelled import LabelledSet, SetHeader
from models.taxonomy import alarming

STATEMENT = "All images are synthetic: they were made by a simulation, none is of a real parcel."
_ODD_OF_EACH = 100


class Report(Struct, frozen=True):
    """What `redpeak ct evaluate` writes."""

    statement: str
    set: SetHeader
    parcels_missing: int  # of the set, not made yet
    processes: int  # beside each other while latencies were measured
    reviewers: dict[str, Figures]

    def as_json(self) -> bytes:
        """With the figures also at the top level if they are of one reviewer."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        if len(self.reviewers) == 1:
            alone: dict[str, Any] = msgspec.to_builtins(next(iter(self.reviewers.values())))
            said |= {name: value for name, value in alone.items() if name not in said}
        return msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n"


class Evaluation:
    """Of reviewers on a labelled set.

    Args:
        labelled: the set, as far as it is made.
        contenders: whom to evaluate.
        odd: whether odd volumes are shown too.
        limit: look at the set's first parcels only.
    """

    def __init__(
        self,
        labelled: LabelledSet,
        contenders: Sequence[Contender],
        *,
        odd: bool = False,
        limit: int | None = None,
    ) -> None:
        self._set, self._contenders = labelled, contenders
        self._name = set_name(labelled)
        numbers = range(len(labelled) if limit is None else min(limit, len(labelled)))
        self._parcels = [number for number in numbers if labelled.has(number)]
        self._missing = len(numbers) - len(self._parcels)
        self._odd = list(self._odd_volumes()) if odd else []

    @property
    def parcels(self) -> int:
        """How many there are to look at."""
        return len(self._parcels)

    def wanted(self, results: Results) -> list[Look]:
        """What is not in the results yet."""
        names = tuple(dict.fromkeys(name for each in self._contenders for name in each.reviewers))
        looks: list[Look] = []
        for number, odd in [*((number, None) for number in self._parcels), *self._odd]:
            missing = tuple(name for name in names if Key(self._name, name, number, odd or "") not in results)
            if missing:
                looks.append(Look(number, missing, odd))
        return looks

    def report(self, results: Results, processes: int) -> Report:
        """All figures; KeyError while something is still wanted."""
        figures = {each.name: self._figures(each, results) for each in self._contenders}
        return Report(STATEMENT, self._set.header, self._missing, processes, figures)

    def _figures(self, contender: Contender, results: Results) -> Figures:
        cases = [self._case(number, contender, results) for number in self._parcels]
        odd = [
            OddCase(kind, contender.review(self._looks(contender, number, kind, results)))
            for number, kind in self._odd
        ]
        return Measuring(contender.reviewers, contender.kinds, cases).figures(contender.model_sha256, odd)

    def _case(self, number: int, contender: Contender, results: Results) -> Case:
        looks = self._looks(contender, number, "", results)
        return Case(
            objects=self._set.truth(number).objects,
            clutter_per_cm2=looks[0].clutter_per_cm2,
            review=contender.review(looks),
            took_ms=sum(each.took_ms for each in looks),
            loading_ms=looks[0].loading_ms,
            peak_mb=max(each.peak_mb for each in looks),
        )

    def _looks(self, contender: Contender, number: int, odd: str, results: Results) -> list[Looked]:
        return [results[Key(self._name, name, number, odd)] for name in contender.reviewers]

    def _odd_volumes(self) -> Iterator[tuple[int, OddKind]]:
        """Of clean parcels: what a volume shows must not be why it alarms."""
        alarms = alarming()
        clean = [number for number in self._parcels if not self._set.truth(number).of(alarms)]
        if clean:
            places = np.unique(np.linspace(0, len(clean) - 1, _ODD_OF_EACH).astype(int))
            for kind in OddKind:
                yield from ((clean[place], kind) for place in places)


def results_path(report: Path) -> Path:
    """Where the looks for a report are kept."""
    return report.with_name(f"{report.name}.results.jsonl")
