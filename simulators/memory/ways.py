"""The agent's ways to the centre, each message and each part of a file a step at which it can be killed."""

from collections.abc import Callable

from edge.interfaces import ClearanceSource, MediaCentre
from simulators.memory.broker import MemoryBroker
from simulators.memory.centre import MemoryCentre
from simulators.memory.mqtt_client import MemoryClient
from simulators.memory.steps import Killed, Process, Step, Steps


class AgentClient(MemoryClient):
    """The agent's connection to the broker."""

    def __init__(
        self,
        broker: MemoryBroker,
        name: str,
        will: tuple[str, bytes],
        died: Callable[[Killed], None],
        steps: Steps,
    ) -> None:
        super().__init__(broker, name, will, died)
        self._steps = steps

    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None:
        """Hand a message over; a record is a step."""
        if qos:
            self._steps.about_to(Process.AGENT, Step.RECORD_SENT)
        super().publish(topic, content, qos=qos, retain=retain)


class AgentMedia:
    """Satisfies `edge.interfaces.MediaCentre`."""

    def __init__(self, centre: MediaCentre, steps: Steps) -> None:
        self._centre, self._steps = centre, steps

    def offset(self, sha256: str) -> tuple[int, bool]:
        """How much of it the centre has."""
        return self._centre.offset(sha256)

    def send(self, sha256: str, offset: int, length: int, part: bytes) -> int:
        """The next part of it."""
        self._steps.about_to(Process.AGENT, Step.FILE_SENT)
        return self._centre.send(sha256, offset, length, part)


class Ways:
    """How the agent of one line reaches the centre.

    Args:
        name: of its connection at the broker.
    """

    def __init__(self, broker: MemoryBroker, centre: MemoryCentre, steps: Steps, name: str) -> None:
        self._broker, self._steps, self._name = broker, steps, name
        self.clearance: ClearanceSource = centre.clearance
        self.media: MediaCentre = AgentMedia(centre.media, steps)

    def client(self, will: tuple[str, bytes], died: Callable[[Killed], None]) -> AgentClient:
        """A fresh connection, for a fresh life."""
        return AgentClient(self._broker, self._name, will, died, self._steps)
