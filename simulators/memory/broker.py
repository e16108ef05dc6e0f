"""An MQTT broker in memory, QoS 1 as the production adapters see it, and what goes wrong with one.

Lasting faults: BROKER_OFF, BROKER_HALF_OPEN. Striking: BROKER_EMPTY, MESSAGE_LOST, MESSAGE_DOUBLED,
MESSAGE_DELAYED, MESSAGES_REORDERED, ANSWER_TWICE. Only a message of QoS 1 is struck.

A message is lost as it is with a real broker: it was acknowledged to its sender, and before it was kept or
passed on the broker crashed, and with it all connections.
"""

import asyncio
from collections.abc import Callable, Iterable
from random import Random

from msgspec import Struct

from simulators.memory.fault_board import Fault, FaultBoard

_LOOK_S = 0.2  # how often the broker notices that a fault came or went
_DOWN_S = (0.3, 3.0)  # after a crash
_CRASH_AFTER_S = 0.02  # the acknowledgement of the lost message gets out
_DELAY_S = (1.0, 20.0)
_OVERTAKEN_S = (0.02, 0.4)
_AGAIN_S = (0.0, 3.0)
_QUEUED = 1_000  # messages kept for one client that is away


class Message(Struct, frozen=True):
    """One publication. `number` tells those of one client apart."""

    number: int
    topic: str
    content: bytes
    qos: int
    retain: bool


class Peer(Struct, frozen=True):
    """What the broker needs of the client at the other end of a connection."""

    name: str
    clean: bool  # no session outlives the connection
    will: Message
    deliver: Callable[[int, Message], None]  # puts a message on the wire, with its number in the session
    broken: Callable[[], None]  # the connection is gone
    stick: Callable[[], None]  # nothing passes either way
    loosen: Callable[[], None]


class _Session:
    """What the broker keeps of a client: its subscriptions, and what it has not acknowledged."""

    def __init__(self) -> None:
        self.filters: dict[str, None] = {}
        self.pending: dict[int, Message] = {}
        self.peer: Peer | None = None
        self._wanted: dict[str, bool] = {}

    def subscribe(self, filters: Iterable[str]) -> None:
        self.filters.update(dict.fromkeys(filters))
        self._wanted.clear()

    def wants(self, topic: str) -> bool:
        found = self._wanted.get(topic)
        if found is None:
            found = self._wanted[topic] = any(fits(each, topic) for each in self.filters)
        return found


