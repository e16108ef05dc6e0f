"""What the plant and its CT scanner's process say to each other: one JSON value a line.

plant → scanner: Setup once, Prepare when an item is inducted, Send when a scan of it was made, Forget when
it is off the belt. scanner → plant: Ready once, ObjectSent for each object. `key` is the plant's own number
of an item's trip. Moments `…_s` are seconds of CLOCK_MONOTONIC, which all processes of a machine share;
wall-clock times are aware.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from simulators.ct.packing import Parcelled


class Setup(Struct, frozen=True, tag=True):
    """Where scans go: to a DICOM receiver, or as files into a folder."""

    seed: int
    work_folder: str  # for files on their way
    host: str = ""
    port: int = 0
    called_title: str = ""
    folder: str = ""  # if this is set, nothing is sent


class Prepare(Struct, frozen=True, tag=True):
    """This parcel will be scanned soon: its image can be made."""

    key: int
    parcel: Parcelled


class Send(Struct, frozen=True, tag=True):
    """Send objects of a parcel's image at `due_s`, in one association."""

    key: int
    scan: int  # of one trip; each is a study of its own
    energies: tuple[str, ...]
    ooi_id: str
    acquired_at: datetime  # when the acquisition began
    duration_s: float
    due_s: float
    cut: bool = False  # the last object breaks off


class Forget(Struct, frozen=True, tag=True):
    """The parcel is off the belt: its image is not needed once all orders so far are done."""

    key: int


class Ready(Struct, frozen=True, tag=True):
    """The scanner takes orders."""


class ObjectSent(Struct, frozen=True, tag=True):
    """What became of one object; `sent_s`: when its last byte left, or when it was given up."""

    key: int
    scan: int
    energy: str
    whole: bool
    delivered: bool
    sent_s: float
    why: str = ""


Order = Setup | Prepare | Send | Forget
Report = Ready | ObjectSent

encode_line = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(Order).decode
decode_report = msgspec.json.Decoder(Report).decode
