"""What the API shows: the shapes of its answers, each already fit for the person who asked."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from central.image_views import MediaItem, ScanView
from config.settings import Belt, Lane, LaneRole, Mode
from edge.messages import ChainLink, Decision, LineState, ScanDoubt
from models.findings import Finding, ImageException, Outcome


class Me(Struct, frozen=True):
    """The person signed in."""

    username: str
    display_name: str
    organisation: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]


class DeviceAt(Struct, frozen=True):
    """A reader or scale where it stands on the belt."""

    name: str
    position_mm: int
    length_mm: int = 0


class ImageReviewView(Struct, frozen=True):
    """What officers may do with images of a line; categories as findings have them."""

    officer_may_clear: tuple[str, ...]


class LineView(Struct, frozen=True):
    """A line to be drawn to scale; `review` None: it has no CT."""

    id: str
    name: str
    belt: Belt
    lanes: tuple[Lane, ...]
    scanners: tuple[DeviceAt, ...]
    scale: DeviceAt | None
    ct: DeviceAt | None
    cameras: tuple[DeviceAt, ...]
    review: ImageReviewView | None
    weight_tolerance_g: int
    weight_tolerance_share: float  # of the declared weight; the larger holds


class SiteView(Struct, frozen=True):
    """The site and its lines."""

    id: str
    name: str
    name_en: str
    timezone: str
    lines: tuple[LineView, ...]


class PassageRow(Struct, frozen=True):
    """One passage in a list."""

    passage_id: str
    line: str
    inducted_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    last4: str | None
    courier: str | None
    role_decided: LaneRole | None
    lane_decided: int | None
    role_actual: LaneRole | None
    lane_actual: int | None
    reasons: tuple[str, ...]
    weight_g: float | None
    awaiting_answer: bool
    image_outcome: Outcome | None


class PassageList(Struct, frozen=True):
    """A page of passages, newest first; `next` is the `before` of the following page."""

    items: tuple[PassageRow, ...]
    next: str | None


class Review(PassageRow, frozen=True, kw_only=True):
    """A flagged passage an officer is to look at, with the belt left to answer in (None: not known)."""

    remaining_mm: int | None
    speed_mm_s: int | None
    outcome: Outcome | None
    exception: ImageException | None
    findings: tuple[Finding, ...]
    scan_doubts: tuple[ScanDoubt, ...]
    has_image: bool
    release_barred: str  # a Barred, "not_awaited", or "" when a release may be tried
    claimed_by: str | None
    claimed_by_me: bool
    claimed_until: datetime | None


class ConsigneeView(Struct, frozen=True):
    """A consignee, masked or not."""

    name: str
    phone: str
    address: str
    id_number: str


class DeclarationView(Struct, frozen=True):
    """What customs says of one declaration; `control_instruction` only for those who may see targeting."""

    number: str
    mode: Mode
    customs_status: int | None
    status_at: datetime
    control_instruction: str = ""
    review: bool = False


class PapersView(Struct, frozen=True):
    """A waybill with its declarations."""

    number: str
    mode: Mode
    courier: str
    destination: str
    master_bill: str
    declared_weight_g: float | None
    consignee: ConsigneeView
    declarations: tuple[DeclarationView, ...]


class ClearanceView(Struct, frozen=True):
    """The waybill's clearance as it is now."""

    state: str
    version: int
    as_of: datetime
    reasons: tuple[str, ...]


NEVER_RULED = "never_ruled"  # the line closed the passage and said nothing of the answer


class AnswerView(Struct, frozen=True):
    """An officer's answer and what became of it; officers by the name they sign with."""

    answer_id: str
    passage_id: str
    decision: Decision
    officers: tuple[str, ...]
    reason: str
    issued_at: datetime
    ruling: str  # a Ruling, or NEVER_RULED
    ruled_at: datetime | None
    position_mm: int | None
    detail: str


class ChainView(Struct, frozen=True):
    """Where verdict and end of the passage stand in the line's hash chain."""

    decided: ChainLink | None
    closed: ChainLink | None


class PassagePage(PassageRow, frozen=True, kw_only=True):
    """Everything known of one passage, personal data masked."""

    epoch: int
    tracking_id: int
    revision: int | None
    policy: str | None
    as_decided: bool | None
    evidence: dict[str, Any] | None
    clearance: ClearanceView | None
    papers: PapersView | None
    goods: tuple[dict[str, Any], ...]
    timeline: tuple[dict[str, Any], ...]
    answers: tuple[AnswerView, ...]
    chain: ChainView
    scan: ScanView | None
    media: tuple[MediaItem, ...]


class RevealedCode(Struct, frozen=True):
    """One scanner frame in the open; `raw` with bytes that are not text escaped."""

    scanner: str
    raw: str


class Revealed(Struct, frozen=True):
    """Unmasked papers and barcode texts; the look is in the audit trail."""

    papers: PapersView | None
    codes: tuple[RevealedCode, ...]


class HourCount(Struct, frozen=True):
    """Passages inducted in one hour of the site's day."""

    hour: int
    count: int


class Figures(Struct, frozen=True):
    """Today, by the site's clock. `inducted`: records, items lost in gaps and those not recorded yet."""

    inducted: int
    recorded: int
    by_role: dict[str, int]
    by_reason: dict[str, int]
    per_hour: tuple[HourCount, ...]
    gaps: int  # items without a record of their own
    quarantined: int


class AlarmView(Struct, frozen=True):
    """Something a person must look at."""

    line: str
    code: str
    detail: str
    raised_at: datetime


class LineReport(Struct, frozen=True):
    """A line's state in the live stream."""

    line: str
    state: LineState


class AuditEntry(Struct, frozen=True):
    """One deed; `actor` is the account's name where it is known."""

    id: int

    at: datetime
    actor: str
    action: str
    subject: str


class Health(Struct, frozen=True):
    """Whether the centre does its work. `writer_lag` is the age of the oldest message not stored, seconds."""

    ready: bool
    broker: str
    database: str
    writer_lag: float
    version: str
