"""What came in since the last turn, put in the order of the belt and freed of personal data."""

import base64
import heapq
from collections import deque
from collections.abc import Iterator
from datetime import datetime

import msgspec
import structlog

from config.keyring import Keyring
from config.settings import Line
from devices.interfaces import CodesRead, Poll, Reading
from edge import codes
from edge.belt_clock import BeltClock, travelled_mm
from edge.messages import AlarmRaised, Answer, SignedCommand
from edge.observations import (
    AnswerGiven,
    Code,
    ControllerSaw,
    EventsMissed,
    LabelRead,
    Observation,
    Weighed,
)

_READINGS_KEPT = 1000  # while the controller is away; older ones could not be placed on the belt any more
_ALARM_AGAIN_S = 60.0  # the same alarm within this time is one alarm
_log = structlog.get_logger(__name__)


class Intake:
    """Gathers what devices and centre hand over between two turns of the decision loop.

    Args:
        line: the line's settings.
        keyring: turns codes into keys, seals the bytes, checks commands.
        session: this start of the agent; answers for another are marked.
    """

    def __init__(self, line: Line, keyring: Keyring, session: str) -> None:
        self._line, self._keyring, self._session = line, keyring, session
        self._positions_mm = {scanner.name: scanner.position_mm for scanner in line.scanners}
        self._readings: deque[Reading] = deque(maxlen=_READINGS_KEPT)
        self._answers: deque[Answer] = deque()
        self._changed: set[str] | None = set()
        self._alarms: deque[AlarmRaised] = deque()
        self._alarmed_at: dict[str, datetime] = {}
        self.belt = BeltClock(round(line.belt.speed_mm_s * 1.1))  # drives run a little fast

    def reading(self, reading: Reading) -> None:
        """A scanner or scale has something."""
        self._readings.append(reading)

    def papers_changed(self, keys: set[str] | None) -> None:
        """The clearance list changed for these waybills and aliases; None: for any."""
        self._changed = None if keys is None or self._changed is None else self._changed | keys

    def alarm(self, code: str, detail: str, at: datetime) -> None:
        """Tell a person; `detail` never holds personal data. What is said again and again is said once."""
        last_at = self._alarmed_at.get(code)
        if last_at is not None and abs((at - last_at).total_seconds()) < _ALARM_AGAIN_S:
            return
        self._alarmed_at[code] = at
        _log.warning("alarm_raised", alarm=code, detail=detail)
        self._alarms.append(AlarmRaised(code, detail, at))

    def command(self, signed: SignedCommand, at: datetime) -> None:
        """A command from the centre: not obeyed, and an alarm, unless the centre signed it."""
        try:
            payload = signed.payload.encode()
            signature = base64.b64decode(signed.signature, validate=True)
            answer = msgspec.json.decode(payload, type=Answer)
        except (ValueError, msgspec.MsgspecError):
            self.alarm("command_unreadable", "a command from the centre could not be read", at)
            return
        if not self._keyring.verify(payload, signature):
            self.alarm("command_forged", "a command does not bear the centre's signature", at)
            return
        self._answers.append(answer)

    def alarms(self) -> Iterator[AlarmRaised]:
        """Alarms not yet written down."""
        while self._alarms:
            yield self._alarms.popleft()

    def changed_papers(self) -> set[str] | None:
        """Waybills and aliases whose papers changed since the last call; None: any may have."""
        changed, self._changed = self._changed, set()
        return changed

    def observed(self, poll: Poll) -> list[Observation]:
        """The controller's events in their own order, the readings among them by the belt's travel, then the
        answers."""
        self.belt.saw(poll.at_s, poll.status)
        found: list[Observation] = []
        if poll.missed is not None:
            counts, lanes = poll.status.lane_counts, poll.status.lanes_available
            found.append(EventsMissed(*poll.missed, counts, lanes))
        here_mm = poll.status.encoder_mm
        events: list[tuple[int, Observation]] = [
            (travelled_mm(here_mm, event.encoder_mm), ControllerSaw(poll.status.epoch, event))
            for event in poll.events
        ]
        readings: list[tuple[int, Observation]] = []
        while self._readings:
            observation = self._placed(self._readings.popleft())
            if observation is not None:
                readings.append((travelled_mm(here_mm, observation.encoder_mm), observation))
        readings.sort(key=lambda pair: pair[0])
        # Merging never puts one event before another, wherever on the belt each happened.
        merged = heapq.merge(events, readings, key=lambda pair: pair[0])
        found.extend(observation for _, observation in merged)
        while self._answers:
            answer = self._answers.popleft()
            found.append(AnswerGiven(answer, poll.status.encoder_mm, answer.session == self._session))
        return found

    def _placed(self, reading: Reading) -> LabelRead | Weighed | None:
        """A reading with the belt's travel at its time; None if that cannot be told: it could be given to a
        neighbour."""
        encoder_mm = self.belt.surely(reading.at_s, self._line.belt.tolerance_mm)
        if encoder_mm is None:
            return None
        if isinstance(reading, CodesRead):
            found = tuple(
                Code(self._keyring.waybill_key(text), codes.meaning(text, self._line.policy.code_rules))
                for text in reading.codes
            )
            sealed = base64.b64encode(self._keyring.seal(reading.raw, "codes")).decode()
            return LabelRead(reading.device, self._positions_mm[reading.device], encoder_mm, found, sealed)
        scale = self._line.scale
        if scale is None:
            return None
        return Weighed(reading.device, scale.position_mm + scale.length_mm, encoder_mm, reading.weight_g)
