"""A line with CT at one rate: what became of its parcels, and what that cost."""

import time
from pathlib import Path

from msgspec import Struct

from tests.bench.line_rig import cost, site
from tests.bench.line_rig.seen import Seen
from tests.bench.line_rig.trial import Trial

LEAST_RELEASED = 0.99  # of clean parcels
_LEAST_BELT_SHARE = 0.9  # of the span; less and it is the plant that is measured
_LEAST_INDUCTED = 0.95  # of what the rate asks for
_LOOK_EVERY_S = 2.0  # at the edge's memory


class AtRate(Struct, frozen=True):
    """One rate held for a span. Shares are of one core, by process; memory is the most that was seen."""

    rate: float  # asked for, parcels an hour
    speed_mm_s: int
    decision_s: float  # from the deciding eye to the release cut-off
    after_tunnel_s: float  # from the front's leaving the tunnel to it
    span_s: float
    seen: Seen
    restarted: tuple[str, ...]  # processes of the edge that ended in the span
    edge_share: dict[str, float]
    other_share: dict[str, float]  # plant, broker and ear
    machine_share: float  # of all cores, whoever used them
    pss_mib: dict[str, float]  # of the edge's processes
    pss_total_mib: float
    alone_mib: float  # the edge's memory were nobody else there
    slipped_ms: int  # belt time the plant lost because it was not scheduled
    broker: str

    @property
    def per_hour(self) -> float:
        """Parcels inducted, an hour."""
        return 3600 * self.seen.steps.items / self.span_s

    @property
    def released(self) -> float:
        """The share of the parcels in a lane that lie in a release lane."""
        return self.seen.steps.released / max(1, self.seen.steps.diverted)

    @property
    def complete(self) -> float:
        """The share of the parcels of which all files are on record."""
        return self.seen.complete / max(1, self.seen.steps.items)

    @property
    def wanting(self) -> str:
        """What keeps this rate from counting as sustained; empty if nothing does."""
        found, steps = self.seen, self.seen.steps
        items = steps.items
        if not items:
            return "no item was inducted"
        belt_share = 1 - self.slipped_ms / 1000 / self.span_s
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(steps.reasons.items()))
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.outcomes.items()))
        checks = (
            (belt_share < _LEAST_BELT_SHARE, f"the plant itself was too slow: it lost {self.slipped_ms} ms"),
            (
                self.per_hour < _LEAST_INDUCTED * belt_share * self.rate,
                f"only {self.per_hour:,.0f} parcels an hour were inducted",
            ),
            (bool(self.restarted), f"{' and '.join(self.restarted)} ended and had to be started again"),
            (found.scanned < items, f"the images of {items - found.scanned} of {items} items were not taken"),
            (
                found.reviewed < items,
                f"{items - found.reviewed} of {items} items were not reviewed in time ({outcomes})",
            ),
            (found.past_cutoff > 0, f"{found.past_cutoff} reviews came past the cut-off"),
            (steps.late > 0, f"{steps.late} of {items} items passed the cut-off without a lane"),
            (steps.missed > 0, f"{steps.missed} items were not reported"),
            (self.released < LEAST_RELEASED, f"{self.released:.1%} were released ({reasons})"),
        )
        return "; ".join(reason for failed, reason in checks if failed)


def hold(folder: Path, rate: float, seconds: float) -> AtRate:
    """Run a fresh line at a rate and measure the items inducted in the span, once the belt is full."""
    with Trial(folder, rate) as trial:
        trial.fill()
        before = trial.edge()
        edge, others, machine = cost.Meters(before), cost.Meters(trial.others()), cost.MachineMeter()
        begin_s = time.monotonic()
        while (left_s := begin_s + seconds - time.monotonic()) > 0:
            edge.look(memory=True)
            time.sleep(min(_LOOK_EVERY_S, left_s))
        end_s = time.monotonic()
        edge.look()
        others.look()
        machine_share = machine.share()
        after = trial.edge()
        alone_mib = cost.alone_mib(cost.smaps(after.values()))
        slipped_ms = trial.finish()
        found = trial.seen(begin_s, end_s)
    span_s = end_s - begin_s
    return AtRate(
        rate=rate,
        speed_mm_s=trial.line.belt.speed_mm_s,
        decision_s=site.decision_s(trial.line),
        after_tunnel_s=site.after_tunnel_s(trial.line),
        span_s=span_s,
        seen=found,
        restarted=tuple(sorted(name for name, pid in before.items() if after.get(name) != pid)),
        edge_share={name: used_s / span_s for name, used_s in edge.used_s.items()},
        other_share={name: used_s / span_s for name, used_s in others.used_s.items()},
        machine_share=machine_share,
        pss_mib=edge.most_mib,
        pss_total_mib=edge.most_together_mib,
        alone_mib=alone_mib,
        slipped_ms=slipped_ms,
        broker=trial.broker,
    )
