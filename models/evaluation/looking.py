"""Has reviewers look at the parcels of a set, in as many processes as wanted, each on one thread."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from models.evaluation.clutter import clutter_per_cm2
from models.evaluation.odd import OddKind, made_odd
from models.evaluation.results import Looked
from models.findings import ImageException, Outcome, Review
from models.interfaces import Reviewer
from models.labelled import LabelledSet
from models.volume import Volume

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Look:
    """What is still to be looked at."""

    parcel: int
    reviewers: tuple[str, ...]  # names, as in `Looking`
    odd: OddKind | None = None


def set_name(labelled: LabelledSet) -> str:
    """What tells a set from others."""
    return f"{labelled.header.generator} {labelled.header.seed}"


class Looking:
    """Shows volumes of a set to reviewers.

    Args:
        labelled: the set.
        reviewers: by the names that results stand under.
        clock_s: monotonic seconds.
    """

    def __init__(
        self,
        labelled: LabelledSet,
        reviewers: Mapping[str, Reviewer],
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._set = labelled
        self._reviewers = reviewers
        self._clock_s = clock_s

    def look(self, wanted: Look) -> list[Looked]:
        """What each reviewer says of a volume; LabelledError if the set does not have it."""
        began_s = self._clock_s()
        volume = self._set.volume(wanted.parcel)
        loading_ms = (self._clock_s() - began_s) * 1000
        clutter = 0.0
        if wanted.odd is None:
            clutter = clutter_per_cm2(volume, self._set.truth(wanted.parcel).box_mm)
        else:
            volume = made_odd(wanted.odd, volume, wanted.parcel)
        looks: list[Looked] = []
        for name in wanted.reviewers:
            began_s = self._clock_s()
            review = _reviewed(self._reviewers[name], volume)
            looks.append(
                Looked(
                    set=set_name(self._set),
                    reviewer=name,
                    parcel=wanted.parcel,
                    odd=wanted.odd or "",
                    review=review,
                    took_ms=round((self._clock_s() - began_s) * 1000, 2),
                    loading_ms=round(loading_ms, 2),
                    peak_mb=_peak_mb(),
                    clutter_per_cm2=round(clutter, 6),
                )
            )
        return looks


def looked(make: Callable[[], Looking], wanted: Sequence[Look], processes: int) -> Iterator[list[Looked]]:
    """All looks, in the order in which they are done.

    Args:
        make: builds what looks, in each process; it can be pickled if there are several.
        wanted: what to look at.
        processes: 1: this one.
    """
    if processes == 1:
        looking = make()
        yield from map(looking.look, wanted)
        return
    context = multiprocessing.get_context("spawn")
    with _one_thread_each():
        pool = ProcessPoolExecutor(processes, context, _begin, (make,))
        try:
            for done in as_completed([pool.submit(_look, each) for each in wanted]):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


_in_this_process: list[Looking] = []


def _begin(make: Callable[[], Looking]) -> None:
    cv2.setNumThreads(1)
    _in_this_process.append(make())


def _look(wanted: Look) -> list[Looked]:
    return _in_this_process[0].look(wanted)


@contextmanager
def _one_thread_each() -> Generator[None]:
    """Processes begun meanwhile use one thread: their libraries read these variables when they are loaded."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _reviewed(reviewer: Reviewer, volume: Volume) -> Review:
    """As the review process does it: a reviewer that fails has cleared nothing."""
    try:
        return reviewer.review(volume)
    except Exception as error:  # a mistake on one image must not end a run of thousands
        detail = f"the reviewer failed: {type(error).__name__}"
        return Review(Outcome.EXCEPTION, reviewer.name, ImageException.NOT_REVIEWED, detail=detail)


def _peak_mb() -> float:
    """Of this process; 0 where it cannot be told."""
    if sys.platform == "win32":
        return 0.0
    import resource  # noqa: PLC0415  Unix alone has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024), 1)
