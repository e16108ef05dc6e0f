"""Where each item is, and what was observed of it: readings are joined to items by place on the belt.

Pure: fed with observations, it never looks at a clock. The controller's eyes correct each item's place; a
reading that fits no item is counted, one that fits several makes all of them doubtful.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from config.settings import Belt
from devices.interfaces import ItemEvent
from edge.messages import Answer, CodeEvidence, Decision, Moment, Reason
from edge.observations import Code, LabelRead, Paper, Weighed
from edge.verdict import Gathered, Verdict


@dataclass
class Item:
    """One item on the belt: its passage while it is open."""

    passage_id: str
    epoch: int
    tracking_id: int
    inducted_at: datetime
    zero_mm: int  # encoder reading at which its front was at the induction eye, corrected at each eye
    trips: int = 0
    length_mm: int | None = None
    codes: list[Code] = field(default_factory=list[Code])
    frames: list[CodeEvidence] = field(default_factory=list[CodeEvidence])
    weight_g: float | None = None
    weighed: bool = False
    papers: dict[str, Paper | None] = field(default_factory=dict[str, Paper | None])
    doubts: set[Reason] = field(default_factory=set[Reason])
    moments: list[Moment] = field(default_factory=list[Moment])
    verdict: Verdict | None = None
    revision: int = 0
    confirmed_lane: int | None = None  # the lane the controller acknowledged last
    past_cutoff: bool = False
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    pending_answer: str | None = None  # taken, and now up to the controller
    pending_lane: int | None = None  # the lane that answer asked the controller for
    answer: Decision | None = None

    def front_mm(self, encoder_mm: int) -> int:
        """Where its front is when the belt has travelled `encoder_mm`."""
        return encoder_mm - self.zero_mm

    def note(
        self, at: datetime, what: str, encoder_mm: int | None, device: str = "", detail: str = ""
    ) -> None:
        """Add to its timeline; `detail` never holds personal data."""
        place = None if encoder_mm is None else self.front_mm(encoder_mm)
        self.moments.append(Moment(at, what, place, device, detail))

    def gathered(self, released_by_other: bool) -> Gathered:
        """What the verdict is given."""
        return Gathered(
            codes=tuple(self.codes),
            papers=dict(self.papers),
            weight_g=self.weight_g,
            trips=self.trips,
            doubts=frozenset(self.doubts),
            answer=self.answer,
            released_by_other=released_by_other,
        )


class Tracking:
    """The items of one line, by tracking id, in the order of their induction."""

    def __init__(self, belt: Belt) -> None:
        self._belt = belt
        self.items: dict[int, Item] = {}
        self.unwatched_until_mm: int | None = (
            None  # items inducted before this were not watched without a gap
        )
        self.orphans = 0  # readings that fitted no item

    def open(self, event: ItemEvent, passage_id: str, epoch: int, at: datetime) -> Item:
        """A new item whose front is at the induction eye."""
        item = Item(passage_id, epoch, event.tracking_id, at, event.encoder_mm, event.detail)
        if self.unwatched_until_mm is not None and event.encoder_mm < self.unwatched_until_mm:
            item.doubts.add(Reason.OBSERVATION_GAP)
        self.items[event.tracking_id] = item
        item.note(at, "inducted", event.encoder_mm)
        return item

    def at_eye(self, item: Item, event: ItemEvent) -> None:
        """Correct the item's place by the eye's; too far off is another item or a slip: doubtful."""
        if event.point >= len(self._belt.eyes_mm):
            item.doubts.add(Reason.LOST_IN_TRACK)
            return
        zero_mm = event.encoder_mm - self._belt.eyes_mm[event.point]
        if abs(zero_mm - item.zero_mm) > self._belt.tolerance_mm:
            item.doubts.add(Reason.LOST_IN_TRACK)
        else:
            item.zero_mm = zero_mm

    def measured(self, item: Item, length_mm: int) -> None:
        """The item's length; longer than the site's longest is taken for two items that touch."""
        item.length_mm = length_mm
        if length_mm > self._belt.longest_item_mm:
            item.doubts.add(Reason.TOO_CLOSE)

    def read(self, label: LabelRead, at: datetime) -> Item | None:
        """Join a scanner frame to the item in front of the scanner."""
        item = self._sole(self._covering(label.scanner_mm, label.encoder_mm))
        if item is None:
            return None
        if any(frame.scanner == label.scanner for frame in item.frames):
            item.doubts.add(Reason.AMBIGUOUS_READING)  # a scanner yields one frame an item: one is another's
        keys = tuple(code.key for code in label.codes)
        place_mm = item.front_mm(label.encoder_mm)
        item.frames.append(CodeEvidence(label.scanner, place_mm, keys, label.sealed_raw))
        item.codes.extend(code for code in label.codes if code not in item.codes)
        item.note(at, "codes_read" if keys else "no_read", label.encoder_mm, label.scanner, str(len(keys)))
        return item

    def weigh(self, weighed: Weighed, at: datetime) -> Item | None:
        """Join a weight to the item whose back is at the end of the scale."""
        item = self._sole(self._ending(weighed.scale_end_mm, weighed.encoder_mm))
        if item is None:
            return None
        if item.weighed:
            item.doubts.add(Reason.AMBIGUOUS_READING)
        item.weighed = True
        item.weight_g = weighed.weight_g
        grams = "" if weighed.weight_g is None else f"{weighed.weight_g:.0f} g"
        item.note(at, "weighed" if grams else "no_weight", weighed.encoder_mm, weighed.scale, grams)
        return item

    def near(self, place_mm: int, encoder_mm: int) -> list[Item]:
        """Items that cover a place or are within a tolerance of it."""
        return list(self._covering(place_mm, encoder_mm))

    def _sole(self, candidates: Iterator[Item]) -> Item | None:
        found = list(candidates)
        if len(found) == 1:
            return found[0]
        for item in found:
            item.doubts.add(Reason.AMBIGUOUS_READING)
        self.orphans += not found
        return None

    def _covering(self, place_mm: int, encoder_mm: int) -> Iterator[Item]:
        slack_mm = self._belt.tolerance_mm
        for item in self.items.values():
            front_mm = item.front_mm(encoder_mm)
            back_mm = front_mm - (item.length_mm or self._belt.longest_item_mm)
            if back_mm - slack_mm <= place_mm <= front_mm + slack_mm:
                yield item

    def _ending(self, place_mm: int, encoder_mm: int) -> Iterator[Item]:
        slack_mm = self._belt.tolerance_mm
        for item in self.items.values():
            if item.length_mm is None:
                continue  # its back has not even cleared the induction eye
            if abs(item.front_mm(encoder_mm) - item.length_mm - place_mm) <= slack_mm:
                yield item
