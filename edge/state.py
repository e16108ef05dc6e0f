"""All that the line's core knows at a moment: items, marks, lanes, and how far the ring was handled.

One value, so that the journal can keep it as a checkpoint: a restarted agent goes on from exactly this state.
"""

from dataclasses import dataclass, field
from datetime import datetime

from edge.belt_clock import travelled_mm
from edge.messages import Answer, CodeEvidence, Decision, Moment, Reason, ScanDoubt, ScanEvidence
from edge.observations import Code, Paper, ScanArrived
from edge.verdict import Gathered, Verdict
from models.findings import Review


@dataclass
class Item:
    """One item on the belt: its passage while it is open."""

    passage_id: str
    epoch: int
    tracking_id: int
    inducted_at: datetime
    zero_mm: int  # encoder reading at which its front was at the induction eye, corrected at each eye
    trips: int = 0
    length_mm: int | None = None
    codes: list[Code] = field(default_factory=list[Code])
    frames: list[CodeEvidence] = field(default_factory=list[CodeEvidence])
    weight_g: float | None = None
    weighed: bool = False
    papers: dict[str, Paper | None] = field(default_factory=dict[str, Paper | None])
    doubts: set[Reason] = field(default_factory=set[Reason])
    moments: list[Moment] = field(default_factory=list[Moment])
    scan: ScanArrived | None = None
    review: Review | None = None
    scan_doubts: set[ScanDoubt] = field(default_factory=set[ScanDoubt])
    scan_agrees: bool = False  # every check of whose scan it is has come out well
    scan_awaited: bool = True  # it is not overdue yet
    unscanned: bool = False  # the CT was not ready while it was in the tunnel
    filmed: set[str] = field(default_factory=set[str])  # cameras asked
    flagged: bool = False  # a person will look at it
    verdict: Verdict | None = None
    revision: int = 0
    confirmed: bool = False  # the controller has acknowledged the present verdict's lane
    may_leave: bool = False  # it was ordered to a release lane, and no other lane was acknowledged since
    refused: set[int] = field(default_factory=set[int])  # lanes the controller would not give it
    past_cutoff: bool = False
    heard: set[str] = field(default_factory=set[str])  # ids of all answers that came, taken or not
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    pending_answer: str | None = None  # taken, and now up to the controller
    pending_lane: int | None = None  # the lane that answer asked the controller for
    answer: Decision | None = None
    answered: set[Reason] = field(default_factory=set[Reason])  # what the officer was asked about

    def front_mm(self, encoder_mm: int) -> int:
        """Where its front is when the belt has travelled `encoder_mm`."""
        return travelled_mm(self.zero_mm, encoder_mm)

    def note(
        self, at: datetime, what: str, encoder_mm: int | None, device: str = "", detail: str = ""
    ) -> None:
        """Add to its timeline; `detail` never holds personal data."""
        place = None if encoder_mm is None else self.front_mm(encoder_mm)
        self.moments.append(Moment(at, what, place, device, detail))

    def gathered(self, released_by_other: bool) -> Gathered:
        """What the verdict is given."""
        return Gathered(
            codes=tuple(self.codes),
            papers=dict(self.papers),
            weight_g=self.weight_g,
            trips=self.trips,
            doubts=frozenset(self.doubts),
            answer=self.answer,
            answered=frozenset(self.answered),
            released_by_other=released_by_other,
            scan=self.scan_evidence(),
            unscanned=self.unscanned,
        )

    def scan_evidence(self) -> ScanEvidence | None:
        """Its CT scan as it stands in records; None while there is nothing to say."""
        if self.scan is None and not self.scan_doubts:
            return None
        scan_id = self.scan.scan_id if self.scan else ""
        volumes = tuple([each.sha256 for each in self.scan.volumes]) if self.scan else ()
        doubts = tuple(sorted(self.scan_doubts)) if self.scan_doubts else ()
        return ScanEvidence(scan_id, volumes, self.review, doubts)


@dataclass
class State:
    """What the core knows of its line."""

    epoch: int = 0
    last_sequence: int = 0
    last_tracking_id: int = 0
    items: dict[int, Item] = field(default_factory=dict[int, Item])  # open, by tracking id, as inducted
    unwatched_until_mm: int | None = None  # items inducted before this were not watched without a gap
    closed_lanes: set[int] = field(default_factory=set[int])
    released: dict[str, str] = field(default_factory=dict[str, str])  # waybill key → passage that has, or may
    missed: tuple[int, int] = (0, 0)  # the ring sequences lost since the last induction that was seen
    lane_counts: tuple[int, ...] = ()  # the controller's, when events were last found missing
    ct_down: list[tuple[int, int | None]] = field(default_factory=list[tuple[int, int | None]])  # belt travel
    tunnel_doubtful: bool = False  # a scan went wrong, and none was surely right since
    agreed_in_doubt: int = 0  # scans since that were right as far as can be told
    orphans: int = 0  # readings that fitted no item
    orphans_in_a_row: dict[str, int] = field(default_factory=dict[str, int])  # by device
    line_state: int = 0  # PackML, as the controller said last
    stopped_by: str = ""  # the alarm that said so, until the line runs again
    missed_item_ms: int | None = None  # when the controller missed one last, by its clock, while the line ran
