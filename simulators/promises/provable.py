"""Promises 6, 7 and 11 in the centre's records: what each says must be what happened, and all of it."""

from collections.abc import Iterator

from config.settings import LaneRole, Line
from edge.messages import ClearanceState, Reason
from simulators.promises.findings import Problem
from simulators.promises.row import PassageRow
from simulators.promises.trips import Trip

_RELEASING = frozenset({Reason.CLEARED, Reason.OFFICER_RELEASED, Reason.TOKEN})
_SHA256 = 64  # hexadecimal digits
_CANNOT_BE_JUDGED, _ALARM = "exception", "alarm"  # outcomes of a review


def against_record(
    row: PassageRow, trip: Trip, line: Line, energies: tuple[str, ...], volumes: frozenset[str]
) -> Iterator[Problem]:
    """What is wrong with a complete record; `volumes`: hashes of the image's files the centre knows."""
    roles = {lane.number: lane.role for lane in line.lanes}
    yield from _unwritten(row, trip, roles)
    yield from _unproved(row)
    released = trip.end is not None and trip.end.role is LaneRole.RELEASE
    if released and row.role_decided == LaneRole.RELEASE:
        yield from _release_unproved(row, trip, line, energies, volumes)
    yield from _by_nobody(row, trip, line, released)


def _unwritten(row: PassageRow, trip: Trip, roles: dict[int, LaneRole]) -> Iterator[Problem]:
    """Promise 6: each lane the controller accepted was decided first; no lane is claimed that it did not."""
    decided = {*row.verdicts, row.role_decided}
    for lane in dict.fromkeys(trip.lanes):
        if roles[lane] not in decided:
            yield Problem(6, f"was commanded to lane {lane}; its record knows no such verdict")
    for moment in row.timeline:
        if moment.what != "lane_accepted" or not moment.detail.isdecimal():
            continue
        if int(moment.detail) not in trip.lanes:
            yield Problem(6, f"has a record that lane {moment.detail} was accepted; the controller never did")
    inspect = row.role_decided == LaneRole.INSPECT  # where it goes without a command, too
    if row.as_decided and not inspect and row.lane_decided not in trip.lanes:
        yield Problem(
            6, f"is recorded as in lane {row.lane_decided} as decided; the controller never accepted it"
        )


def _unproved(row: PassageRow) -> Iterator[Problem]:
    """Promise 7 of every record."""
    if not row.reasons:
        yield Problem(7, "has a record without a reason")
    if row.policy is None or len(row.policy) != _SHA256:
        yield Problem(7, "has a record that does not say under which policy")
    if not row.linked:
        yield Problem(7, "has a record that is not linked into the line's chain")
    if row.revision is not None and row.revision > len(row.verdicts):
        yield Problem(7, f"has {row.revision} verdicts; its timeline tells of {len(row.verdicts)}")


def _release_unproved(
    row: PassageRow, trip: Trip, line: Line, energies: tuple[str, ...], volumes: frozenset[str]
) -> Iterator[Problem]:
    """Promise 7 of a release: all that promise 1 asks for stands in the record, right by the policy."""
    evidence = row.evidence
    if evidence is None or row.waybill_key is None or _RELEASING.isdisjoint(row.reasons):
        yield Problem(7, "was released; its record does not say on what and for which waybill")
        return
    if not any(frame.keys and frame.sealed_raw for frame in evidence.codes):
        yield Problem(7, "was released; its record holds no code that was read")
    if line.scale is not None and evidence.weight_g is None:
        yield Problem(7, "was released; its record holds no weight")
    clearance = evidence.clearance
    if clearance is None or clearance.state not in (ClearanceState.RELEASE, ClearanceState.REVIEW):
        yield Problem(7, "was released; its record holds no clearance that allows it")
    else:
        policy = line.policy
        oldest_s = policy.clearance_age_s.get(clearance.mode, policy.clearance_age_default_s)
        if not 0 <= clearance.age_s <= oldest_s:
            yield Problem(1, f"was released on papers {clearance.age_s / 3600:.1f} h old by its own record")
        if clearance.state is ClearanceState.REVIEW and Reason.OFFICER_RELEASED not in row.reasons:
            yield Problem(11, "was to be seen by an officer and is recorded as released without one")
    if line.ct is not None:
        scan = evidence.scan
        if scan is None or scan.review is None or len(scan.volumes) < len(energies):
            yield Problem(7, "was released; its record holds no reviewed image")
        elif scan.doubts:
            yield Problem(1, f"was released although its image is doubtful ({', '.join(scan.doubts)})")
        elif not volumes.issuperset(scan.volumes):
            yield Problem(7, "was released; the files of its image are not recorded")


def _by_nobody(row: PassageRow, trip: Trip, line: Line, released: bool) -> Iterator[Problem]:
    """Promise 11 and the officer's deadline, by the record."""
    if released and row.as_decided:
        if row.image_outcome == _CANNOT_BE_JUDGED:
            yield Problem(11, "was released; by its record the image cannot be judged")
        if row.image_outcome == _ALARM and Reason.OFFICER_RELEASED not in row.reasons:
            yield Problem(11, "was released; by its record the image has an alarm and no officer cleared it")
    if Reason.OFFICER_RELEASED in row.reasons and not trip.officer:
        yield Problem(11, "is recorded as released by an officer; none said so in time")
    cutoff_mm = line.belt.release_cutoff_mm
    for moment in row.timeline:
        place_mm = moment.position_mm
        if moment.what == "answered" and moment.detail == "release" and (place_mm or 0) >= cutoff_mm:
            yield Problem(11, f"had an answer taken at {place_mm} mm; the deadline is at {cutoff_mm} mm")
