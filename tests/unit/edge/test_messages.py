"""The wire: what is accepted, what is refused with a clear word, and that a change of it is seen."""

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from edge import asyncapi, messages
from edge.messages import AlarmRaised, MessageError

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def wrapped() -> bytes:
    return messages.wrap(
        AlarmRaised("code", "detail", NOON), id="j:1", source="/demo/L1", time=NOON, sequence=1
    )


def test_message_survives_the_wire() -> None:
    envelope = messages.envelope(wrapped())
    assert (envelope.id, envelope.source, envelope.type) == ("j:1", "/demo/L1", "redpeak.alarm.raised.v1")
    assert messages.event(envelope) == AlarmRaised("code", "detail", NOON)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff", "CloudEvents"),
        (b"[]", "CloudEvents"),
        (wrapped().replace(b'"id"', b'"di"'), "id"),
        (wrapped().replace(b'"1.0"', b'"2.0"'), "specversion: expected 1.0"),
    ],
)
def test_what_is_no_envelope_is_refused_by_name(content: bytes, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        messages.envelope(content)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"alarm.raised.v1", b"alarm.raised.v2", "version 1"),
        (b'"data":{"type":"redpeak.alarm.raised.v1"', b'"data":{"type":"redpeak.nothing.v1"', "version 1"),
        (b'"type":"redpeak.alarm.raised.v1","time"', b'"type":"redpeak.other.v1","time"', "the data another"),
        (b'"code":"code"', b'"code":7', "code"),
    ],
)
def test_event_of_another_version_or_kind_is_refused(old: bytes, new: bytes, says: str) -> None:
    changed = wrapped().replace(old, new)
    assert changed != wrapped()
    with pytest.raises(MessageError, match=says):
        messages.event(messages.envelope(changed))


def test_the_kept_document_is_the_wire_as_it_is() -> None:
    kept = files("edge").joinpath("asyncapi.json").read_text("utf-8")
    assert kept == asyncapi.text(), "the wire changed: run `python -m edge.asyncapi > edge/asyncapi.json`"


def test_no_message_names_personal_data() -> None:
    """Fields that would hold a waybill number, name, phone, address or identity number in the open."""
    fields = {
        field
        for schema in asyncapi.document()["components"]["schemas"].values()
        for field in schema.get("properties", {})
    }
    assert not fields & {
        "waybill",
        "waybill_number",
        "number_text",
        "name",
        "phone",
        "address",
        "id_number",
        "raw",
    }
