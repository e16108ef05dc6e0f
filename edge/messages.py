"""What an edge tells the centre and what it can be told: both directions, in one file, versioned.

On the wire each message is the `data` of a CloudEvents 1.0 envelope in JSON (`Envelope`), MQTT QoS 1.
No message holds a waybill number or other personal data in the open: `waybill_key` is a keyed hash, raw codes
travel sealed. Times are UTC; durations and ages in seconds; positions in millimetres from the induction eye.

Topics, below `redpeak/v1/{site}/`:
    {line}/events      edge → centre   Event, from the outbox until a receipt
    {line}/state       edge → centre   LineState, retained, with a last will
    {line}/receipts    centre → edge   Receipts, after the centre's commit
    {line}/commands    centre → edge   SignedCommand
    {line}/clearance   centre → edge   ClearanceDelta, numbered
    state              centre → edges  CentreState, retained
"""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct

from config.settings import LaneRole, Mode
from models.findings import Review

_T = TypeVar("_T")

VERSION = 1
TOPIC_ROOT = f"redpeak/v{VERSION}"


class Reason(StrEnum):
    """Why a passage goes where it goes; a screen shows each as a sentence."""

    CLEARED = "cleared"  # papers, weight and codes agree: released
    TOKEN = "token"  # noqa: S105  released by a bench token
    OFFICER_RELEASED = "officer_released"
    OFFICER_STOPPED = "officer_stopped"
    NO_READ = "no_read"
    CODE_CONFLICT = "code_conflict"  # codes of more than one waybill on one item
    AMBIGUOUS_READING = "ambiguous_reading"  # a reading could belong to more than one item
    UNKNOWN_WAYBILL = "unknown_waybill"  # no papers known at all
    PAPERS_MISSING = "papers_missing"
    CLEARANCE_STALE = "clearance_stale"
    CONTROL_INSTRUCTION = "control_instruction"  # 布控
    CUSTOMS_HOLD = "customs_hold"  # customs' own receipt says inspect, detain or return
    REVOKED = "revoked"
    OFFICER_REVIEW = "officer_review"  # waits for an officer's answer
    ALREADY_RELEASED = (
        "already_released"  # this waybill was released before: a cloned label or a second piece
    )
    NO_WEIGHT = "no_weight"
    WEIGHT_MISMATCH = "weight_mismatch"
    TOO_CLOSE = "too_close"
    LOST_IN_TRACK = "lost_in_track"
    EYE_MISSED = "eye_missed"
    UNEXPECTED_ITEM = "unexpected_item"
    OBSERVATION_GAP = "observation_gap"  # the agent or a device was away while this item passed
    IMAGE_PENDING = "image_pending"  # the CT image is not reviewed yet
    IMAGE_ALARM = "image_alarm"  # something was found that an officer may clear on the screen
    IMAGE_PROHIBITED = "image_prohibited"  # … that nobody may clear on the screen
    IMAGE_EXCEPTION = "image_exception"  # the image cannot be judged
    SCAN_DOUBTFUL = "scan_doubtful"  # whose image it is cannot be told for sure
    CT_NOT_READY = "ct_not_ready"  # the CT had a fault, was bypassed or its X-ray was off
    RECIRCULATION_LIMIT = "recirculation_limit"
    LANE_UNAVAILABLE = "lane_unavailable"
    UNDECIDED = "undecided"  # the cut-off passed without a verdict


class ClearanceState(StrEnum):
    """What the centre says of a waybill; only RELEASE may become a release."""

    RELEASE = "release"
    WAIT = "wait"  # nothing is wrong, but papers or customs' answer are missing
    REVIEW = "review"  # an officer is to look; without an answer the parcel is inspected
    INSPECT = "inspect"
    RELEASED = "released"  # was released on some line already


class ClearanceEntry(Struct, frozen=True, omit_defaults=True):
    """One waybill in the clearance list. `as_of`: when the state's source last spoke."""

    waybill_key: str
    state: ClearanceState
    version: int
    mode: Mode
    as_of: datetime
    reasons: tuple[Reason, ...] = ()
    aliases: tuple[str, ...] = ()  # keys of other codes that stand on the same parcel
    declared_weight_g: float | None = None
    courier: str = ""
    destination: str = ""
    removed: bool = False  # in a delta: forget this waybill


