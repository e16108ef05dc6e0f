"""Evidence → lane and reasons. Pure, and ordered so that anything doubtful ends in the inspection lane."""

from collections.abc import Mapping

from msgspec import Struct

from config.settings import LaneRole, Line, Policy
from edge.codes import Agreement, identify
from edge.messages import ClearanceState, Decision, Reason, ScanEvidence
from edge.observations import Code, Paper
from models.findings import Outcome

TRIPS_UNKNOWN = 255  # the controller cannot tell how often the item went round


class Gathered(Struct, frozen=True):
    """All that was observed of one item, as the verdict takes it."""

    codes: tuple[Code, ...] = ()
    papers: Mapping[str, Paper | None] = {}
    weight_g: float | None = None
    trips: int = 0
    doubts: frozenset[Reason] = frozenset()
    answer: Decision | None = None
    answered: frozenset[Reason] = frozenset()  # the reasons it was an answer to
    released_by_other: bool = False  # another passage on this line released the same waybill
    scan: ScanEvidence | None = None
    unscanned: bool = False  # the CT was not ready while it was in the tunnel


class Verdict(Struct, frozen=True):
    """Where the item is to go and why; `awaiting_answer`: an officer's release could still change it."""

    role: LaneRole
    lane: int
    reasons: tuple[Reason, ...]
    awaiting_answer: bool = False
    paper: Paper | None = None


def verdict(found: Gathered, line: Line, closed_lanes: frozenset[int] = frozenset()) -> Verdict:
    """The lane for an item, from the evidence alone.

    Order: doubts about tracking → who is it → what forbids release → what is missing → release. A verdict of
    WAIT needs positive evidence that nothing but papers or an answer is missing.
    """
    identity = identify(found.codes, found.papers)
    paper = identity.paper
    if found.doubts:
        return inspected(line, *sorted(found.doubts), paper=paper)
    alarm = _alarm(found, line.policy)
    if identity.agreement is Agreement.NONE:
        if alarm:  # that is not sent round the hall
            return inspected(line, Reason.NO_READ, alarm)
        return _go_round(found, line, closed_lanes, Reason.NO_READ)
    if identity.agreement is Agreement.CONFLICT:
        return inspected(line, Reason.CODE_CONFLICT)
    if paper is None:
        return inspected(line, Reason.UNKNOWN_WAYBILL)
    forbidding = _forbidding(found, paper, line)
    if forbidding:
        return inspected(line, *forbidding, paper=paper)
    missing, flagged = _missing(paper, line.policy), _flagged(paper, alarm)
    answered = found.answered if found.answer is Decision.RELEASE else frozenset[Reason]()
    if missing and alarm and alarm not in answered:
        return inspected(line, alarm, *missing, paper=paper)
    if missing:
        wait = line.lane_of_role(LaneRole.WAIT)
        if wait is None or wait.number in closed_lanes:
            return inspected(line, *missing, Reason.LANE_UNAVAILABLE, paper=paper)
        return Verdict(LaneRole.WAIT, wait.number, missing, paper=paper)
    if not answered.issuperset(flagged):
        return inspected(line, *flagged, paper=paper, awaiting_answer=True)
    lane = release_lane(line, paper.entry.courier, paper.entry.destination)
    if lane in closed_lanes:
        return _go_round(found, line, closed_lanes, Reason.LANE_UNAVAILABLE, paper)
    reason = Reason.OFFICER_RELEASED if flagged else Reason.CLEARED
    return Verdict(LaneRole.RELEASE, lane, (reason,), paper=paper)


def release_lane(line: Line, courier: str, destination: str) -> int:
    """The sort plan's lane: the first rule whose named fields all match (a site has a catch-all)."""
    for rule in line.sort_plan:
        if rule.courier in ("", courier) and rule.destination in ("", destination):
            return rule.lane
    return line.inspect_lane.number


def inspected(
    line: Line, *reasons: Reason, paper: Paper | None = None, awaiting_answer: bool = False
) -> Verdict:
    """A verdict of INSPECT."""
    return Verdict(LaneRole.INSPECT, line.inspect_lane.number, reasons, awaiting_answer, paper)


