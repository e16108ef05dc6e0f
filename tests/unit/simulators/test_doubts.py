"""When a scan ends the line's doubt: only one that was sent after the last fault was noticed."""

import pytest
from msgspec.structs import replace

from config.settings import Line
from simulators.belt import Item
from simulators.categories import Category
from simulators.doubts import MATCHED_WITHIN_S, Doubts
from simulators.scan_plan import SENT_AFTER_S, ScanMade, Sending
from tests.unit.simulators.virtual_agent import MakeParcels

SPEED_MM_S = 1000
LEFT_S = 10.0  # the item whose scan is missing leaves the tunnel
AFTERWARDS_S = 1.0  # between the reviews of the scans that follow


@pytest.mark.parametrize(("sent_before_s", "touches"), [(0.5, True), (-0.5, False)])
def test_only_a_scan_sent_after_the_fault_was_noticed_ends_the_doubt(
    plain: MakeParcels, ct_line: Line, sent_before_s: float, touches: bool
) -> None:
    assert ct_line.ct is not None
    doubts = Doubts(ct_line.ct, ct_line.policy, SPEED_MM_S)
    parcels = list(plain(300, 400, 500, 510))  # the last two could be each other's
    parcels[0] = replace(parcels[0], category=Category.SCAN_MISSING)
    missing, telling, alike, other = items = [Item(each, 0, 0.0, None, each.weight_g) for each in parcels]
    for item in items:
        doubts.entered(item)
    noticed_s = LEFT_S + ct_line.ct.due_after_ms / 1000
    doubts.left(missing, LEFT_S, LEFT_S * SPEED_MM_S)
    doubts.gone(alike)  # not in the tunnel yet when the fault is noticed
    doubts.gone(other)
    doubts.scanned(_scan(telling, noticed_s - sent_before_s))
    assert set(doubts.touched(noticed_s, (noticed_s) * SPEED_MM_S)) == {missing, telling}
    doubts.scanned(_scan(alike, noticed_s + AFTERWARDS_S))
    list(
        doubts.touched(
            noticed_s + AFTERWARDS_S + MATCHED_WITHIN_S - 0.1,
            (noticed_s + AFTERWARDS_S + MATCHED_WITHIN_S - 0.1) * SPEED_MM_S,
        )
    )
    assert (
        alike
        in set(
            doubts.touched(
                noticed_s + AFTERWARDS_S + MATCHED_WITHIN_S,
                (noticed_s + AFTERWARDS_S + MATCHED_WITHIN_S) * SPEED_MM_S,
            )
        )
    ) is touches


def _scan(item: Item, sent_s: float) -> ScanMade:
    return ScanMade(item, 7, 1, "7-1", True, 0.0, 1.0, sent_s - SENT_AFTER_S, (Sending(("low", "high")),))