class ClearanceSnapshot(Struct, frozen=True):
    """The whole list, served by HTTP; its SHA-256 stands in the ETag."""

    number: int  # of the last delta it contains
    made_at: datetime
    entries: tuple[ClearanceEntry, ...]


class ClearanceDelta(Struct, frozen=True, tag="redpeak.clearance.delta.v1"):
    """Changes since delta `number - 1`; a gap means: fetch a snapshot."""

    number: int
    made_at: datetime
    entries: tuple[ClearanceEntry, ...]


class CodeEvidence(Struct, frozen=True):
    """One scanner frame as the verdict took it; the bytes are sealed."""

    scanner: str
    position_mm: int  # of the item's front when it was read
    keys: tuple[str, ...]  # waybill_key of each code, in the order read
    sealed_raw: str  # base64, context "codes"


class ClearanceEvidence(Struct, frozen=True):
    """The clearance the verdict rested on."""

    state: ClearanceState
    version: int
    list_number: int
    age_s: float
    mode: Mode
    reasons: tuple[Reason, ...] = ()


class ScanDoubt(StrEnum):
    """Why a scan is not, or not surely, that of an item."""

    MISSING = "missing"  # none came before the cut-off, or those behind it were scanned first
    DOUBLE = "double"  # a second scan of one item
    UNKNOWN_ITEM = "unknown_item"  # a scan made while it was in the tunnel names no item of the belt
    OUT_OF_WINDOW = "out_of_window"  # its item was not in the tunnel when it was made
    INCOMPLETE = "incomplete"  # an object is missing or broken
    LENGTH_DIFFERS = "length_differs"  # from the eye's
    MASS_DIFFERS = "mass_differs"  # from the scale's
    NOT_TELLING = "not_telling"  # agrees with the item, but with its neighbour as well, while in doubt
    TUNNEL_DOUBTFUL = "tunnel_doubtful"  # another scan went wrong while it was in the tunnel
    LATE = "late"  # it came after the cut-off


class ScanEvidence(Struct, frozen=True, omit_defaults=True):
    """The CT scan of a passage and what its review came to."""

    scan_id: str = ""
    volumes: tuple[str, ...] = ()  # SHA-256 of its objects
    review: Review | None = None
    doubts: tuple[ScanDoubt, ...] = ()


class Evidence(Struct, frozen=True, omit_defaults=True):
    """All that a verdict rested on."""

    codes: tuple[CodeEvidence, ...] = ()
    weight_g: float | None = None
    declared_weight_g: float | None = None
    length_mm: int | None = None
    clearance: ClearanceEvidence | None = None
    trips: int = 0
    answer_id: str | None = None
    doubts: tuple[Reason, ...] = ()
    scan: ScanEvidence | None = None  # None: the line has no CT, or nothing came


class ChainLink(Struct, frozen=True):
    """Where a record stands in the line's hash chain."""

    sequence: int
    hash: str


class PassageDecided(Struct, frozen=True, tag="redpeak.passage.decided.v1", omit_defaults=True):
    """A verdict, durable before the lane is written. A later revision replaces an earlier one."""

    passage_id: str
    epoch: int
    tracking_id: int
    revision: int
    inducted_at: datetime
    decided_at: datetime
    waybill_key: str | None
    role: LaneRole
    lane: int
    reasons: tuple[Reason, ...]
    evidence: Evidence
    policy: str  # SHA-256 of the settings the verdict used
    awaiting_answer: bool = False
    link: ChainLink | None = None


class Moment(Struct, frozen=True, omit_defaults=True):
    """One entry of a passage's timeline."""

    at: datetime
    what: str  # a kind of event, e.g. "inducted", "codes_read", "lane_accepted"
    position_mm: int | None = None
    device: str = ""
    detail: str = ""  # never personal data


class PassageClosed(Struct, frozen=True, tag="redpeak.passage.closed.v1", omit_defaults=True):
    """Where the item really went. `lane` None: it was never seen in a lane (lost); `role` is then RELEASE if
    it had been ordered to a release lane and nothing says that it did not go there: it counts as released."""

    passage_id: str
    epoch: int
    tracking_id: int
    inducted_at: datetime
    closed_at: datetime
    lane: int | None
    role: LaneRole | None
    as_decided: bool  # the lane is the one the last verdict named
    waybill_key: str | None
    timeline: tuple[Moment, ...]
    link: ChainLink | None = None


