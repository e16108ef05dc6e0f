"""What customs said of each waybill and since when the line must know: promise 1 on papers."""

from collections import deque
from dataclasses import dataclass, field

from config.settings import Policy
from simulators.promises.ledger import Marks
from simulators.truth import PaperChanged, PaperHeard

HEARD_S = 1.0  # a word heard so long before a lane is accepted must have been heeded
AGE_SLACK_S = 60.0  # papers are looked up when the label is read; the item may stand on the belt for a while


@dataclass(slots=True)
class _Word:
    said_s: float
    release: bool
    review: bool
    as_of_s: float
    limit_s: float


@dataclass
class Words:
    """Customs' words by waybill, that is by the parcel whose label it stands on first."""

    policy: Policy
    _words: dict[int, list[_Word]] = field(default_factory=dict[int, list[_Word]])
    _gone: Marks = field(default_factory=Marks)
    _fresh: deque[PaperHeard] = field(
        default_factory=deque[PaperHeard]
    )  # heard too lately to be held against it
    _known_s: float | None = None  # all changes until then must be known to the line
    _known_now_s: float | None = None  # … may be known

    def __post_init__(self) -> None:
        ages_s = self.policy.clearance_age_s
        self._laxest_s = max((*ages_s.values(), self.policy.clearance_age_default_s))

    def said(self, record: PaperChanged) -> None:
        """Customs said something; of a parcel that is gone it no longer matters."""
        if record.parcel in self._gone:
            return
        policy, mode = self.policy, record.mode
        limit_s = (
            self._laxest_s
            if mode is None
            else policy.clearance_age_s.get(mode, policy.clearance_age_default_s)
        )
        word = _Word(record.at_s, record.release, record.review, record.as_of_s, limit_s)
        self._words.setdefault(record.parcel, []).append(word)

    def heard(self, record: PaperHeard) -> None:
        """The line's agent took in what the centre knew."""
        self._settle(record.at_s)
        self._known_now_s = record.known_at_s
        self._fresh.append(record)

    def forget(self, parcel: int) -> None:
        """It has come to its last lane."""
        self._words.pop(parcel, None)
        self._gone.add(parcel)

    def objection(self, label: int, at_s: float, *, officer: bool) -> str | None:
        """Why no word the line can go by at `at_s` allows a release; None if one does, or none was said."""
        words = self._words.get(label)
        if not words:
            return None
        self._settle(at_s)
        possible = self._possible(words)
        allowing = [each for each in possible if each.release or (each.review and officer)]
        if not allowing:
            return "although customs does not allow it, and the line had heard so"
        best = min(allowing, key=lambda each: (at_s - each.as_of_s) / each.limit_s)
        age_s = at_s - best.as_of_s
        if age_s > best.limit_s + AGE_SLACK_S:
            return f"on papers {age_s / 3600:.1f} h old; {best.limit_s / 3600:.0f} h are allowed"
        return None

    def allow_throughout(self, label: int, at_s: float) -> bool:
        """Whether all that customs ever said of it is a release, young enough at `at_s`."""
        words = self._words.get(label, ())
        return all(each.release and at_s - each.as_of_s <= each.limit_s for each in words)

    def may_be_known(self, label: int) -> bool:
        """Whether the line may know the first word on it by now."""
        words = self._words.get(label)
        if not words or self._known_now_s is None:
            return not words
        return words[0].said_s <= self._known_now_s

    def say_something(self, label: int) -> bool:
        """Whether customs said anything of it."""
        return label in self._words

    def _settle(self, at_s: float) -> None:
        while self._fresh and self._fresh[0].at_s <= at_s - HEARD_S:
            self._known_s = self._fresh.popleft().known_at_s

    def _possible(self, words: list[_Word]) -> list[_Word]:
        """The word the line must know, and any later one."""
        known_s = self._known_s
        if known_s is None:
            return words
        first = max((place for place, each in enumerate(words) if each.said_s <= known_s), default=0)
        return words[first:]
