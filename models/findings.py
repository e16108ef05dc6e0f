"""What a review of a CT image says: the vocabulary shared by reviewers, the edge's records and the reports.

The words follow DICOS (NEMA IIC 1), whose threat detection reports we write. Boxes are in millimetres of the
volume: x across the belt, y from the top down, z along it, from the corner of the first voxel.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]
Box = tuple[float, float, float, float, float, float]  # x0, y0, z0, x1, y1, z1 in mm


class Outcome(StrEnum):
    """What the review of one scan came to; only CLEAR may become a release without a person."""

    CLEAR = "clear"
    ALARM = "alarm"
    EXCEPTION = "exception"  # the image cannot be judged: always for a person


class ImageException(StrEnum):
    """Why an image cannot be judged."""

    IMPENETRABLE = "impenetrable"  # too dense for the rays: what lies behind it is not seen
    CUT_OFF = "cut_off"  # the item reaches the edge of the image
    EMPTY = "empty"  # nothing in it
    OUT_OF_RANGE = "out_of_range"  # values or geometry that no parcel of this machine has
    UNREADABLE = "unreadable"  # broken, incomplete, an energy missing
    MISMATCH = "mismatch"  # the image is not, or not surely, that of the item
    NOT_REVIEWED = "not_reviewed"  # the reviewer failed or did not answer in time


class FindingKind(StrEnum):
    """What was found; what follows from each stands in the taxonomy (`models/taxonomy.toml`)."""

    FIREARM = "firearm"
    FIREARM_PART = "firearm_part"
    AMMUNITION = "ammunition"
    BLADE = "blade"
    LIQUID = "liquid"
    POWDER = "powder"
    PILL = "pill"
    BATTERY = "battery"
    PRESSURE_CAN = "pressure_can"
    IVORY = "ivory"
    BONE = "bone"
    MEAT = "meat"
    FRUIT_SEED = "fruit_seed"
    CASH = "cash"
    PHONE = "phone"
    COMPUTER = "computer"
    WATCH = "watch"
    COSMETIC = "cosmetic"
    DENSE_METAL = "dense_metal"
    ORGANIC_MASS = "organic_mass"  # a large homogeneous organic body
    OTHER = "other"


class Category(StrEnum):
    """DICOS' threat categories."""

    ANOMALY = "anomaly"
    CONTRABAND = "contraband"
    EXPLOSIVE = "explosive"
    PHARMACEUTICAL = "pharmaceutical"
    PROHIBITED_ITEM = "prohibited_item"
    OTHER = "other"


class Material(StrEnum):
    """By effective atomic number, as screens colour it."""

    ORGANIC = "organic"
    MIXED = "mixed"
    METAL = "metal"


class Finding(Struct, frozen=True):
    """One thing in the image that speaks against a clear."""

    kind: FindingKind
    category: Category
    score: Share
    box_mm: Box
    material: Material
    mass_g: float


class Review(Struct, frozen=True, omit_defaults=True):
    """What a reviewer says of one scan. `length_mm` and `mass_g` are the image's own, for comparison with eye
    and scale; None where they cannot be told."""

    outcome: Outcome
    reviewer: str  # name and version
    exception: ImageException | None = None
    findings: tuple[Finding, ...] = ()
    length_mm: float | None = None
    mass_g: float | None = None
    model_sha256: str = ""  # of an ONNX model
    took_ms: int = 0
    detail: str = ""  # a sentence for people, never personal data
    suspicion: Share | None = None  # probability that the parcel holds something that alarms; None: not said