class GapCause(StrEnum):
    """Why events of the controller are missing."""

    RING_OVERRUN = "ring_overrun"  # the agent was away for longer than the ring holds
    CONTROLLER_RESTART = "controller_restart"  # ends open: what it inducted after our last look is not known
    JOURNAL_LOST = "journal_lost"  # the line ran before this journal began


class GapRecorded(Struct, frozen=True, tag="redpeak.gap.recorded.v1"):
    """Items that have no record of their own: the tracking ids in between, both ends included."""

    epoch: int
    first_tracking_id: int
    last_tracking_id: int
    first_sequence: int
    last_sequence: int
    cause: GapCause
    lane_counts: tuple[int, ...]  # the controller's, when the gap was found
    recorded_at: datetime


class Ruling(StrEnum):
    """What became of an officer's answer; every one but SENT is final."""

    SENT = "sent"  # centre only: on its way
    ACCEPTED = "accepted"  # the controller has acknowledged the lane
    TOO_LATE = "too_late"  # the item was past the cut-off, or the controller said so
    NOT_OPEN = "not_open"  # the passage is closed, unknown here, or of another session or epoch
    REFUSED = (
        "refused"  # signature, age or authority do not hold, or the rest of the evidence forbids release
    )


class AnswerRuled(Struct, frozen=True, tag="redpeak.answer.ruled.v1"):
    """The edge's ruling on an officer's answer."""

    answer_id: str
    passage_id: str
    ruling: Ruling
    position_mm: int | None
    ruled_at: datetime
    detail: str = ""
    link: ChainLink | None = None


class DeviceChanged(Struct, frozen=True, tag="redpeak.device.changed.v1"):
    """A device's health changed."""

    device: str
    state: str
    detail: str
    changed_at: datetime


class AlarmRaised(Struct, frozen=True, tag="redpeak.alarm.raised.v1"):
    """Something a person must look at; `code` is stable, `detail` a sentence without personal data."""

    code: str
    detail: str
    raised_at: datetime


class MediaKind(StrEnum):
    """What a kept file shows."""

    VOLUME = "volume"  # one DICOS CT object
    REPORT = "report"  # a DICOS threat detection report
    STILL = "still"  # sealed: shows a label
    CLIP = "clip"  # sealed


class MediaRecorded(Struct, frozen=True, tag="redpeak.media.recorded.v1", omit_defaults=True):
    """A file about a passage lies at the edge, under its hash. Flagged ones are uploaded unasked."""

    passage_id: str
    kind: MediaKind
    sha256: str  # of the bytes as kept and uploaded: of a sealed file, of the sealed bytes
    size: int
    media_type: str  # application/dicom, image/jpeg, video/mp4: of the content once unsealed
    device: str
    recorded_at: datetime
    part: str = ""  # of a volume: its energy
    link: ChainLink | None = None


Event = (
    MediaRecorded | PassageDecided | PassageClosed | GapRecorded | AnswerRuled | DeviceChanged | AlarmRaised
)


# Those that say where they stand in the line's chain.
Linked = PassageDecided | PassageClosed | AnswerRuled | MediaRecorded


class DeviceTile(Struct, frozen=True):
    """A device's health as the console's tile shows it."""

    device: str
    state: str
    since: datetime
    detail: str
    readings: int
    errors: int


class ItemOnBelt(Struct, frozen=True, omit_defaults=True):
    """A moving parcel; `deadline_mm` is the distance left for an answer, None if none is asked."""

    passage_id: str
    position_mm: int
    length_mm: int | None = None
    role: LaneRole | None = None
    lane: int | None = None
    deadline_mm: int | None = None


