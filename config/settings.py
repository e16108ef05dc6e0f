"""A site's settings: one TOML file, typed, complete, validated with the key named.

Units stand in the names. Positions count in millimetres of belt from the induction eye.
Checks that need more than one key live in `config.site_check`.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="small letters, digits, - and _")
]
LineId = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9_]{0,15}$", description="capital letters, digits, _")]
Positive = Annotated[int, Meta(gt=0)]
NotNegative = Annotated[int, Meta(ge=0)]
Port = Annotated[int, Meta(ge=1, le=65535)]
AeTitle = Annotated[
    str, Meta(pattern=r"^[A-Z0-9_-]{1,16}$", description="a DICOM application entity's title")
]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every table of the site file: keys it does not know are errors."""


class LaneRole(StrEnum):
    """What a lane is for; INSPECT is the fail-safe and the mechanical rest position."""

    RELEASE = "release"
    WAIT = "wait"
    INSPECT = "inspect"
    RECIRCULATE = "recirculate"


class Mode(StrEnum):
    """The trade's ways of clearance (监管方式) this centre handles."""

    DIRECT_PURCHASE = "9610"
    BONDED = "1210"
    B2B_DIRECT = "9710"
    B2B_WAREHOUSE = "9810"
    EXPRESS_A = "express_a"
    EXPRESS_B = "express_b"
    EXPRESS_C = "express_c"
    POSTAL = "postal"


class Centre(Settings, frozen=True):
    """Where the central service listens and keeps its records."""

    host: str = "127.0.0.1"
    port: Port = 8600
    database: str = "sqlite:///central.db"  # SQLAlchemy URL; relative SQLite paths lie in the data folder


class Broker(Settings, frozen=True):
    """The MQTT broker; `embedded` runs one on loopback with a generated password."""

    embedded: bool = True
    host: str = "127.0.0.1"
    port: Port = 18830
    username: str = "redpeak"
    password_file: str = "keys/broker-password"  # noqa: S105  a path, relative to the data folder


class Belt(Settings, frozen=True):
    """The geometry of one line, as the controller and the site plan have it."""

    speed_mm_s: Positive
    eyes_mm: tuple[NotNegative, ...]  # eye 0 is the induction eye at 0
    decide_eye: Positive  # index of the eye at which the verdict is due; all observation lies before it
    release_cutoff_mm: Positive  # a change to a release lane is accepted before this
    inspect_cutoff_mm: Positive  # a change to the inspection lane is accepted before this
    end_mm: Positive
    longest_item_mm: Positive = 800
    tolerance_mm: Positive = 120  # how far a reading may lie from where its item is thought to be


class Lane(Settings, frozen=True):
    """One exit of the line."""

    number: Annotated[int, Meta(ge=1, le=16)]
    name: str
    role: LaneRole
    diverter_mm: Positive
    capacity: NotNegative = 0  # items it holds; 0 = no limit


class SortRule(Settings, frozen=True):
    """Released parcels that match go to `lane`; the first rule that matches wins; empty matches all."""

    lane: Annotated[int, Meta(ge=1, le=16)]
    courier: str = ""
    destination: str = ""


class ConveyorDevice(Settings, frozen=True):
    """The line's controller."""

    host: str
    driver: Name = "modbus"
    profile: Name = "redpeak_sorter_v1"
    port: Port = 502
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    timeout_ms: Positive = 300
    poll_ms: Positive = 10


class ScannerDevice(Settings, frozen=True):
    """A barcode reader on a serial line."""

    name: Name
    driver: Name  # sick, cognex, keyence, lines
    port: str  # device path (a by-id path survives renumbering) or pyserial URL; relative = data folder
    position_mm: NotNegative
    baud: Positive = 9600
    no_read: tuple[str, ...] = ("NoRead", "NOREAD", "ERROR")
    longest_frame: Positive = 512
    separator: Annotated[str, Meta(min_length=1, max_length=4)] = ";"  # between the codes of one frame


class ScaleDevice(Settings, frozen=True):
    """An in-motion scale on a serial line: weighs from `position_mm` over `length_mm`."""

    name: Name
    port: str
    position_mm: NotNegative
    length_mm: Positive
    driver: Name = "mt_sics"
    baud: Positive = 9600


class CtSender(Settings, frozen=True):
    """Who may send volumes: both must fit."""

    ae_title: AeTitle
    address: str