def weight_agrees(measured_g: float, declared_g: float, policy: Policy) -> bool:
    """Whether two weights differ by no more than the larger of the site's two tolerances."""
    allowed_g = max(policy.weight_tolerance_g, policy.weight_tolerance_share * declared_g)
    return abs(measured_g - declared_g) <= allowed_g


def _forbidding(found: Gathered, paper: Paper, line: Line) -> tuple[Reason, ...]:
    """Everything known that speaks against release, most weighty first."""
    entry = paper.entry
    reasons: list[Reason] = []
    if entry.state is ClearanceState.INSPECT:
        reasons.extend(entry.reasons or (Reason.CUSTOMS_HOLD,))
    if found.answer is Decision.STOP:
        reasons.append(Reason.OFFICER_STOPPED)
    if entry.state is ClearanceState.RELEASED or paper.released_by is not None or found.released_by_other:
        reasons.append(Reason.ALREADY_RELEASED)
    if line.scale is not None:
        if found.weight_g is None:
            reasons.append(Reason.NO_WEIGHT)
        elif entry.declared_weight_g is not None and not weight_agrees(
            found.weight_g, entry.declared_weight_g, line.policy
        ):
            reasons.append(Reason.WEIGHT_MISMATCH)
    if line.ct is not None and (reason := _image_forbids(found, line.policy)):
        reasons.append(reason)
    return tuple(reasons)


def _image_forbids(found: Gathered, policy: Policy) -> Reason | None:
    """What the CT image, or its lack, says against release whatever an officer at the screen thinks."""
    if found.unscanned:
        return Reason.CT_NOT_READY
    if found.scan is not None and found.scan.doubts:
        return Reason.SCAN_DOUBTFUL
    if found.scan is None or found.scan.review is None:
        return Reason.IMAGE_PENDING
    review = found.scan.review
    if review.outcome is Outcome.EXCEPTION:
        return Reason.IMAGE_EXCEPTION
    return Reason.IMAGE_PROHIBITED if _alarm(found, policy) is Reason.IMAGE_PROHIBITED else None


def _alarm(found: Gathered, policy: Policy) -> Reason | None:
    """What was found in the image: something an officer at the screen may clear, or something nobody may."""
    review = found.scan.review if found.scan is not None else None
    if review is None or (review.outcome is not Outcome.ALARM and not review.findings):
        return None
    clearable = all(finding.category in policy.officer_may_clear for finding in review.findings)
    return Reason.IMAGE_ALARM if clearable else Reason.IMAGE_PROHIBITED


def _flagged(paper: Paper, alarm: Reason | None) -> tuple[Reason, ...]:
    """What an officer at the screen may clear, and nobody else."""
    reasons = [alarm] if alarm else []
    if paper.entry.state is ClearanceState.REVIEW:
        reasons.append(Reason.OFFICER_REVIEW)
    return tuple(reasons)


def _missing(paper: Paper, policy: Policy) -> tuple[Reason, ...]:
    """What is not there yet; empty if nothing is missing."""
    entry = paper.entry
    if entry.state is ClearanceState.WAIT:
        return entry.reasons or (Reason.PAPERS_MISSING,)
    if entry.declared_weight_g is None:
        return (Reason.PAPERS_MISSING,)
    oldest_s = policy.clearance_age_s.get(entry.mode, policy.clearance_age_default_s)
    if paper.age_s is None or paper.age_s > oldest_s:
        return (Reason.CLEARANCE_STALE,)
    return ()


def _go_round(
    found: Gathered, line: Line, closed_lanes: frozenset[int], reason: Reason, paper: Paper | None = None
) -> Verdict:
    """Once more round the loop if the site has one, it takes items and the limit is not reached."""
    loop = line.lane_of_role(LaneRole.RECIRCULATE)
    if found.trips >= line.policy.recirculations or found.trips == TRIPS_UNKNOWN:
        reasons = (reason, Reason.RECIRCULATION_LIMIT) if line.policy.recirculations else (reason,)
    elif loop is None or loop.number in closed_lanes:
        reasons = (reason, Reason.LANE_UNAVAILABLE) if reason is not Reason.LANE_UNAVAILABLE else (reason,)
    else:
        return Verdict(LaneRole.RECIRCULATE, loop.number, (reason,), paper=paper)
    return inspected(line, *reasons, paper=paper)
