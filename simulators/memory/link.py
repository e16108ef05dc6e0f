"""The centre's end of the broker in memory; what it does of itself is what `central.mqtt.Link` does."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from central.incoming import Incoming
from edge import messages
from edge.messages import CentreState
from simulators.memory.broker import MemoryBroker
from simulators.memory.mqtt_client import MemoryClient
from simulators.memory.steps import Killed, Process, Step, Steps

_KEEPALIVE_S = 20.0
_LONGEST_WAIT_S = 8.0
_STEPS = {"receipts": Step.RECEIPT_SENT, "commands": Step.ANSWER_SENT, "clearance": Step.DELTA_SENT}


class MemoryLink:
    """Satisfies `central.interfaces.LineLink`, and lets the centre die just before it sends something.

    Args:
        instance: this run of the centre, as `CentreState` names it.
        on_message, on_connected: called in the loop.
        died: told when one of them is killed.
    """

    def __init__(
        self,
        broker: MemoryBroker,
        site: str,
        steps: Steps,
        *,
        instance: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        on_message: Callable[[Incoming], object],
        on_connected: Callable[[], None],
        died: Callable[[Killed], None],
    ) -> None:
        self._site, self._steps, self._clock, self._new_id = site, steps, clock, new_id
        self._on_message, self._on_connected = on_message, on_connected
        gone = CentreState(ready=False, at=clock(), clearance_number=0, instance=instance)
        self._client = MemoryClient(
            broker,
            f"redpeak-{site}-centre",
            (messages.centre_topic(site), self._wrapped(gone)),
            died,
            clean=False,
            keepalive_s=_KEEPALIVE_S,
            longest_wait_s=_LONGEST_WAIT_S,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in and not gone since."""
        return self._client.is_connected

    def start(self) -> None:
        """Begin to connect."""
        self._client.start(self._connected, self._received)

    def stop(self) -> None:
        """Say goodbye properly."""
        self._client.stop()

    def vanish(self) -> None:
        """The centre is killed."""
        self._client.vanish()

    def send(self, line: str, channel: str, message: Struct) -> bool:
        """Publish to one line; False when it cannot be handed to the broker now."""
        if self._client.is_connected:
            self._steps.about_to(Process.CENTRE, _STEPS[channel])
        return self._publish(messages.topic(self._site, line, channel), message, retain=False)

    def announce(self, state: CentreState, *, wait_s: float = 0.0) -> bool:
        """Publish the retained state; nothing is waited for."""
        return self._publish(messages.centre_topic(self._site), state, retain=True)

    def _publish(self, topic: str, message: Struct, *, retain: bool) -> bool:
        if not self._client.is_connected:
            return False
        return self._client.hand_over(topic, self._wrapped(message), qos=1, retain=retain)

    def _wrapped(self, message: Struct) -> bytes:
        return messages.wrap(message, id=self._new_id(), source=f"/{self._site}", time=self._clock())

    def _connected(self) -> None:
        self._client.subscribe([messages.topic(self._site, "+", channel) for channel in ("events", "state")])
        self._on_connected()

    def _received(self, topic: str, content: bytes) -> None:
        *_, line, channel = topic.split("/")
        self._on_message(Incoming(line=line, channel=channel, payload=content, received_at=self._clock()))