class CtDevice(Settings, frozen=True):
    """A CT scanner whose tunnel begins at `position_mm`; it sends volumes, or leaves them in a folder."""

    name: Name
    position_mm: NotNegative
    length_mm: Positive  # of the tunnel
    driver: Name = "dicos"  # dicos: DICOM C-STORE; folder: files appear in `folder`
    profile: Name = "dicos_dual"  # what one scan is made of, and how it names its item
    host: str = "127.0.0.1"  # where the receiver listens
    port: Port = 11112
    ae_title: AeTitle = "REDPEAK"
    senders: tuple[CtSender, ...] = ()
    folder: str = ""  # of the folder driver; relative = data folder
    names_items: bool = True  # the object-of-inspection id names the item; False: only the order does
    due_after_ms: Positive = 4500  # from its item's leaving the tunnel; a scan later than that is missing
    window_mm: Positive = 400  # how far from the tunnel's middle its item may be at the middle of the scan
    complete_within_ms: Positive = 3000  # from the first object of a scan to its last
    disk_budget_mb: Positive = 20_000  # for volumes; clear ones are rolled first
    least_free_mb: Positive = 1_000  # with less disk left nothing more is accepted

    @property
    def middle_mm(self) -> int:
        """The middle of the tunnel."""
        return self.position_mm + self.length_mm // 2

    @property
    def end_mm(self) -> int:
        """Where the tunnel ends."""
        return self.position_mm + self.length_mm


class ReviewerName(StrEnum):
    """The reviewers there are."""

    CLASSICAL = "classical"
    ONNX = "onnx"


class ImageReview(Settings, frozen=True):
    """Who looks at volumes: of several reviewers the gravest outcome counts."""

    reviewers: tuple[ReviewerName, ...] = (ReviewerName.CLASSICAL,)
    timeout_ms: Positive = 4000  # for a volume to get its turn, and for its review; later is an exception
    model: str = ""  # ONNX file; relative = data folder; empty = the model shipped
    model_sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""  # required with a model


class CameraDevice(Settings, frozen=True):
    """A camera over the belt: a still and a clip of each item as its middle passes `position_mm`."""

    name: Name
    url: str  # rtsp://…, without a password
    position_mm: NotNegative
    username: str = ""
    password_file: str = ""  # relative to the data folder
    latency_ms: NotNegative = 150  # from the moment to its frame's arrival
    before_ms: Positive = 1500
    after_ms: Positive = 1500


class CodeRule(Settings, frozen=True):
    """What a code that is neither a known waybill nor an alias means: `pattern` is a regular expression."""

    pattern: str
    meaning: Annotated[str, Meta(pattern="^(waybill|ignore)$")]


class Policy(Settings, frozen=True):
    """What the verdict rests on; limits are the site's, none is law."""

    clearance_age_s: dict[Mode, Positive]  # older than this: wait
    weight_tolerance_g: NotNegative = 50
    weight_tolerance_share: Annotated[float, Meta(ge=0, le=1)] = (
        0.10  # of the declared weight; the larger holds
    )
    recirculations: Annotated[int, Meta(ge=0, le=9)] = 1
    clearance_age_default_s: Positive = 86_400
    every_scanner: bool = True  # without a frame of each scanner, be it a no-read, an item is inspected
    code_rules: tuple[CodeRule, ...] = ()
    image_length_mm: Positive = 60  # how far an item's length in the image may be from the eye's
    image_mass_share: Annotated[float, Meta(ge=0, le=1)] = 0.25  # … its mass from the scale's
    image_mass_g: Positive = 150  # … or by so much; the larger holds
    # Findings of these DICOS categories one officer may clear on the screen; of any other, nobody.
    officer_may_clear: tuple[str, ...] = ("anomaly", "pharmaceutical", "other")


class Line(Settings, frozen=True):
    """One sorting line and its edge agent."""

    id: LineId
    name: str
    belt: Belt
    lanes: tuple[Lane, ...]
    sort_plan: tuple[SortRule, ...]
    conveyor: ConveyorDevice
    scanners: tuple[ScannerDevice, ...]
    policy: Policy
    scale: ScaleDevice | None = None
    ct: CtDevice | None = None
    review: ImageReview = ImageReview()
    cameras: tuple[CameraDevice, ...] = ()

    def lane(self, number: int) -> Lane:
        """The lane of that number; KeyError if the line has none."""
        for lane in self.lanes:
            if lane.number == number:
                return lane
        raise KeyError(f"line {self.id} has no lane {number}")

    @property
    def inspect_lane(self) -> Lane:
        """The fail-safe lane; ValueError for a line without one, which the site check refuses."""
        lane = self.lane_of_role(LaneRole.INSPECT)
        if lane is None:
            raise ValueError(f"line {self.id} has no inspection lane")
        return lane

    def lane_of_role(self, role: LaneRole) -> Lane | None:
        """The first lane with that role."""
        return next((lane for lane in self.lanes if lane.role is role), None)


class Site(Settings, frozen=True):
    """A supervision centre: who it is, its central service, its broker and its lines."""

    id: Name
    name: str
    name_en: str
    customs_code: Annotated[str, Meta(pattern=r"^\d{4}$")]  # of the supervising customs; 0000 = not set
    lines: tuple[Line, ...]
    timezone: str = "Asia/Shanghai"
    centre: Centre = Centre()
    broker: Broker = Broker()

    def line(self, line_id: str) -> Line:
        """The line of that id; KeyError names the lines there are."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(f"no line {line_id}; this site has {', '.join(line.id for line in self.lines)}")
