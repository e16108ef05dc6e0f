"""The records the core writes: an item's state put into the messages the centre keeps."""

from collections.abc import Iterator
from datetime import datetime

from config.settings import LaneRole, Line
from devices.interfaces import LANE_EYE, ItemEvent
from edge.messages import (
    AlarmRaised,
    ClearanceEvidence,
    Evidence,
    MediaKind,
    MediaRecorded,
    PassageClosed,
    PassageDecided,
    Reason,
)
from edge.observations import MediaKept, Paper, ScanArrived
from edge.state import Item
from edge.verdict import Verdict, inspected


def passage_id(line_id: str, epoch: int, event: ItemEvent) -> str:
    """Unique and in time order, and the same however often the event is read: a restarted agent cannot make a
    second record of one item."""
    return f"{line_id}-{epoch:08X}-{event.tracking_id:08X}"


def decided(item: Item, found: Verdict, policy_hash: str, at: datetime) -> PassageDecided:
    """The verdict with all it rested on."""
    entry = found.paper.entry if found.paper is not None else None
    return PassageDecided(
        passage_id=item.passage_id,
        epoch=item.epoch,
        tracking_id=item.tracking_id,
        revision=item.revision,
        inducted_at=item.inducted_at,
        decided_at=at,
        waybill_key=entry.waybill_key if entry is not None else None,
        role=found.role,
        lane=found.lane,
        reasons=found.reasons,
        evidence=Evidence(
            codes=tuple(item.frames),
            weight_g=item.weight_g,
            declared_weight_g=entry.declared_weight_g if entry is not None else None,
            length_mm=item.length_mm,
            clearance=_clearance(found.paper),
            trips=item.trips,
            answer_id=next(reversed(item.answers), None),
            doubts=tuple(sorted(item.doubts)),
            scan=item.scan_evidence(),
        ),
        policy=policy_hash,
        awaiting_answer=found.awaiting_answer,
    )


def closed(item: Item, found: Verdict, lane: int | None, line: Line, at: datetime) -> PassageClosed:
    """Where the item was seen last, beside the last verdict on it; seen nowhere, it may have left."""
    roles = {each.number: each.role for each in line.lanes}
    unseen = LaneRole.RELEASE if item.may_leave else None
    return PassageClosed(
        passage_id=item.passage_id,
        epoch=item.epoch,
        tracking_id=item.tracking_id,
        inducted_at=item.inducted_at,
        closed_at=at,
        lane=lane,
        role=unseen if lane is None else roles.get(lane),
        as_decided=lane == found.lane,
        waybill_key=found.paper.entry.waybill_key if found.paper is not None else None,
        timeline=tuple(item.moments),
    )


def undecided(item: Item, line: Line) -> Verdict:
    """The verdict of an item that passed the cut-off without one: the controller sent it to inspection."""
    paper = item.verdict.paper if item.verdict is not None else None
    return inspected(line, Reason.UNDECIDED, *sorted(item.doubts), paper=paper)


def divert_failed(item: Item, lane: int, at: datetime) -> AlarmRaised:
    """The diverter did not move the item."""
    return AlarmRaised("divert_failed", f"passage {item.passage_id} did not enter lane {lane}", at)


def unexpected_item(event: ItemEvent, line: Line, at: datetime) -> AlarmRaised:
    """An eye of the belt or of a lane saw something the controller does not track."""
    if event.point != LANE_EYE:
        return AlarmRaised("unexpected_item", f"eye {event.point} saw an item that is not tracked", at)
    where = f"lane {event.detail}"
    if event.detail in {lane.number for lane in line.lanes if lane.role is LaneRole.RELEASE}:
        detail = f"an item that is not tracked entered release {where}: nobody ordered it there"
        return AlarmRaised("released_without_order", detail, at)
    return AlarmRaised("unexpected_item", f"an item that is not tracked entered {where}", at)


def line_aborted(at: datetime) -> AlarmRaised:
    """The line stopped at once, and only a hand at it leads on."""
    why = "emergency stop, or an item in a release lane without an order"
    return AlarmRaised("line_aborted", f"the line was aborted ({why}): only a hand at the line starts it", at)


def line_held(at: datetime) -> AlarmRaised:
    """Items did not come where they should: the belt stands."""
    return AlarmRaised("line_held", "the line is held by a jam: only a hand at the line starts it again", at)


def line_runs(stopped_by: str, at: datetime) -> AlarmRaised:
    """The end of what that alarm said."""
    return AlarmRaised("line_runs", f"the line runs again after {stopped_by}", at)


def never_arrived(item: Item, at: datetime) -> AlarmRaised:
    """The item should have left the line and was seen in no lane."""
    return AlarmRaised("never_arrived", f"passage {item.passage_id} was seen in no lane", at)


def readings_without_item(device: str, count: int, at: datetime) -> AlarmRaised:
    """Nothing a device reads lies where an item is: it stands elsewhere, or answers late."""
    detail = f"{count} readings of {device} in a row fitted no item: its place in the settings may be wrong"
    return AlarmRaised("readings_without_item", detail, at)


def released_without_order(closed: PassageClosed) -> AlarmRaised:
    """An item came out in a release lane that its last verdict did not name."""
    where = f"passage {closed.passage_id} entered lane {closed.lane}"
    return AlarmRaised("released_without_order", where, closed.closed_at)


def scan_without_item(scan: ScanArrived, at: datetime) -> AlarmRaised:
    """A CT scan names no item that is on the belt; what the scanner calls it might be a waybill number."""
    files = ", ".join(each.sha256[:12] for each in scan.volumes)
    detail = f"a scan of {scan.device} belongs to no item on the belt: {files}"
    return AlarmRaised("scan_without_item", detail, at)


def kept(media: MediaKept, at: datetime) -> MediaRecorded:
    """A file about a passage lies in the evidence store."""
    return MediaRecorded(
        media.passage_id,
        media.kind,
        media.sha256,
        media.size,
        media.media_type,
        media.device,
        at,
        part=media.part,
    )


def volumes(scan: ScanArrived, item: Item) -> Iterator[MediaKept]:
    """The objects of a scan as evidence of an item's passage."""
    for each in scan.volumes:
        yield MediaKept(
            item.passage_id,
            MediaKind.VOLUME,
            each.sha256,
            each.size,
            "application/dicom",
            scan.device,
            each.energy,
        )


def epoch_went_back(old: int, new: int, at: datetime) -> AlarmRaised:
    """The controller's boot epoch is older than one seen before: its memory was lost."""
    return AlarmRaised("epoch_went_back", f"controller epoch {new} after {old}", at)


def _clearance(paper: Paper | None) -> ClearanceEvidence | None:
    if paper is None:
        return None
    entry = paper.entry
    age_s = paper.age_s if paper.age_s is not None else -1.0
    return ClearanceEvidence(entry.state, entry.version, paper.list_number, age_s, entry.mode, entry.reasons)
