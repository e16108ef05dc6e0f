"""What came in since the last turn, put in the order of the belt and freed of personal data."""

import base64
import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
import structlog

from config.keyring import Keyring
from config.settings import Line
from devices.interfaces import CodesRead, Poll, Reading, ScanStored, WeightRead
from edge import codes
from edge.belt_clock import BeltClock, travelled_mm
from edge.messages import AlarmRaised, Answer, Command, Fetch, SignedCommand
from edge.observations import (
    AnswerGiven,
    Code,
    ControllerSaw,
    EventsMissed,
    LabelRead,
    MediaKept,
    Observation,
    ReviewScan,
    ScanArrived,
    ScanReviewed,
    ScanVolume,
    Weighed,
)
from models.findings import Review

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
        self._readings: deque[CodesRead | WeightRead] = deque(maxlen=_READINGS_KEPT)
        self._scans: deque[ScanStored] = deque()
        self._reviews: deque[tuple[ReviewScan, Review]] = deque()
        self._kept: deque[MediaKept] = deque()
        self._answers: deque[Answer] = deque()
        self._fetches: deque[Fetch] = deque()
        self._changed: set[str] | None = set()
        self._alarms: deque[AlarmRaised] = deque()
        self._alarmed_at: dict[str, datetime] = {}
        self.belt = BeltClock(round(line.belt.speed_mm_s * 1.1))  # drives run a little fast

    def reading(self, reading: Reading) -> None:
        """A scanner, scale or CT has something."""
        if isinstance(reading, ScanStored):
            self._scans.append(reading)
        else:
            self._readings.append(reading)

    def reviewed(self, asked: ReviewScan, review: Review) -> None:
        """A scan was reviewed, or could not be."""
        self._reviews.append((asked, review))

    def kept(self, media: MediaKept) -> None:
        """A file about a passage is in the evidence store."""
        self._kept.append(media)

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
            command = msgspec.json.decode(payload, type=Command)
        except (ValueError, msgspec.MsgspecError):
            self.alarm("command_unreadable", "a command from the centre could not be read", at)
            return
        if not self._keyring.verify(payload, signature):
            self.alarm("command_forged", "a command does not bear the centre's signature", at)
            return
        if isinstance(command, Answer):
            self._answers.append(command)
        elif command.session == self._session:  # its time to live counts from now, and it is taken up at once
            self._fetches.append(command)

    def fetches(self) -> Iterator[Fetch]:
        """What the centre wants uploaded."""
        while self._fetches:
            yield self._fetches.popleft()

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
            status = poll.status
            found.append(
                EventsMissed(
                    *poll.missed,
                    status.lane_counts,
                    status.lanes_available,
                    status.encoder_mm,
                    status.ct_state,
                )
            )
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
        merged: Iterable[tuple[int, Observation]] = events
        if readings:
            readings.sort(key=lambda pair: pair[0])
            # Merging never puts one event before another, wherever on the belt each happened.
            merged = heapq.merge(events, readings, key=lambda pair: pair[0])
        found.extend([observation for _, observation in merged])
        found.extend(self._of_images(here_mm))
        while self._answers:
            answer = self._answers.popleft()
            found.append(AnswerGiven(answer, here_mm, answer.session == self._session))
        return found

    def _of_images(self, here_mm: int) -> Iterator[Observation]:
        """Scans, reviews and files: they say themselves what they belong to."""
        while self._scans:
            scan = self._scans.popleft()
            window_mm = self._line.ct.window_mm if self._line.ct else 0
            middle_s = scan.scanned_at_s
            if scan.problem:
                _log.warning("scan_not_sound", device=scan.device, problem=scan.problem)
            yield ScanArrived(
                scan.device,
                scan.scan_id,
                tuple(ScanVolume(each.sha256, each.energy, each.size) for each in scan.files),
                scan.complete and not scan.problem,
                here_mm,
                None if middle_s is None else self.belt.surely(middle_s, window_mm),
                scan.tracking_id,
                scan.epoch,
            )
        while self._reviews:
            asked, review = self._reviews.popleft()
            yield ScanReviewed(asked.scan_id, asked.passage_id, review, here_mm)
        while self._kept:
            yield self._kept.popleft()

    def _placed(self, reading: CodesRead | WeightRead) -> LabelRead | Weighed | None:
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
