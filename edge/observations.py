"""What goes into the line's core and what comes out: observations in, actions out, all frozen.

Every observation is written to the journal before its actions are carried out, so that replaying the journal
gives the same state and the same verdicts. None holds personal data in the open: a code is its keyed hash,
the scanner's bytes are sealed. `encoder_mm` is the belt's travel, the core's only measure of place and time.
"""

from enum import StrEnum

from msgspec import Struct

from devices.interfaces import CommandOutcome, CtState, ItemEvent
from edge.messages import Answer, ClearanceEntry, Event, MediaKind
from models.findings import Review


class Meaning(StrEnum):
    """What a code's form says of it, by the site's code rules."""

    WAYBILL = "waybill"  # names a waybill, or nothing known: treated as naming one
    IGNORED = "ignored"  # an article number or the like: says nothing about the waybill


class Code(Struct, frozen=True):
    """One code of a scanner frame."""

    key: str
    meaning: Meaning


class AgentStarted(Struct, frozen=True, tag=True):
    """The agent is back: what passed before `encoder_mm` of this epoch was not watched without a gap."""

    session: str
    epoch: int
    encoder_mm: int
    lanes_available: frozenset[int]
    ct_state: CtState = CtState.NONE


class ControllerSaw(Struct, frozen=True, tag=True):
    """An event from the controller's ring."""

    epoch: int
    event: ItemEvent


class ControllerRestarted(Struct, frozen=True, tag=True):
    """A new epoch: ids start again, items of the old one are no longer tracked."""

    epoch: int
    lane_counts: tuple[int, ...]
    lanes_available: frozenset[int] | None = None  # None: not known
    encoder_mm: int = 0
    ct_state: CtState = CtState.NONE


class EventsMissed(Struct, frozen=True, tag=True):
    """The ring overran: these sequences are gone."""

    first_sequence: int
    last_sequence: int
    lane_counts: tuple[int, ...]
    lanes_available: frozenset[int] | None = None  # None: not known
    encoder_mm: int = 0
    ct_state: CtState = CtState.NONE


class ControllerStalled(Struct, frozen=True, tag=True):
    """The controller's program stood still: what it says of the belt in that time is not to be believed."""


class InductionsMissed(Struct, frozen=True, tag=True):
    """Every event is read and the controller still has given out more tracking ids than were seen."""

    last_tracking_id: int
    lane_counts: tuple[int, ...]


class LabelRead(Struct, frozen=True, tag=True):
    """A scanner frame; no codes is a no-read."""

    scanner: str
    scanner_mm: int
    encoder_mm: int
    codes: tuple[Code, ...]
    sealed_raw: str


class Weighed(Struct, frozen=True, tag=True):
    """An item left the scale, whose end is at `scale_end_mm`; None: the scale could not tell."""

    scale: str
    scale_end_mm: int
    encoder_mm: int
    weight_g: float | None


class ScanVolume(Struct, frozen=True):
    """One object of a scan, kept under its hash."""

    sha256: str
    energy: str
    size: int


class ScanArrived(Struct, frozen=True, tag=True):
    """A CT scan is on disk. `middle_mm`: the belt's travel at the middle of its acquisition, if known;
    `complete`: all its objects are there, and none of them came before."""

    device: str
    scan_id: str
    volumes: tuple[ScanVolume, ...]
    complete: bool
    encoder_mm: int  # now
    middle_mm: int | None
    tracking_id: int | None
    epoch: int | None


class ScanReviewed(Struct, frozen=True, tag=True):
    """A reviewer has looked at a passage's scan, or has failed to."""

    scan_id: str
    passage_id: str
    review: Review
    encoder_mm: int


class MediaKept(Struct, frozen=True, tag=True):
    """A still, clip or report about a passage lies in the evidence store; `size` in bytes."""

    passage_id: str
    kind: MediaKind
    sha256: str
    size: int
    media_type: str
    device: str
    part: str = ""


class Paper(Struct, frozen=True):
    """The clearance list's entry for a code and how far it can be trusted."""

    entry: ClearanceEntry
    age_s: float | None  # None: cannot be told, so too old
    list_number: int
    released_by: str | None = None  # the passage that released this waybill before


class PapersFound(Struct, frozen=True, tag=True):
    """The answer to LookUp, or news about papers already asked for."""

    tracking_id: int
    papers: dict[str, Paper | None]  # by code key; None: nothing is known of it


class AnswerGiven(Struct, frozen=True, tag=True):
    """An officer's answer whose signature holds; `right_session`: it was meant for this run of the agent."""

    answer: Answer
    encoder_mm: int
    right_session: bool


class LaneRuled(Struct, frozen=True, tag=True):
    """The controller's word on a lane command."""

    tracking_id: int
    lane: int
    outcome: CommandOutcome


class Due(StrEnum):
    """What may fall due when the belt has moved on."""

    FILM = "film"  # its middle passed a camera
    SCAN = "scan"  # its scan should be there by now
    VERDICT = "verdict"  # past the decision eye, which did not report it
    END = "end"  # past the end of the line and seen in no lane


class FellDue(Struct, frozen=True, tag=True):
    """An item passed a point without the event that belongs there."""

    tracking_id: int
    due: Due
    device: str = ""  # the camera
    encoder_mm: int = 0  # when it was due


Observation = (
    AgentStarted
    | ControllerSaw
    | ControllerRestarted
    | EventsMissed
    | ControllerStalled
    | InductionsMissed
    | LabelRead
    | Weighed
    | PapersFound
    | AnswerGiven
    | LaneRuled
    | FellDue
    | ScanArrived
    | ScanReviewed
    | MediaKept
)


class LookUp(Struct, frozen=True):
    """Ask the clearance list about these codes and feed PapersFound."""

    tracking_id: int
    code_keys: tuple[str, ...]


class SetLane(Struct, frozen=True):
    """Command a lane; only after what led to it is durable."""

    epoch: int
    tracking_id: int
    lane: int


class Film(Struct, frozen=True):
    """Have a camera record the moment when the belt's travel was `encoder_mm`."""

    camera: str
    passage_id: str
    encoder_mm: int


class ReviewScan(Struct, frozen=True):
    """Have a scan reviewed and feed ScanReviewed, whatever comes of it."""

    scan_id: str
    passage_id: str
    volumes: tuple[ScanVolume, ...]


class Flag(Struct, frozen=True):
    """A person will look at this passage: keep its evidence and send it to the centre."""

    passage_id: str


class Report(Struct, frozen=True):
    """A record for the centre, journalled with what led to it."""

    message: Event


Action = LookUp | SetLane | Film | ReviewScan | Flag | Report