class MemoryBroker:
    """The broker of one site.

    Args:
        faults: asked for what is wrong now.
        random: for latencies and moments.
        log: told every publication, delivery and break: its kind, the topic or client, the content.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        faults: FaultBoard,
        random: Random,
        log: Callable[[str, str, bytes], None] = lambda _kind, _topic, _content: None,
    ) -> None:
        self.loop, self.random, self.log = loop, random, log
        self._faults = faults
        self._sessions: dict[str, _Session] = {}
        self._retained: dict[str, Message] = {}
        self._delivered = 0
        self._down_until_s = 0.0
        self._off = self._half_open = False
        self._timer = loop.call_later(_LOOK_S, self._look)

    @property
    def accepts(self) -> bool:
        """Whether somebody who connects now is let in."""
        return not self._off and not self._half_open and self.loop.time() >= self._down_until_s

    def close(self) -> None:
        """No longer look for faults: the simulation is over."""
        self._timer.cancel()

    def admit(self, peer: Peer) -> None:
        """A client connects; who held its name before is put out, and its last will is said."""
        session = self._sessions.get(peer.name)
        if session is not None and session.peer is not None:
            before = session.peer
            self.leave(before, with_will=True)
            before.broken()
        session = self._sessions.get(peer.name)
        if session is None or peer.clean:
            session = self._sessions[peer.name] = _Session()
        session.peer = peer
        self.log("connected", peer.name, b"")
        for number, message in list(session.pending.items()):
            peer.deliver(number, message)

    def leave(self, peer: Peer, *, with_will: bool) -> None:
        """A connection ended, properly or by a broken line; the client need not know."""
        session = self._sessions.get(peer.name)
        if session is None or session.peer is not peer:
            return
        session.peer = None
        if peer.clean:
            del self._sessions[peer.name]
        self.log("left", peer.name, b"")
        if with_will:
            self._route(peer.will)

    def subscribe(self, peer: Peer, filters: Iterable[str]) -> None:
        """A client wants what fits these filters, and what is retained of it at once."""
        session = self._sessions.get(peer.name)
        if session is None or session.peer is not peer:
            return
        wanted = list(filters)
        session.subscribe(wanted)
        for message in self._retained.values():
            if any(fits(each, message.topic) for each in wanted):
                self._deliver(session, message)

    def take(self, message: Message) -> bool:
        """A publication has arrived. False: the broker is about to crash, and forgets it; it is acknowledged
        all the same."""
        if message.qos and self._faults.strikes(Fault.MESSAGE_LOST):
            self.log("lost", message.topic, message.content)
            self.loop.call_later(_CRASH_AFTER_S, self._crash)
            return False
        self._route(message)
        return True

    def acknowledged(self, peer: Peer, number: int) -> bool:
        """A client has a message; whether it was still to be had."""
        session = self._sessions.get(peer.name)
        if session is None:
            return False
        return session.pending.pop(number, None) is not None

    def _route(self, message: Message) -> None:
        if message.retain:
            self._retained[message.topic] = message
        for session in list(self._sessions.values()):
            if session.wants(message.topic):
                self._pass_on(session, message)

    def _pass_on(self, session: _Session, message: Message) -> None:
        """Deliver, or do what goes wrong with it."""
        strikes, random = self._faults.strikes, self.random
        again_s = after_s = None
        if message.qos:
            if strikes(Fault.MESSAGE_DELAYED):
                after_s = random.uniform(*_DELAY_S)
            elif strikes(Fault.MESSAGES_REORDERED):
                after_s = random.uniform(*_OVERTAKEN_S)
            if strikes(Fault.MESSAGE_DOUBLED) or (
                message.topic.endswith("/commands") and strikes(Fault.ANSWER_TWICE)
            ):
                again_s = random.uniform(*_AGAIN_S)
        if after_s is None:
            self._deliver(session, message)
        else:
            self._deliver_later(session, message, after_s)
        if again_s is not None:
            self._deliver_later(session, message, (after_s or 0.0) + again_s)

    def _deliver_later(self, session: _Session, message: Message, after_s: float) -> None:
        """Others overtake it. It is owed all the same: who connects anew gets it at once."""
        number = self._owe(session, message)

        def deliver() -> None:
            if number in session.pending and session.peer is not None:
                session.peer.deliver(number, message)

        if number:
            self.loop.call_later(after_s, deliver)

    def _deliver(self, session: _Session, message: Message) -> None:
        number = self._owe(session, message) if message.qos else 0
        if session.peer is not None and (number or not message.qos):
            session.peer.deliver(number, message)

    def _owe(self, session: _Session, message: Message) -> int:
        """Keep a message until it is acknowledged; 0 if there are too many."""
        if len(session.pending) >= _QUEUED:
            self.log("refused", message.topic, b"")
            return 0
        self._delivered += 1
        session.pending[self._delivered] = message
        return self._delivered

    def _look(self) -> None:
        """Notice faults that came or went since the last look."""
        self._timer = self.loop.call_later(_LOOK_S, self._look)
        off = self._faults.lasts(Fault.BROKER_OFF)
        if off and not self._off:
            self._break_all()
        self._off = off
        if self._faults.strikes(Fault.BROKER_EMPTY):
            self._break_all()
            self._sessions.clear()
            self._retained.clear()
            self._stay_down()
        half_open = self._faults.lasts(Fault.BROKER_HALF_OPEN)
        if half_open != self._half_open:
            self._half_open = half_open
            for peer in self._peers():
                if half_open:
                    peer.stick()
                else:
                    peer.loosen()

    def _crash(self) -> None:
        """All that was not kept is gone: what is on its way to somebody is."""
        self._break_all()
        for session in self._sessions.values():
            session.pending.clear()
        self._stay_down()

    def _stay_down(self) -> None:
        self._down_until_s = self.loop.time() + self.random.uniform(*_DOWN_S)

    def _break_all(self) -> None:
        """The broker's process ends: all connections break, and it says no last will."""
        for peer in self._peers():
            self.leave(peer, with_will=False)
            peer.broken()

    def _peers(self) -> list[Peer]:
        return [each.peer for each in self._sessions.values() if each.peer is not None]


def fits(wanted: str, topic: str) -> bool:
    """Whether a topic fits a filter; `+` stands for one level."""
    wanted_levels, levels = wanted.split("/"), topic.split("/")
    return len(wanted_levels) == len(levels) and all(
        want in ("+", level) for want, level in zip(wanted_levels, levels, strict=True)
    )
