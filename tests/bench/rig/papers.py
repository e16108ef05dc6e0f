"""The papers of a benchmark's parcels: a clearance list at the edge, as it would have fetched it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config import keyring
from config.settings import Line
from edge.clearance import ClearanceList
from edge.messages import ClearanceEntry, ClearanceSnapshot, ClearanceState
from simulators.parcels import Parcel

LIST_NUMBER = 1  # of that list


def give_papers(data: Path, line: Line, parcels: Iterable[Parcel]) -> None:
    """Write the clearance list of the coming parcels, all of them free to go, into the edge's data folder."""
    keys = keyring.load(data / "keys", signing=False)
    now = datetime.now(UTC)
    entries = tuple(
        ClearanceEntry(
            waybill_key=keys.waybill_key(waybill.number),
            state=ClearanceState.RELEASE,
            version=1,
            mode=waybill.mode,
            as_of=now - timedelta(seconds=declaration.age_s),
            aliases=tuple(keys.waybill_key(alias) for alias in waybill.aliases),
            declared_weight_g=waybill.declared_weight_g,
            courier=waybill.courier,
            destination=waybill.destination,
        )
        for parcel in parcels
        for waybill, declaration in zip(parcel.papers.waybills, parcel.papers.declarations, strict=True)
    )
    kept = ClearanceList(data / f"edge-{line.id}" / "lists.db")
    kept.replace(ClearanceSnapshot(LIST_NUMBER, now, entries), time.monotonic())
    kept.close()
