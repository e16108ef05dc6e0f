"""What the centre needs of the world besides its database; a run in memory replaces it."""

from typing import Protocol

from msgspec import Struct

from edge.messages import CentreState


class LineLink(Protocol):
    """One connection to the broker that keeps itself up, as `central.mqtt.Link` is one."""

    @property
    def connected(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def send(self, line: str, channel: str, message: Struct) -> bool: ...  # False: not handed to the broker
    def announce(self, state: CentreState, *, wait_s: float = 0.0) -> bool: ...  # retained
