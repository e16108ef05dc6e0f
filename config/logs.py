"""How every process logs: one JSON object a line on stderr, UTC times, personal data withheld.

On a terminal the same events come in a form for people. Foreign libraries' warnings take the same road, and
so do Python's own warnings, so that a process has one stream in one format.
"""

import contextlib
import faulthandler
import io
import logging
import sys
from collections.abc import Mapping
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL_KEYS = frozenset({"name", "phone", "address", "id_number", "waybill", "code", "codes", "raw"})
WITHHELD = "[withheld]"
_ROOMS = ("config", "devices", "models", "edge", "central", "simulators", "__main__")


def configure(process: str, *, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream` (stderr unless given); each line carries `process`.

    Our own rooms log from INFO, libraries from WARNING. Calling it again replaces what was set before.
    """
    target = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                withhold_personal,
                *_rendering(terminal=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for room in _ROOMS:
        logging.getLogger(room).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # A supervisor sends SIGABRT to what hangs: its stacks then stand in the log.
    with contextlib.suppress(io.UnsupportedOperation):  # a stream without a file, as in tests
        faulthandler.enable(target)


def withhold_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that may name a person or a parcel, at any depth of mappings."""
    for key, value in event.items():
        event[key] = _withheld(key, value)
    return event


def _withheld(key: object, value: object) -> object:
    if key in PERSONAL_KEYS:
        return WITHHELD
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, object]", value)
        return {each: _withheld(each, content) for each, content in inner.items()}
    if isinstance(value, list | tuple):
        return [_withheld(None, each) for each in cast("list[object] | tuple[object, ...]", value)]
    return value


def _named(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _rendering(*, terminal: bool) -> list[Processor]:
    # Tracebacks stay plain text: the structured form would print local variables, labels among them.
    if terminal:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
