"""Brings the parcels' papers to the centre while the line runs, and later what customs says anew.

Customs has a clock of its own: what it says carries the true time, however wrong the centre's clock is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from central import papers as central_papers
from simulators.memory.centre import CentreAwayError, MemoryCentre
from simulators.memory.virtual_time import EPOCH, Clock
from simulators.papers import Declaration, Waybill
from simulators.parcels import Parcel
from simulators.truth import PaperChanged
from simulators.waybills import RELEASED

_CHUNK = 60  # parcels whose papers are handed in together
_CHANGES = 10  # … of which customs speaks anew: few, so that one commit holds them
_FILED = 100  # parcels whose papers are filed away together


class _Said(Struct):
    """What customs said last of the waybills of a parcel."""

    parcel: int
    declarations: tuple[central_papers.Declaration, ...]

    def change(self, at_s: float) -> PaperChanged:
        """What the site is to go by from now on: all must allow it, the oldest word counts."""
        said = self.declarations
        allowed = all(each.customs_status == RELEASED and not each.control_instruction for each in said)
        looked_at = any(each.review for each in said)
        modes = {each.mode for each in said}
        return PaperChanged(
            self.parcel,
            release=allowed and not looked_at,
            as_of_s=(min(each.status_at for each in said) - EPOCH).total_seconds(),
            at_s=at_s,
            review=allowed and looked_at,
            mode=modes.pop() if len(modes) == 1 else None,
        )


class PapersFeed:
    """Hands papers in, and again when the centre could not take them.

    Args:
        clock: the true time is taken from it.
        keep: parcels whose papers the centre keeps, the newest, so that its list has an end; of an older one
            customs does not speak again.
        tell: told each change once the centre has it in its database.
    """

    def __init__(
        self,
        centre: MemoryCentre,
        clock: Clock,
        tell: Callable[[PaperChanged], None],
        *,
        keep: int = 2_000,
    ) -> None:
        self._centre, self._clock, self._tell, self._keep = centre, clock, tell, keep
        self._waiting: deque[Parcel] = deque()
        self._spoken: deque[_Said] = deque()  # by customs, and not yet in the database
        self._said: dict[int, _Said] = {}
        self._handed_in: deque[tuple[int, tuple[str, ...]]] = deque()  # parcels and their waybills

    @property
    def behind(self) -> int:
        """Parcels and changes of which the centre does not know yet."""
        return len(self._waiting) + len(self._spoken)

    @property
    def known(self) -> Mapping[int, object]:
        """The parcels of whose papers customs may speak again."""
        return self._said

    def bring(self, parcels: Iterable[Parcel]) -> None:
        """These parcels are announced; `turn` hands their papers in."""
        self._waiting.extend(parcels)

    def revoke(self, parcel: int, customs_status: int) -> bool:
        """Customs holds (500, 501, …) what it had let go; False if it never spoke of it, or long ago."""
        return self._speak(parcel, customs_status, self._now())

    def affirm(self, parcel: int) -> bool:
        """Customs says now that it may leave."""
        return self._speak(parcel, RELEASED, self._now())

    def turn(self) -> None:
        """Hand in a chunk of what waits; what the centre cannot take waits on."""
        try:
            if self._spoken:
                self._hand_in_changes()
            if self._waiting:
                self._hand_in_papers()
            if len(self._handed_in) >= self._keep + _FILED:
                self._file_away()
        except CentreAwayError:
            return

    def _speak(self, parcel: int, customs_status: int, at: datetime) -> bool:
        said = self._said.get(parcel)
        if said is None:
            return False
        for each in reversed(self._spoken):
            if each.parcel == parcel:
                said = each
                break
        anew = [
            structs.replace(each, customs_status=customs_status, status_at=at) for each in said.declarations
        ]
        self._spoken.append(_Said(parcel, tuple(anew)))
        return True

    def _hand_in_changes(self) -> None:
        """In one import only one word of each declaration: of two of the same moment the last must hold."""
        batch: dict[int, _Said] = {}
        for each in self._spoken:
            if each.parcel in batch or len(batch) == _CHANGES:
                break
            batch[each.parcel] = each
        self._centre.take_papers([row for each in batch.values() for row in each.declarations])
        for each in batch.values():
            self._spoken.popleft()
            self._note(each)

    def _hand_in_papers(self) -> None:
        chunk = [self._waiting[place] for place in range(min(_CHUNK, len(self._waiting)))]
        now = self._now()
        said = [
            _Said(parcel.number, tuple(_declared(each, now) for each in parcel.papers.declarations))
            for parcel in chunk
        ]
        waybills = [_announced(each) for parcel in chunk for each in parcel.papers.waybills]
        self._centre.take_papers([*waybills, *(row for each in said for row in each.declarations)])
        for each in said:
            parcel = self._waiting.popleft()
            self._handed_in.append((parcel.number, tuple(bill.number for bill in parcel.papers.waybills)))
            if each.declarations:
                self._note(each)

    def _file_away(self) -> None:
        oldest = [self._handed_in[place] for place in range(_FILED)]
        self._centre.file_away(number for _, numbers in oldest for number in numbers)
        for parcel, _ in oldest:
            self._handed_in.popleft()
            self._said.pop(parcel, None)

    def _note(self, said: _Said) -> None:
        self._said[said.parcel] = said
        self._tell(said.change(self._clock.now_s()))

    def _now(self) -> datetime:
        return EPOCH + timedelta(seconds=self._clock.now_s())


def _announced(waybill: Waybill) -> central_papers.Waybill:
    return central_papers.Waybill(
        number=waybill.number,
        mode=waybill.mode,
        courier=waybill.courier,
        destination=waybill.destination,
        master_bill=waybill.master_bill,
        aliases=waybill.aliases,
        declared_weight_g=waybill.declared_weight_g,
        consignee=central_papers.Consignee(**structs.asdict(waybill.consignee)),
        goods=tuple(central_papers.Goods(**structs.asdict(each)) for each in waybill.goods),
    )


def _declared(declaration: Declaration, now: datetime) -> central_papers.Declaration:
    return central_papers.Declaration(
        number=declaration.number,
        waybill_number=declaration.waybill_number,
        mode=declaration.mode,
        customs_status=declaration.customs_status,
        status_at=now - timedelta(seconds=declaration.age_s),
        control_instruction=declaration.control_instruction,
        review=declaration.review,
    )
