"""A line at work, as the tests of the centre's answers to people find it."""

from typing import Any

from config.settings import LaneRole
from edge.messages import AlarmRaised, GapCause, GapRecorded, Reason
from tests.unit.central.centre_fixture import Office
from tests.unit.central.journeys import START, closed, decided, incoming, line_state

SF, JD = "SF1234567890123", "JD0000000007788"
PAPERS: dict[str, Any] = {
    "waybills": [
        {
            "number": SF,
            "mode": "9610",
            "courier": "SF",
            "declared_weight_g": 500,
            "consignee": {
                "name": "王小明",
                "phone": "13812345612",
                "address": "内蒙古赤峰市红山区长青街12号楼502",
                "id_number": "150402198001010016",
            },
            "goods": [{"name": "玩具车", "quantity": 2, "value": 168}],
        },
        {"number": JD, "mode": "9610", "courier": "JD"},
    ],
    "declarations": [
        {
            "number": "D-0001",
            "waybill_number": SF,
            "mode": "9610",
            "customs_status": 800,
            "status_at": "2026-11-23T01:00:00Z",
            "control_instruction": "BK20261123",
        }
    ],
}
TARGETED = (Reason.WEIGHT_MISMATCH, Reason.CONTROL_INSTRUCTION)


def make_busy(office: Office) -> None:
    """A targeted parcel that waits for an answer, a released one, a gap and an alarm."""
    office.take_papers(PAPERS)
    keyring = office.keyring
    office.receive(
        incoming(line_state(), "s", channel="state"),
        incoming(
            decided(
                "p1",
                role=LaneRole.INSPECT,
                lane=5,
                waybill=SF,
                reasons=TARGETED,
                awaiting_answer=True,
                keyring=keyring,
            ),
            "e1",
        ),
        incoming(decided("p2", waybill=JD, tracking_id=2, keyring=keyring), "e2"),
        incoming(closed("p2", waybill=None, tracking_id=2), "e3"),
        incoming(GapRecorded(7, 3, 4, 40, 60, GapCause.RING_OVERRUN, (1,), START), "e4"),
        incoming(AlarmRaised("jam", "lane 2", START), "e5"),
    )
