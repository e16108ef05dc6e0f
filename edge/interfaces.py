"""What the agent needs of the world besides devices; a run in memory replaces these and the drivers."""

from collections.abc import Callable
from typing import Protocol

from edge.messages import ClearanceSnapshot


class MqttClient(Protocol):
    """One connection to the broker that keeps itself up; the callbacks run in the agent's loop."""

    def start(self, connected: Callable[[], None], received: Callable[[str, bytes], None]) -> None: ...
    def subscribe(self, topics: list[str]) -> None: ...
    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None: ...
    @property
    def is_connected(self) -> bool: ...
    def stop(self) -> None: ...


class ClearanceSource(Protocol):
    """Where a whole clearance list comes from; raises FetchError."""

    async def fetch(self) -> ClearanceSnapshot: ...


class FetchError(Exception):
    """The centre did not give the list, or not whole; the message says why."""