class LineState(Struct, frozen=True, omit_defaults=True):
    """The line as it is now; the last will is one with `online` false."""

    session: str
    online: bool
    at: datetime
    epoch: int = 0
    state: str = ""
    speed_mm_s: int = 0
    induction_open: bool = False
    lane_counts: tuple[int, ...] = ()
    inducted: int = 0
    outbox: int = 0
    clearance_number: int = 0
    clearance_age_s: float | None = None
    ct_state: str = ""  # ready, fault, bypass, xray_off; empty without a CT
    uploads: int = 0  # files that wait to be uploaded
    devices: tuple[DeviceTile, ...] = ()
    items: tuple[ItemOnBelt, ...] = ()


class Receipts(Struct, frozen=True, tag="redpeak.receipts.v1"):
    """Envelope ids the centre has committed (or had already): their outbox rows may be closed."""

    ids: tuple[str, ...]


class CentreState(Struct, frozen=True):
    """Retained; switches the outbox drain on and confirms that the clearance list is current as of `at`."""

    ready: bool
    at: datetime
    clearance_number: int
    instance: str


class Decision(StrEnum):
    """What an officer answers to a flagged passage."""

    RELEASE = "release"
    STOP = "stop"


class Answer(Struct, frozen=True, tag="redpeak.answer.v1"):
    """An officer's answer, good while the edge still holds that session, epoch and passage open.

    Officers are staff ids, not names; their reason, free text, stays at the centre.
    """

    answer_id: str
    passage_id: str
    session: str
    epoch: int
    decision: Decision
    officers: tuple[str, ...]
    issued_at: datetime


class Fetch(Struct, frozen=True, tag="redpeak.fetch.v1"):
    """The centre wants files a line keeps; good for that session, until `ttl_s` after it arrives there."""

    command_id: str
    session: str
    sha256s: tuple[str, ...]
    issued_at: datetime
    ttl_s: float = 30.0


Command = Answer | Fetch


class SignedCommand(Struct, frozen=True):
    """`payload` is the command's JSON text, signed as it stands (UTF-8); `signature`: Ed25519, base64."""

    payload: str
    signature: str


class Envelope(Struct, frozen=True):
    """CloudEvents 1.0, structured JSON; `data` stays raw until its `type` is known."""

    id: str
    source: str  # /{site}/{line} or /{site}
    type: str
    time: datetime
    data: msgspec.Raw
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    sequence: int = 0  # extension: the sender's order


class MessageError(ValueError):
    """A message that is not one of ours; says which field and what was expected, never the content."""


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)
_events = msgspec.json.Decoder(Event)


def topic(site: str, line: str, channel: str) -> str:
    """`redpeak/v1/{site}/{line}/{channel}`."""
    return f"{TOPIC_ROOT}/{site}/{line}/{channel}"


def centre_topic(site: str) -> str:
    """The one site-wide topic: the centre's retained state."""
    return f"{TOPIC_ROOT}/{site}/state"


def wrap(message: Struct, *, id: str, source: str, time: datetime, sequence: int = 0) -> bytes:
    """A message in its envelope, as JSON."""
    kind = type(message).__struct_config__.tag
    name = kind if isinstance(kind, str) else f"redpeak.{type(message).__name__.lower()}.v1"
    data = msgspec.Raw(_encoder.encode(message))
    return _encoder.encode(Envelope(id=id, source=source, type=name, time=time, data=data, sequence=sequence))


def envelope(content: bytes) -> Envelope:
    """Parse an envelope; MessageError names the field."""
    try:
        parsed = _envelopes.decode(content)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise MessageError(f"not a CloudEvents 1.0 envelope: {error}") from error
    if parsed.specversion != "1.0":
        raise MessageError(f"specversion: expected 1.0, found {parsed.specversion[:8]}")
    return parsed


def event(parsed: Envelope) -> Event:
    """The event in an envelope of `…/events`; MessageError for another version or kind."""
    try:
        found = _events.decode(parsed.data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise MessageError(f"{parsed.type[:64]}: not an event of version {VERSION}: {error}") from error
    if found.__struct_config__.tag != parsed.type:
        raise MessageError(f"type: the envelope says {parsed.type[:64]}, the data another")
    return found


def data(parsed: Envelope, kind: type[_T]) -> _T:
    """The data of an envelope as `kind`; MessageError if it is not one."""
    try:
        return msgspec.json.decode(parsed.data, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise MessageError(f"{parsed.type[:64]}: {error}") from error
