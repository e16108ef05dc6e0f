"""What was observed of each item: readings are joined to items by place on the belt.

Pure: fed with observations, it never looks at a clock. The controller's eyes correct each item's place; a
reading that fits no item is counted, one that fits several makes all of them doubtful.
"""

from collections.abc import Iterator
from datetime import datetime

from config.settings import Belt
from devices.interfaces import ItemEvent
from edge.belt_clock import travelled_mm
from edge.messages import CodeEvidence, Reason
from edge.observations import LabelRead, Weighed
from edge.state import Item, State

_FRAMES_KEPT = 2  # of one scanner on one item: the second makes it doubtful, more would only cost time


class Tracking:
    """Changes a line's items by what is observed of them."""

    def __init__(self, belt: Belt, state: State) -> None:
        self._belt, self._state = belt, state

    def open(self, event: ItemEvent, passage_id: str, epoch: int, at: datetime) -> Item:
        """A new item whose front is at the induction eye."""
        item = Item(passage_id, epoch, event.tracking_id, at, event.encoder_mm, event.detail)
        unwatched_until_mm = self._state.unwatched_until_mm
        if unwatched_until_mm is not None:
            if travelled_mm(event.encoder_mm, unwatched_until_mm) > 0:
                item.doubts.add(Reason.OBSERVATION_GAP)
            else:
                self._state.unwatched_until_mm = None
        self._state.items[event.tracking_id] = item
        item.note(at, "inducted", event.encoder_mm)
        return item

    def at_eye(self, item: Item, event: ItemEvent) -> None:
        """Correct the item's place by the eye's; too far off is another item or a slip: doubtful."""
        if event.point >= len(self._belt.eyes_mm):
            item.doubts.add(Reason.LOST_IN_TRACK)
            return
        off_mm = item.front_mm(event.encoder_mm) - self._belt.eyes_mm[event.point]
        if abs(off_mm) > self._belt.tolerance_mm:
            item.doubts.add(Reason.LOST_IN_TRACK)
        else:
            item.zero_mm += off_mm

    def measured(self, item: Item, length_mm: int) -> None:
        """The item's length; longer than the site's longest is taken for two items that touch."""
        item.length_mm = length_mm
        if length_mm > self._belt.longest_item_mm:
            item.doubts.add(Reason.TOO_CLOSE)

    def read(self, label: LabelRead, at: datetime) -> Item | None:
        """Join a scanner frame to the item in front of the scanner."""
        item = self._sole(label.scanner, self._covering(label.scanner_mm, label.encoder_mm))
        if item is None:
            return None
        before = sum(frame.scanner == label.scanner for frame in item.frames)
        if before:
            item.doubts.add(Reason.AMBIGUOUS_READING)  # a scanner yields one frame an item: one is another's
        if before >= _FRAMES_KEPT:
            return None
        keys = tuple(code.key for code in label.codes)
        place_mm = item.front_mm(label.encoder_mm)
        item.frames.append(CodeEvidence(label.scanner, place_mm, keys, label.sealed_raw))
        item.codes.extend(code for code in label.codes if code not in item.codes)
        item.note(at, "codes_read" if keys else "no_read", label.encoder_mm, label.scanner, str(len(keys)))
        return item

    def weigh(self, weighed: Weighed, at: datetime) -> Item | None:
        """Join a weight to the item whose back is at the end of the scale; it keeps the first."""
        item = self._sole(weighed.scale, self._ending(weighed.scale_end_mm, weighed.encoder_mm))
        if item is None:
            return None
        if item.weighed:
            item.doubts.add(Reason.AMBIGUOUS_READING)
            return item
        item.weighed = True
        item.weight_g = weighed.weight_g
        grams = "" if weighed.weight_g is None else f"{weighed.weight_g:.0f} g"
        item.note(at, "weighed" if grams else "no_weight", weighed.encoder_mm, weighed.scale, grams)
        return item

    def near(self, place_mm: int, encoder_mm: int) -> list[Item]:
        """Items that cover a place or are within a tolerance of it."""
        return list(self._covering(place_mm, encoder_mm))

    def _sole(self, device: str, candidates: Iterator[Item]) -> Item | None:
        found = list(candidates)
        in_a_row = self._state.orphans_in_a_row
        in_a_row[device] = 0 if found else in_a_row.get(device, 0) + 1
        self._state.orphans += not found
        if len(found) == 1:
            return found[0]
        for item in found:
            item.doubts.add(Reason.AMBIGUOUS_READING)
        return None

    def _covering(self, place_mm: int, encoder_mm: int) -> Iterator[Item]:
        slack_mm = self._belt.tolerance_mm
        for item in self._state.items.values():
            front_mm = item.front_mm(encoder_mm)
            back_mm = front_mm - (item.length_mm or self._belt.longest_item_mm)
            if back_mm - slack_mm <= place_mm <= front_mm + slack_mm:
                yield item

    def _ending(self, place_mm: int, encoder_mm: int) -> Iterator[Item]:
        slack_mm = self._belt.tolerance_mm
        for item in self._state.items.values():
            if item.length_mm is None:
                continue  # its back has not even cleared the induction eye
            if abs(item.front_mm(encoder_mm) - item.length_mm - place_mm) <= slack_mm:
                yield item
