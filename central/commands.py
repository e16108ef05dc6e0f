"""Commands to the lines: signed, so that an edge obeys the centre alone, and sent while the line can hear."""

import base64
from collections.abc import Callable
from typing import Protocol

import msgspec
from msgspec import Struct

from config.keyring import Keyring
from edge.messages import Command, LineState, SignedCommand


class LineAwayError(Exception):
    """A command cannot reach its line now; the message is a sentence for who gave it."""


class Sender(Protocol):
    """The way to the lines, as `central.mqtt.Link` is one."""

    @property
    def connected(self) -> bool: ...  # noqa: D102
    def send(self, line: str, channel: str, message: Struct) -> bool: ...  # noqa: D102


class Commands:
    """Sends to the lines of one site; `states` tells each line's session and epoch."""

    def __init__(self, link: Sender, keyring: Keyring, *, states: Callable[[], dict[str, LineState]]) -> None:
        self._link = link
        self._keyring = keyring
        self._states = states

    def listener(self, line: str) -> LineState:
        """The state of a line that hears us now; LineAwayError if it does not."""
        state = self._states().get(line)
        if state is None or not state.online or not self._link.connected:
            raise LineAwayError("the line cannot be reached now")
        return state

    def send(self, line: str, command: Command) -> None:
        """Sign and send; LineAwayError if the broker does not take it."""
        payload = msgspec.json.encode(command)
        signature = base64.b64encode(self._keyring.sign(payload)).decode()
        signed = SignedCommand(payload=payload.decode(), signature=signature)
        if not self._link.send(line, "commands", signed):
            raise LineAwayError("the broker went away: the command was not sent")
