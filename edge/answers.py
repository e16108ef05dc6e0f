"""An officer's answer at the line: the edge alone rules, and only the controller's word makes it accepted."""

from datetime import datetime

from config.settings import LaneRole, Line
from devices.interfaces import CommandOutcome
from edge.messages import AnswerRuled, Decision, Ruling
from edge.observations import AnswerGiven, LaneRuled
from edge.state import Item
from edge.verdict import Verdict


def receive(item: Item | None, given: AnswerGiven, line: Line, at: datetime) -> AnswerRuled | None:
    """Rule at once where nothing can come of it; None: taken, the verdict is to be judged again.

    The deadline is a place: a release counts before the release cut-off, a stop before the inspection one.
    """
    answer = given.answer
    if item is not None:
        item.heard.add(answer.answer_id)

    def ruled(ruling: Ruling, detail: str, place_mm: int | None = None) -> AnswerRuled:
        return AnswerRuled(answer.answer_id, answer.passage_id, ruling, place_mm, at, detail)

    if item is None:
        return ruled(Ruling.NOT_OPEN, "the passage is closed or not known here")
    if not given.right_session or answer.epoch != item.epoch:
        return ruled(Ruling.NOT_OPEN, "the answer was meant for an earlier run of the agent or controller")
    front_mm = item.front_mm(given.encoder_mm)
    if item.verdict is None or item.pending_answer is not None:
        return ruled(Ruling.REFUSED, "no answer is asked for at this moment", front_mm)
    release = answer.decision is Decision.RELEASE
    if release and not item.verdict.awaiting_answer:
        return ruled(Ruling.REFUSED, f"stands: {', '.join(item.verdict.reasons)}", front_mm)
    cutoff_mm = line.belt.release_cutoff_mm if release else line.belt.inspect_cutoff_mm
    if front_mm >= cutoff_mm or (release and item.past_cutoff):
        return ruled(Ruling.TOO_LATE, f"at {front_mm} mm, the cut-off is at {cutoff_mm} mm", front_mm)
    item.answers[answer.answer_id] = answer
    item.answer = answer.decision
    item.answered = set(item.verdict.reasons)
    item.pending_answer = answer.answer_id
    item.note(at, "answered", given.encoder_mm, detail=str(answer.decision))
    return None


def settle(item: Item, found: Verdict, at: datetime) -> AnswerRuled | None:
    """After the new verdict: refused if other evidence forbids the release, accepted if the lane is confirmed
    already, else None: the controller is being asked."""
    if item.answer is Decision.RELEASE and found.role is not LaneRole.RELEASE:
        return _final(item, Ruling.REFUSED, at, f"stands: {', '.join(found.reasons)}")
    item.pending_lane = found.lane
    if item.confirmed:
        return _final(item, Ruling.ACCEPTED, at)
    return None


def lane_ruled(item: Item, ruled: LaneRuled, at: datetime) -> AnswerRuled | None:
    """The controller's word on the lane an answer asked for."""
    if item.pending_answer is None or ruled.lane != item.pending_lane:
        return None
    if ruled.outcome is CommandOutcome.ACCEPTED:
        return _final(item, Ruling.ACCEPTED, at)
    if ruled.outcome is CommandOutcome.LANE_UNAVAILABLE:
        return _final(item, Ruling.REFUSED, at, "the lane takes no more")
    return _final(item, Ruling.TOO_LATE, at, f"controller: {ruled.outcome.name.lower()}")


def withdrawn(item: Item, found: Verdict, at: datetime) -> AnswerRuled | None:
    """Before the controller took the answer's lane, other evidence asked for another."""
    if item.pending_lane in (None, found.lane):
        return None
    return _final(item, Ruling.REFUSED, at, f"stands: {', '.join(found.reasons)}")


def overtaken(item: Item, lane: int | None, at: datetime) -> AnswerRuled | None:
    """The item is gone and the acknowledgement never came: where it went is the controller's word."""
    if item.pending_answer is None:
        return None
    arrived = lane is not None and lane == item.pending_lane
    return _final(
        item, Ruling.ACCEPTED if arrived else Ruling.TOO_LATE, at, "seen in its lane" if arrived else ""
    )


def _final(item: Item, ruling: Ruling, at: datetime, detail: str = "") -> AnswerRuled:
    answer_id, item.pending_answer, item.pending_lane = item.pending_answer, None, None
    if ruling is not Ruling.ACCEPTED and item.answer is Decision.RELEASE:
        item.answer = None  # what was ruled out may not release the item later
    item.note(at, f"answer_{ruling}", None)
    return AnswerRuled(answer_id or "", item.passage_id, ruling, None, at, detail)
