"""Journal entries in a few words each, for people who read them at night."""

from typing import assert_never

import msgspec

from devices.interfaces import LANE_EYE, ItemEvent, ItemEventKind, PackMlState
from edge.messages import (
    AlarmRaised,
    AnswerRuled,
    DeviceChanged,
    Event,
    GapRecorded,
    MediaRecorded,
    PassageClosed,
    PassageDecided,
)
from edge.observations import (
    AgentStarted,
    AnswerGiven,
    ControllerRestarted,
    ControllerSaw,
    ControllerStalled,
    EventsMissed,
    FellDue,
    InductionsMissed,
    LabelRead,
    LaneRuled,
    MediaKept,
    Observation,
    PapersFound,
    ScanArrived,
    ScanReviewed,
    Weighed,
)

_STATES: dict[int, str] = {state: state.name.lower() for state in PackMlState}
_observations: msgspec.json.Decoder[Observation] = msgspec.json.Decoder(Observation)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def narrate_entry(kind: str, payload: bytes | None) -> str:
    """A journal entry as it stands on disk; one whose content was erased says so."""
    if payload is None:
        return "(erased)"
    return narrate((_events if kind.startswith("redpeak.") else _observations).decode(payload))


def narrate(content: Observation | Event) -> str:  # noqa: PLR0912  one case a kind
    """What happened, without personal data."""
    match content:
        case AgentStarted():
            return f"agent started, session {content.session}, belt at {content.encoder_mm} mm"
        case ControllerSaw(event=event):
            return _seen(event)
        case ControllerRestarted():
            return f"controller restarted, epoch {content.epoch}"
        case EventsMissed():
            return f"events {content.first_sequence} to {content.last_sequence} of the ring were overwritten"
        case ControllerStalled():
            return "controller's program stood still"
        case InductionsMissed():
            return f"items up to {content.last_tracking_id} were inducted unseen"
        case LabelRead():
            codes = f"{len(content.codes)} code(s)" if content.codes else "nothing"
            return f"{content.scanner} read {codes}, belt at {content.encoder_mm} mm"
        case Weighed():
            weight = "could not weigh" if content.weight_g is None else f"weighed {content.weight_g:.0f} g"
            return f"{content.scale} {weight}, belt at {content.encoder_mm} mm"
        case PapersFound():
            states = [
                f"{paper.entry.state} v{paper.entry.version}" if paper else "unknown"
                for paper in content.papers.values()
            ]
            return f"item {content.tracking_id}: papers {', '.join(states)}"
        case AnswerGiven():
            return f"officer answered {content.answer.decision} ({content.answer.answer_id})"
        case LaneRuled():
            return f"item {content.tracking_id}: lane {content.lane} {content.outcome.name.lower()}"
        case FellDue():
            return f"item {content.tracking_id}: {content.due} fell due"
        case ScanArrived():
            whole = "scan" if content.complete else "incomplete scan"
            return f"{content.device} stored a {whole} of item {content.tracking_id or 'unknown'}"
        case ScanReviewed(review=review):
            found = ", ".join(finding.kind for finding in review.findings)
            return f"image {review.outcome}: {review.exception or found}".removesuffix(": ")
        case MediaKept():
            return f"{content.device}: {content.kind} {content.part} kept".replace("  ", " ")
        case PassageDecided():
            why = ", ".join(content.reasons)
            return f"verdict {content.revision}: {content.role}, lane {content.lane}: {why}"
        case PassageClosed():
            where = "was seen in no lane" if content.lane is None else f"ended in lane {content.lane}"
            return where if content.as_decided else f"{where}, not as decided"
        case AnswerRuled():
            return f"answer {content.answer_id}: {content.ruling} {content.detail}".rstrip()
        case GapRecorded():
            return f"gap: items {content.first_tracking_id} to {content.last_tracking_id}, {content.cause}"
        case DeviceChanged():
            return f"{content.device} is {content.state}: {content.detail}".removesuffix(": ")
        case AlarmRaised():
            return f"ALARM {content.code}: {content.detail}"
        case MediaRecorded():
            return f"{content.kind} {content.sha256[:12]}… recorded, {content.size:,} bytes"
        case _:
            assert_never(content)


def _seen(event: ItemEvent) -> str:  # noqa: PLR0912  one case a kind
    item = f"item {event.tracking_id}"
    match event.kind:
        case ItemEventKind.INDUCTED:
            return f"{item} inducted" + (f", trip {event.detail + 1}" if event.detail else "")
        case ItemEventKind.LENGTH:
            return f"{item} is {event.detail} mm long"
        case ItemEventKind.EYE:
            return f"{item} at eye {event.point}"
        case ItemEventKind.LOST:
            return f"{item} not seen {'in a lane' if event.point == LANE_EYE else f'at eye {event.point}'}"
        case ItemEventKind.UNEXPECTED if event.point == LANE_EYE:
            return f"something untracked in lane {event.detail}, without an order"
        case ItemEventKind.UNEXPECTED:
            return f"something untracked at eye {event.point}"
        case ItemEventKind.DECIDED:
            return f"{item} past the cut-off, bound for lane {event.detail}"
        case ItemEventKind.DIVERTED:
            return f"{item} seen in lane {event.detail}"
        case ItemEventKind.DIVERT_FAILED:
            return f"{item} not seen in lane {event.detail}, where it should be"
        case ItemEventKind.TOO_CLOSE:
            return f"{item} too close to its neighbour"
        case ItemEventKind.LANE_FULL | ItemEventKind.LANE_FREE:
            return f"lane {event.detail} {'full' if event.kind is ItemEventKind.LANE_FULL else 'free'}"
        case ItemEventKind.LINE_STATE:
            return f"line is {_STATES.get(event.detail, event.detail)}"
        case ItemEventKind.CT_STATE:
            return f"CT state {event.detail}"
        case _:
            assert_never(event.kind)
