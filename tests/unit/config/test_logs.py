"""Logs: one JSON object a line, from our own events and from libraries, without personal data."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from config import logs


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("agent-L1", stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:], level = before
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_process_time_and_fields(stream: io.StringIO) -> None:
    structlog.get_logger("edge.agent").info("passage_closed", lane=3, reason="赤峰")
    (line,) = lines(stream)
    assert line["event"] == "passage_closed"
    assert line["process"] == "agent-L1"
    assert line["lane"] == 3
    assert line["reason"] == "赤峰"
    assert line["level"] == "info"
    assert line["at"].endswith("Z")


@pytest.mark.parametrize("key", sorted(logs.PERSONAL_KEYS))
def test_personal_data_is_withheld_at_any_depth(stream: io.StringIO, key: str) -> None:
    structlog.get_logger("edge.agent").warning(
        "odd", **{key: "SF123", "inner": {"list": [{key: "SF123"}], "lane": 1}}
    )
    assert "SF123" not in stream.getvalue()
    assert lines(stream)[0][key] == logs.WITHHELD
    assert lines(stream)[0]["inner"]["lane"] == 1


def test_libraries_and_warnings_take_the_same_road(stream: io.StringIO) -> None:
    logging.getLogger("amqtt.broker").warning("Client is already connected")
    logging.getLogger("amqtt.broker").info("chatter")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    first, second = lines(stream)
    assert first["event"] == "Client is already connected"
    assert first["logger"] == "amqtt.broker"
    assert "DeprecationWarning: old" in second["event"]


def test_a_traceback_shows_no_values_of_variables(stream: io.StringIO) -> None:
    label = "SF" + "9988"
    try:
        raise RuntimeError("a label came") if label else AssertionError
    except RuntimeError:
        structlog.get_logger("edge.agent").exception("step_failed")
    (line,) = lines(stream)
    assert "RuntimeError: a label came" in line["exception"]
    assert label not in stream.getvalue()


def test_configuring_again_replaces_and_does_not_double(stream: io.StringIO) -> None:
    second = io.StringIO()
    logs.configure("central", stream=second)
    structlog.get_logger("central.ingest").info("started")
    assert stream.getvalue() == ""
    assert [line["process"] for line in lines(second)] == ["central"]


def test_a_terminal_gets_a_form_for_people(stream: io.StringIO) -> None:
    terminal = Terminal()
    logs.configure("central", stream=terminal)
    structlog.get_logger("central.ingest").info("started", waybill="SF1")
    assert "started" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert "SF1" not in terminal.getvalue()
