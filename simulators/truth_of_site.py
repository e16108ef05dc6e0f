"""The plant's truth about the site as a whole: faults, processes, papers, officers, hands at the line."""

from msgspec import Struct

from config.settings import Mode


class FaultTook(Struct, frozen=True, tag="fault"):
    """A fault took effect, while the line was in that state."""

    fault: str
    state: str
    at_s: float


class ProcessDied(Struct, frozen=True, tag="died"):
    """The agent or the centre was killed between two of its durable steps."""

    process: str
    after: str
    before: str
    at_s: float


class ProcessBegan(Struct, frozen=True, tag="began"):
    """The agent or the centre began, or began again."""

    process: str
    at_s: float


class PaperChanged(Struct, frozen=True, tag="paper"):
    """What customs says of a parcel's waybill from now on: the centre has it in its database.

    `release`: it may leave; `as_of_s`: when customs said so, on the same clock, negative before the run.
    `review`: it may leave if an officer says so. `mode`: how it is cleared; None is not told.
    """

    parcel: int
    release: bool
    as_of_s: float
    at_s: float
    review: bool = False
    mode: Mode | None = None


class PaperHeard(Struct, frozen=True, tag="paper_heard"):
    """The line's agent has taken in all clearance changes the centre knew at `known_at_s`."""

    known_at_s: float
    at_s: float


class OfficerAnswered(Struct, frozen=True, tag="answered"):
    """An officer answered for a passage, and the centre took it."""

    passage_id: str
    epoch: int
    tracking_id: int
    release: bool
    at_s: float


class LineCleared(Struct, frozen=True, tag="cleared"):
    """Somebody came to the line, looked after what had stopped it, and let it start again."""

    at_s: float


OfSite = FaultTook | ProcessDied | ProcessBegan | PaperChanged | PaperHeard | OfficerAnswered | LineCleared
