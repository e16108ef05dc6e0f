"""What falls due as the belt moves on, whether or not anything reports it. Pure."""

from collections.abc import Iterable, Iterator

from config.settings import Line
from edge.observations import Due, FellDue
from edge.state import Item


def due(line: Line, items: Iterable[Item], encoder_mm: int) -> Iterator[FellDue]:
    """What has fallen due at this travel of the belt, each once it is fed back as an observation."""
    belt = line.belt
    verdict_mm = belt.eyes_mm[belt.decide_eye] + belt.tolerance_mm
    end_mm = belt.end_mm + belt.longest_item_mm + belt.tolerance_mm
    for item in items:
        front_mm = item.front_mm(encoder_mm)
        if front_mm > end_mm:
            yield FellDue(item.tracking_id, Due.END)
            continue
        length_mm = item.length_mm if item.length_mm is not None else belt.longest_item_mm
        for camera in line.cameras:
            beyond_mm = round(front_mm - length_mm / 2 - camera.position_mm)
            if beyond_mm >= 0 and camera.name not in item.filmed:
                yield FellDue(item.tracking_id, Due.FILM, camera.name, encoder_mm - beyond_mm)
        if line.ct is not None and item.scan_awaited:
            scan_mm = line.ct.end_mm + length_mm + belt.speed_mm_s * line.ct.due_after_ms / 1000
            if front_mm > scan_mm or (front_mm > belt.release_cutoff_mm and item.scan is None):
                yield FellDue(item.tracking_id, Due.SCAN, line.ct.name, encoder_mm)
        if front_mm > verdict_mm and item.verdict is None:
            yield FellDue(item.tracking_id, Due.VERDICT, encoder_mm=encoder_mm)
