"""What arrives from a line, parsed: an event to keep, the line's latest state, or a message to set aside."""

from datetime import datetime

import msgspec
from msgspec import Struct, structs

from edge import messages
from edge.messages import Event, LineState


class Incoming(Struct, frozen=True):
    """One MQTT message as it came; `channel` is the last level of its topic."""

    line: str
    channel: str
    payload: bytes
    received_at: datetime


class Accepted(Struct, frozen=True):
    """An event of ours, to be stored once."""

    line: str
    envelope_id: str
    type: str
    sequence: int
    received_at: datetime
    event: Event
    raw: bytes


class StateReported(Struct, frozen=True):
    """A line's latest state; it replaces the one before, nothing waits for it."""

    line: str
    state: LineState
    received_at: datetime


class Refused(Struct, frozen=True):
    """A message nobody understands: kept sealed in quarantine, with the reason.

    With a readable envelope id it is receipted, since it is durably kept here and would else block the line's
    outbox for ever; without one no receipt can name it, and whoever sent it is not an outbox of ours.
    """

    line: str
    envelope_id: str | None
    reason: str
    received_at: datetime
    raw: bytes


Parsed = Accepted | StateReported | Refused


class _OnlyId(Struct):
    id: str


_ids = msgspec.json.Decoder(_OnlyId)


def parse(site: str, message: Incoming) -> Parsed:
    """Understand one message, or say why not; never raises."""
    try:
        envelope = messages.envelope(message.payload)
        _check_source(site, message.line, envelope.source)
        if message.channel == "state":
            state = messages.data(envelope, LineState)
            return StateReported(line=message.line, state=state, received_at=message.received_at)
        event = messages.event(envelope)
    except (messages.MessageError, UnicodeDecodeError, RecursionError) as error:
        return refuse(message, str(error))
    return Accepted(
        line=message.line,
        envelope_id=envelope.id,
        type=envelope.type,
        sequence=envelope.sequence,
        received_at=message.received_at,
        event=event,
        raw=message.payload,
    )


def since_away(report: StateReported, before: LineState | None) -> StateReported:
    """A report whose `at`, if the line is away, says since when we know that it is.

    A last will carries the time its session began, and comes again with each connection to the broker.
    """
    if report.state.online:
        return report
    at = report.received_at if before is None or before.online else before.at
    return structs.replace(report, state=structs.replace(report.state, at=at))


def refuse(message: Incoming, reason: str) -> Refused:
    """Set a message aside, with its envelope id where one can be read."""
    return Refused(
        line=message.line,
        envelope_id=_readable_id(message.payload) if message.channel == "events" else None,
        reason=reason[:500],
        received_at=message.received_at,
        raw=message.payload,
    )


def _check_source(site: str, line: str, source: str) -> None:
    expected = f"/{site}/{line}"
    if source != expected:
        raise messages.MessageError(f"source: expected {expected}, found another")


def _readable_id(payload: bytes) -> str | None:
    try:
        found = _ids.decode(payload).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if 0 < len(found) <= 200 else None
