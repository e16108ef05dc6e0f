"""What the receiver tells the driver and hears from it, one JSON value a line.

receiver → driver: Listening once, then an Arrived for each stored object (again at each start until it is
acknowledged) and a TurnedAway for each sender or object refused. driver → receiver: Acknowledged. The folder
driver, which has no process of its own, uses the same values.
"""

import msgspec
from msgspec import Struct

from config.settings import CtSender


class ReceiverOrder(Struct, frozen=True):
    """What a receiver is started with, as JSON on its command line."""

    host: str
    port: int  # 0 takes a free one
    ae_title: str
    senders: tuple[CtSender, ...]
    evidence: str  # root of the evidence store
    budget_bytes: int
    least_free_bytes: int
    time_zone: str  # IANA name; of acquisition times that state no offset from UTC


class Listening(Struct, frozen=True, tag=True):
    """The receiver takes associations on `port`."""

    port: int


class Arrived(Struct, frozen=True, tag=True):
    """An object is stored and durable. Times are wall-clock seconds: by our clock, and as its file says."""

    number: int  # the ledger's; what is to be acknowledged
    sha256: str
    size: int
    sender: str  # AE title, or the folder
    arrived_wall_s: float
    double: bool  # this object came before, byte for byte
    study_uid: str
    sop_uid: str
    ooi_id: str
    acquired_wall_s: float | None  # when the acquisition began
    duration_ms: float | None
    energy: str | None  # as the file states it: "low", "high" or None
    kvp: float | None


class TurnedAway(Struct, frozen=True, tag=True):
    """A sender or an object was refused; `why` names no parcel and no person."""

    why: str
    no_room: bool = False


class Acknowledged(Struct, frozen=True, tag=True):
    """The driver has handed these on: they need not be announced again."""

    numbers: tuple[int, ...]


FromReceiver = Listening | Arrived | TurnedAway

encode_line = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(ReceiverOrder).decode
decode_from_receiver = msgspec.json.Decoder(FromReceiver).decode
decode_acknowledged = msgspec.json.Decoder(Acknowledged).decode
