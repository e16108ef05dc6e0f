"""Brings the index of evidence up to the journal: after a kill its last rows, after a loss all of it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edge.evidence import Evidence
from edge.judging import is_for_a_person
from edge.messages import MediaRecorded, PassageDecided

_LOOK_BACK = 5000  # entries; the index is written seconds after the journal at most
_decode = msgspec.json.Decoder(MediaRecorded | PassageDecided).decode


def restore(evidence: Evidence, journal: Path) -> None:
    """Take in again what was recorded and flagged; what is known already changes nothing.

    Reads the journal through a connection of its own, so any thread may call it. sqlite3.Error if it cannot.
    """
    connection = sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)
    try:
        evidence.restore(_known(connection, whole=evidence.is_new))
    finally:
        connection.close()


def _known(connection: sqlite3.Connection, *, whole: bool) -> Iterator[MediaRecorded | str]:
    (last,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM entries").fetchone()
    tags = [str(each.__struct_config__.tag) for each in (MediaRecorded, PassageDecided)]
    rows = connection.execute(
        "SELECT payload FROM entries WHERE sequence > ? AND kind IN (?, ?) AND payload IS NOT NULL"
        " ORDER BY sequence",
        (0 if whole else last - _LOOK_BACK, *tags),
    )
    for (payload,) in rows:
        said = _decode(payload)
        if isinstance(said, MediaRecorded):
            yield said
        elif is_for_a_person(said.reasons, said.evidence.scan.review if said.evidence.scan else None):
            yield said.passage_id
