"""A line at one rate: what it takes, what it costs, and the highest rate it sustains."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from config.settings import LaneRole
from tests.bench.rig.counting import percentile
from tests.bench.rig.steps import Steps, steps
from tests.bench.sorting_rig.trial import Trial

LIMIT_MS = 100.0  # of the 99th percentile from the deciding eye to the accepted lane
LEAST_RELEASED = 0.99  # of clean parcels, for a rate at which they are sorted and not only handled
_WARM_S = 3.0
_LEAST_BELT_SHARE = 0.8  # of the span; less and it is the plant that is measured


class AtRate(Struct, frozen=True):
    """One rate held for a span; `cpu_share` of a core and `pss_mib` are the agent's."""

    rate: float  # asked for, items a second
    inducted_a_second: float
    steps: Steps
    cpu_share: float
    pss_mib: float
    span_s: float
    slipped_ms: int  # belt time the plant lost because it was not scheduled
    broker: str

    @property
    def wanting(self) -> str:
        """What keeps this rate from counting as sustained; empty if nothing does."""
        seen = self.steps
        if not seen.accepted_ms or not seen.diverted:
            return "no item was sorted"
        p99_ms = percentile(seen.accepted_ms, 0.99)
        belt_share = 1 - self.slipped_ms / 1000 / self.span_s
        checks = (
            (seen.late > 0, f"{seen.late} of {seen.items} items passed the cut-off without a lane"),
            (p99_ms > LIMIT_MS, f"p99 of eye to lane was {p99_ms:.0f} ms"),
            (seen.missed > 0, f"{seen.missed} items were not reported"),
            (belt_share < _LEAST_BELT_SHARE, f"the plant itself was too slow: it lost {self.slipped_ms} ms"),
            (self.inducted_a_second < 0.95 * self.rate * belt_share, "induction did not keep open"),
        )
        return "; ".join(reason for failed, reason in checks if failed)

    @property
    def unreleased(self) -> str:
        """Why it does not count as sorted: the reasons with which clean parcels were held back."""
        seen = self.steps
        share = seen.released / max(1, seen.diverted)
        if self.wanting or share >= LEAST_RELEASED:
            return self.wanting
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(seen.reasons.items()))
        return f"{share:.1%} of clean parcels were released ({reasons})"


def hold(folder: Path, rate: float, seconds: float, poll_ms: int) -> AtRate:
    """Run a fresh line at a rate and measure the items inducted in the span."""
    with Trial(folder, rate, poll_ms=poll_ms) as trial:
        time.sleep(_WARM_S)
        meter, begin_s = trial.agent_cpu(), time.monotonic()
        time.sleep(seconds)
        used_s, end_s = meter.used_s(), time.monotonic()
        memory_mib = trial.agent_pss_mib()
        slipped_ms = trial.finish()
        releasing = frozenset(lane.number for lane in trial.line.lanes if lane.role is LaneRole.RELEASE)
        seen = steps(trial.all_marks(), trial.heard(), releasing, begin_s, end_s)
    span_s = end_s - begin_s
    return AtRate(
        rate, seen.items / span_s, seen, used_s / span_s, memory_mib, span_s, slipped_ms, trial.broker
    )


def sustained(tried: Iterable[AtRate], wanting: Callable[[AtRate], str]) -> tuple[AtRate | None, str]:
    """The highest rate before the first that `wanting` finds something to say of, and what ("" if none)."""
    best: AtRate | None = None
    for each in tried:
        if found := wanting(each):
            return best, f"at {each.rate:g}/s {found}"
        best = each
    return best, ""
