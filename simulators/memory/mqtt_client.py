"""An MQTT client on the broker in memory, with the habits of the one in production.

QoS 1 is queued while the connection is down, 1,000 messages at most, and sent again when it is back, unless
its acknowledgement had come; QoS 0 is dropped. It connects again after 1 s, then 2 s, 4 s, … A connection in
which nothing passes is given up after one to two keepalives.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from simulators.memory.broker import MemoryBroker, Message, Peer
from simulators.memory.steps import Killed
from simulators.memory.wire import Wire

_QUEUED = 1_000
_ACKNOWLEDGED_S = 0.004  # on the way back
_LET_IN_S = 0.005


class _Subscribe(Struct, frozen=True):
    filters: tuple[str, ...]


class _Goodbye(Struct, frozen=True):
    """The client leaves properly."""


class MemoryClient:
    """Satisfies `edge.interfaces.MqttClient`; its callbacks run in the loop.

    Args:
        name: unique at the broker; a second client of that name puts the first one out.
        will: topic and content published, retained, when it vanishes.
        died: told when a callback is killed; whoever runs the process then calls `vanish`.
        clean: the broker keeps nothing for it while it is away.
        longest_wait_s: between two attempts to connect.
    """

    def __init__(
        self,
        broker: MemoryBroker,
        name: str,
        will: tuple[str, bytes],
        died: Callable[[Killed], None],
        *,
        clean: bool = True,
        keepalive_s: float = 10.0,
        longest_wait_s: float = 5.0,
    ) -> None:
        self._broker, self._loop = broker, broker.loop
        self._name, self._clean, self._died = name, clean, died
        self._will = Message(0, will[0], will[1], qos=1, retain=True)
        self._keepalive_s, self._longest_wait_s = keepalive_s, longest_wait_s
        self._connected: Callable[[], None] = lambda: None
        self._received: Callable[[str, bytes], None] = lambda _topic, _content: None
        self._disconnected: Callable[[], None] = lambda: None
        self._up = Wire[Message | _Subscribe | _Goodbye](self._loop, broker.random, self._at_broker)
        self._down = Wire[tuple[int, Message]](self._loop, broker.random, self._at_client)
        self._peer: Peer | None = None
        self._unacknowledged: dict[int, Message] = {}
        self._acknowledged: deque[tuple[float, int]] = deque()  # when we hear of it, and its number
        self._number = 0
        self._wait_s = 1.0
        self._timer: asyncio.TimerHandle | None = None  # of the next attempt, or of giving up
        self._ending = False

    def start(
        self,
        connected: Callable[[], None],
        received: Callable[[str, bytes], None],
        disconnected: Callable[[], None] = lambda: None,
    ) -> None:
        """Connect and keep connected."""
        self._connected, self._received, self._disconnected = connected, received, disconnected
        self._timer = self._loop.call_later(_LET_IN_S, self._attempt)

    def subscribe(self, topics: list[str]) -> None:
        """Subscribe at QoS 1."""
        if self._peer is not None:
            self._up.put(_Subscribe(tuple(topics)))

    def publish(self, topic: str, content: bytes, *, qos: int, retain: bool = False) -> None:
        """Hand a message over; only the centre's receipt tells of delivery."""
        self.hand_over(topic, content, qos=qos, retain=retain)

    def hand_over(self, topic: str, content: bytes, *, qos: int, retain: bool) -> bool:
        """Send or queue a message; False: it was dropped."""
        if self._ending:
            return False
        self._number += 1
        message = Message(self._number, topic, content, qos, retain)
        if qos:
            self._take_acknowledgements()
            if len(self._unacknowledged) >= _QUEUED:
                return False
            self._unacknowledged[message.number] = message
        elif self._peer is None:
            return False
        self._broker.log("sent", topic, content)
        if self._peer is not None:
            self._up.put(message)
        return True

    @property
    def is_connected(self) -> bool:
        """Whether the broker let us in and the connection seems to stand."""
        return self._peer is not None

    def stop(self) -> None:
        """Disconnect after what was handed over is sent."""
        self._ending = True
        if self._peer is None:
            self._stop_timer()
        else:
            self._up.put(_Goodbye())

    def vanish(self) -> None:
        """The process is gone; the broker says its last will."""
        self._ending = True
        peer = self._peer
        self._end()
        if peer is not None:
            self._broker.leave(peer, with_will=True)

    def _attempt(self) -> None:
        self._timer = None
        if not self._broker.accepts:
            self._wait_to_connect()
            return
        self._wait_s = 1.0
        self._peer = peer = Peer(
            self._name,
            self._clean,
            self._will,
            lambda number, message: self._down.put((number, message)),
            self._broken,
            self._stick,
            self._loosen,
        )
        self._broker.admit(peer)
        for message in self._unacknowledged.values():
            self._up.put(message)
        self._tell(self._connected)

    def _wait_to_connect(self) -> None:
        self._timer = self._loop.call_later(self._wait_s, self._attempt)
        self._wait_s = min(2 * self._wait_s, self._longest_wait_s)

    def _at_broker(self, thing: Message | _Subscribe | _Goodbye) -> None:
        peer = self._peer
        if peer is None:
            return
        match thing:
            case Message():
                self._broker.take(thing)
                if thing.qos:
                    self._acknowledged.append((self._loop.time() + _ACKNOWLEDGED_S, thing.number))
            case _Subscribe():
                self._broker.subscribe(peer, thing.filters)
            case _Goodbye():
                self._end()
                self._broker.leave(peer, with_will=False)

    def _at_client(self, arrived: tuple[int, Message]) -> None:
        number, message = arrived
        peer = self._peer
        if peer is None or self._ending:
            return
        self._broker.log("received", message.topic, message.content)
        self._tell(lambda: self._received(message.topic, message.content))
        if number and self._peer is peer:  # acknowledged once it was taken in
            self._broker.acknowledged(peer, number)

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Killed as killed:
            self._died(killed)

    def _take_acknowledgements(self) -> None:
        now_s = self._loop.time()
        while self._acknowledged and self._acknowledged[0][0] <= now_s:
            self._unacknowledged.pop(self._acknowledged.popleft()[1], None)

    def _broken(self) -> None:
        """The connection is gone; the broker knows."""
        self._broker.log("broken", self._name, b"")
        self._end()
        if not self._ending:
            self._wait_to_connect()
            self._tell(self._disconnected)

    def _end(self) -> None:
        self._take_acknowledgements()
        self._acknowledged.clear()  # those still on their way never come
        self._stop_timer()
        self._up.cut()
        self._down.cut()
        self._peer = None

    def _stick(self) -> None:
        self._up.stick()
        self._down.stick()
        give_up_s = self._keepalive_s * self._broker.random.uniform(1.0, 2.0)
        self._stop_timer()
        self._timer = self._loop.call_later(give_up_s, self._give_up)

    def _give_up(self) -> None:
        peer = self._peer
        if peer is not None:
            self._broken()
            self._broker.leave(peer, with_will=True)

    def _loosen(self) -> None:
        self._stop_timer()
        self._up.loosen()
        self._down.loosen()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
