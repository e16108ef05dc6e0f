"""From the controller's status registers to a LineStatus, after checking that it is the machine expected."""

from collections.abc import Sequence

from devices.errors import ContractMismatch
from devices.interfaces import CtState, LineStatus, PackMlState
from devices.profile import SorterProfile

_STATES = frozenset(PackMlState)
_CT_STATES = frozenset(CtState)


def line_status(block: Sequence[int], profile: SorterProfile, name: str) -> LineStatus:
    """The status block's fields; ContractMismatch if this is not the machine the profile describes."""
    fields = profile.status.fields
    for key, field, expected in (
        ("magic", fields.magic, profile.magic),
        ("contract_version", fields.contract_version, profile.contract_version),
        ("ring_capacity", fields.ring_capacity, profile.ring.capacity),
    ):
        if (found := field.read(block)) != expected:
            raise ContractMismatch(
                f"{name}: {key}: {profile.name} expects {expected}, the machine has {found}"
            )
    epoch, state, flags = (field.read(block) for field in (fields.epoch, fields.state, fields.flags))
    if epoch == 0:
        raise ContractMismatch(f"{name}: epoch: expected a number that is not 0")
    if state not in _STATES:
        raise ContractMismatch(f"{name}: state: {state} is not a PackML state of the contract")
    lanes = range(1, profile.lanes + 1)
    available, counts = fields.lanes_available.read(block), fields.lane_counts
    return LineStatus(
        epoch=epoch,
        contract_version=fields.contract_version.read(block),
        controller_heartbeat=fields.heartbeat.read(block),
        state=PackMlState(state),
        induction_open=bool(flags >> profile.status.flags.induction_open & 1),
        agent_alive=bool(flags >> profile.status.flags.agent_alive & 1),
        time_ms=fields.time_ms.read(block),
        encoder_mm=fields.encoder_mm.read(block),
        speed_mm_s=fields.speed_mm_s.read(block),
        lanes_available=frozenset(lane for lane in lanes if available >> lane - 1 & 1),
        lane_counts=tuple(counts.part(2 * (lane - 1), 2).read(block) for lane in lanes),
        inducted=fields.inducted.read(block),
        last_tracking_id=fields.last_tracking_id.read(block),
        newest_sequence=fields.newest_sequence.read(block),
        ct_state=ct_state(fields.ct_state.read(block)),
    )


def ct_state(number: int) -> CtState:
    """The CT scanner's state; a number the contract does not have is FAULT: nothing passes for scanned."""
    return CtState(number) if number in _CT_STATES else CtState.FAULT
