"""The line's link to the centre: drains the outbox until receipts come, takes in what the centre says.

What happens now goes first: the backlog of an outage is sent beside it, and no live record waits behind it.
A broker's acknowledgement is not delivery: a record leaves the outbox only on the centre's receipt, which the
centre sends after its commit. What is not receipted is sent again; the centre knows duplicates by their id.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct

from edge import messages
from edge.interfaces import MqttClient
from edge.journal import Journal, JournalError
from edge.messages import CentreState, ClearanceDelta, LineState, MessageError, Receipts, SignedCommand

_WINDOW = 200  # records sent and not yet receipted
_BACKLOG_WINDOW = 150  # … while what waited is sent: the rest is for what happens now
_RESEND_S = 5.0
_log = structlog.get_logger(__name__)


class Arrivals(Struct):
    """Where to bring what the centre sends."""

    command: Callable[[SignedCommand], None]
    delta: Callable[[ClearanceDelta], None]
    centre: Callable[[CentreState], None]


class Uplink:
    """The outbox's way to the centre.

    Args:
        site, line: their ids, for topics and the envelope's source.
        journal: holds the outbox; its identity makes the envelope ids.
        client: the MQTT connection.
        arrivals: called with what the centre sends.
        now_s: monotonic clock; `wall`: UTC, for the envelope's time of live states.
    """

    def __init__(
        self,
        site: str,
        line: str,
        journal: Journal,
        client: MqttClient,
        arrivals: Arrivals,
        now_s: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._site, self._line = site, line
        self._source = f"/{site}/{line}"
        self._journal, self._client, self._arrivals = journal, client, arrivals
        self._now_s, self._wall = now_s, wall
        self._sent: dict[int, float] = {}  # sequence → when it was sent last
        self._live_at = 0  # rows beyond are new
        self._backlog_at = self._backlog_end = 0  # rows in between waited when the link came
        self._unreadable: set[int] = set()
        self._centre: CentreState | None = None
        self.rejected = 0  # messages from the broker that were not ours to understand

    def start(self) -> None:
        """Connect; subscriptions are made at each connection."""
        self._client.start(self._connected, self._received)

    def stop(self, last: LineState) -> None:
        """Say goodbye and disconnect."""
        self.publish_state(last)
        self._client.stop()

    @property
    def is_connected(self) -> bool:
        """Whether the broker is reached."""
        return self._client.is_connected

    @property
    def centre_ready(self) -> bool:
        """Whether the centre has said that it takes records."""
        return self._centre is not None and self._centre.ready

    def publish_state(self, state: LineState) -> None:
        """Publish how the line stands, retained; nothing is lost if it is."""
        content = messages.wrap(state, id=f"{state.session}:state", source=self._source, time=state.at)
        self._client.publish(self._topic("state"), content, qos=0, retain=True)

    def drain(self) -> None:
        """Send what waits in the outbox, and again what was not receipted in time."""
        if not (self._client.is_connected and self.centre_ready):
            return
        self._send_late_again()
        if self._journal.outbox_size() == len(self._sent) + len(self._unreadable):
            return
        self._live_at = self._send(self._live_at, None, _WINDOW)
        if self._backlog_at < self._backlog_end:
            self._backlog_at = self._send(self._backlog_at, self._backlog_end, _BACKLOG_WINDOW)

    def _send_late_again(self) -> None:
        overdue_s = self._now_s() - _RESEND_S
        if next(iter(self._sent.values()), overdue_s) >= overdue_s:  # the oldest
            return
        late = sorted(sequence for sequence, sent_s in self._sent.items() if sent_s < overdue_s)
        for sequence in late:
            del self._sent[sequence]
        self._backlog_at = min(self._backlog_at, late[0] - 1)
        self._backlog_end = max(self._backlog_end, late[-1])

    def _send(self, after: int, up_to: int | None, window: int) -> int:
        """Send rows in order while the window has room; how far it came."""
        room = window - len(self._sent)
        if room <= 0:
            return after
        rows = self._journal.waiting(after, room, up_to)
        for row in rows:
            if row.sequence in self._sent:
                continue
            if row.message is None:
                self._note_unreadable(row.sequence)
                continue
            content = messages.wrap(
                _linked(row.message, messages.ChainLink(row.sequence, row.hash)),
                id=f"{self._journal.identity}:{row.sequence}",
                source=self._source,
                time=row.at,
                sequence=row.sequence,
            )
            self._client.publish(self._topic("events"), content, qos=1)
            self._sent[row.sequence] = self._now_s()
        if len(rows) < room and up_to is not None:
            return up_to
        return rows[-1].sequence if rows else after

    def _connected(self) -> None:
        self._forget_sent()
        channels = ("receipts", "commands", "clearance")
        self._client.subscribe([*(self._topic(name) for name in channels), messages.centre_topic(self._site)])
        _log.info("broker_connected", outbox=self._journal.outbox_size())

    def _received(self, topic: str, content: bytes) -> None:
        """Bring a message to whom it concerns; what cannot be understood is counted and dropped."""
        try:
            envelope = messages.envelope(content)
            if topic == self._topic("receipts"):
                self._receipted(messages.data(envelope, Receipts))
            elif topic == self._topic("commands"):
                self._arrivals.command(messages.data(envelope, SignedCommand))
            elif topic == self._topic("clearance"):
                self._arrivals.delta(messages.data(envelope, ClearanceDelta))
            elif topic == messages.centre_topic(self._site):
                self._centre_said(messages.data(envelope, CentreState))
        except MessageError as error:
            self.rejected += 1
            _log.warning("message_rejected", topic=topic, problem=str(error))

    def _receipted(self, receipts: Receipts) -> None:
        """Close outbox rows by their own ids: a receipt for another journal closes nothing."""
        prefix = f"{self._journal.identity}:"
        numbers = [id.removeprefix(prefix) for id in receipts.ids if id.startswith(prefix)]
        sequences = [int(number) for number in numbers if number.isdecimal()]
        try:
            self._journal.receipted(sequences)
        except JournalError as error:
            _log.error("receipt_not_written", problem=str(error))  # the rows are sent again, the receipt too
            return
        for sequence in sequences:
            self._sent.pop(sequence, None)
        self.drain()

    def _centre_said(self, state: CentreState) -> None:
        before = self._centre
        if before is None or state.instance != before.instance or (state.ready and not before.ready):
            self._forget_sent()  # what another life of the centre had not committed is to be sent again
        self._centre = state
        self._arrivals.centre(state)
        self.drain()

    def _note_unreadable(self, sequence: int) -> None:
        """A damaged row stays where it is, for a person to look at, and holds up no other."""
        if sequence not in self._unreadable:
            self._unreadable.add(sequence)
            _log.error("outbox_row_unreadable", sequence=sequence)

    def _forget_sent(self) -> None:
        """All that waits is backlog now; what is written from now on goes before it."""
        self._sent.clear()
        self._backlog_at, self._backlog_end = 0, self._journal.last_sequence
        self._live_at = self._backlog_end

    def _topic(self, channel: str) -> str:
        return messages.topic(self._site, self._line, channel)


def _linked(message: messages.Event, link: messages.ChainLink) -> messages.Event:
    if isinstance(message, messages.Linked):
        return msgspec.structs.replace(message, link=link)
    return message
