"""What arrives from a line is understood whole, or set aside with a reason and, where it can be, its id."""

from datetime import timedelta

import msgspec
import pytest
from msgspec import structs

from central.incoming import Accepted, Incoming, Refused, StateReported, parse, refuse, since_away
from edge.messages import AlarmRaised, LineState
from tests.unit.central.journeys import LINE, SITE, START, decided, incoming, line_state

LATER = START + timedelta(minutes=5)


def raw(payload: bytes, channel: str = "events") -> Incoming:
    return Incoming(line=LINE, channel=channel, payload=payload, received_at=START)


def refused(message: Incoming) -> Refused:
    found = parse(SITE, message)
    assert isinstance(found, Refused)
    return found


def test_an_event_is_accepted_with_all_its_envelope_says() -> None:
    sent = AlarmRaised("jam", "lane 2", START)
    message = structs.replace(incoming(sent, "e1", sequence=12), received_at=LATER)
    kind = "redpeak.alarm.raised.v1"
    assert parse(SITE, message) == Accepted(LINE, "e1", kind, 12, LATER, sent, message.payload)


def test_a_lines_state_is_what_its_own_channel_brings() -> None:
    message = structs.replace(incoming(line_state(), "s1", channel="state"), received_at=LATER)
    assert parse(SITE, message) == StateReported(LINE, line_state(), LATER)
    assert isinstance(parse(SITE, incoming(line_state(), "s1")), Refused)


def test_what_is_set_aside_is_kept_whole_with_its_reason() -> None:
    message = structs.replace(incoming(decided("p1"), "e1", line="L2"), line=LINE, received_at=LATER)
    reason = "source: expected /demo/L1, found another"
    assert parse(SITE, message) == Refused(LINE, "e1", reason, LATER, message.payload)


def test_another_site_is_another_source() -> None:
    found = parse("elsewhere", incoming(decided("p1"), "e1"))
    assert isinstance(found, Refused)
    assert found.reason == "source: expected /elsewhere/L1, found another"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe",
        b'{"id":"\xff"}',
        b"not json",
        b"[" * 100_000,
        b'{"id":' + b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b'{"id": 5}',
        b'{"id": ""}',
        b'{"name": "e1"}',
    ],
)
@pytest.mark.parametrize("channel", ["events", "state"])
def test_garbage_is_set_aside_without_an_id(payload: bytes, channel: str) -> None:
    found = refused(raw(payload, channel))
    assert (found.envelope_id, found.raw) == (None, payload)
    assert found.reason


@pytest.mark.parametrize(("length", "readable"), [(1, True), (200, True), (201, False)])
def test_an_id_counts_up_to_200_characters(length: int, readable: bool) -> None:
    id = "e" * length
    assert refused(raw(msgspec.json.encode({"id": id}))).envelope_id == (id if readable else None)


def test_only_events_are_receipted_so_only_they_need_an_id() -> None:
    assert refused(raw(b'{"id":"e1"}')).envelope_id == "e1"
    assert refused(raw(b'{"id":"e1"}', "state")).envelope_id is None


def test_a_long_reason_is_cut() -> None:
    assert refuse(raw(b"x"), "r" * 501).reason == "r" * 500


def reported(*, online: bool) -> StateReported:
    return StateReported(LINE, line_state(online=online), LATER)


def since(report: StateReported, before: LineState | None) -> object:
    found = since_away(report, before)
    assert structs.replace(found, state=report.state) == report  # nothing else is touched
    assert structs.replace(found.state, at=START) == report.state
    return found.state.at


def test_a_line_is_away_since_it_was_first_heard_to_be() -> None:
    gone = structs.replace(line_state(online=False), at=START + timedelta(minutes=1))
    assert since(reported(online=True), gone) == START
    assert since(reported(online=False), None) == LATER
    assert since(reported(online=False), line_state(online=True)) == LATER
    assert since(reported(online=False), gone) == START + timedelta(minutes=1)
