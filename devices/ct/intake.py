"""The one way in for image objects, however they came: checked, hashed, durable, written down, or refused."""

import threading
from collections.abc import Callable
from datetime import tzinfo
from enum import Enum, auto
from pathlib import Path

from devices.ct.arrivals import Arrived
from devices.ct.evidence_store import EvidenceClass, EvidenceStore, sha256_of
from devices.ct.ledger import Ledger
from models.formats.dicos_ct import read_header
from models.formats.errors import FormatError
from models.formats.header import ScanHeader

_LONGEST_ID = 64  # characters of a Patient ID, VR LO; a longer one names nothing

DICOS_CT = "1.2.840.10008.5.1.4.1.1.501.1"  # NEMA IIC 1: CT image storage


class Refusal(Enum):
    """Why an object is not taken."""

    NO_ROOM = auto()  # budget or disk is short; it may be sent again
    WRONG_CLASS = auto()  # it is no DICOS CT object
    BROKEN = auto()  # truncated, or not what its header says
    CLASH = auto()  # another object bears its name


class Refused(Exception):  # noqa: N818  past tense: an event of the intake
    """An object is not taken; the message names the field and the expectation, never what the object says."""

    def __init__(self, refusal: Refusal, why: str) -> None:
        super().__init__(why)
        self.refusal = refusal


class Intake:
    """Takes objects into an evidence store and a ledger; from any thread.

    Args:
        wall: wall-clock seconds, for when an object arrived.
        zone: of acquisition times that state no offset from UTC.
    """

    def __init__(self, store: EvidenceStore, ledger: Ledger, wall: Callable[[], float], zone: tzinfo) -> None:
        self._store = store
        self._ledger = ledger
        self._wall = wall
        self._zone = zone
        self._one_at_a_time = threading.Lock()

    def take(self, path: Path, sender: str, expected_sop_uid: str = "") -> Arrived:
        """Move the object into the store and write it down; durable when this returns.

        Raises Refused and leaves the file where it is; OSError if the disk fails.
        """
        arrived_wall_s = self._wall()
        header = self.check(path, expected_sop_uid)
        sha256 = sha256_of(path)
        size = path.stat().st_size
        with self._one_at_a_time:
            earlier = self._ledger.sha256_of(header.sop_uid)
            if earlier not in (None, sha256):
                raise Refused(Refusal.CLASH, "SOPInstanceUID: another object came under this UID")
            spare = frozenset(arrived.sha256 for arrived in self._ledger.pending())
            if not self._store.accepts(size, spare):
                raise Refused(Refusal.NO_ROOM, "out of room: evidence budget or free disk")
            self._store.put(path, EvidenceClass.CLEAR, sha256)
            return self._ledger.enter(
                Arrived(
                    number=0,
                    sha256=sha256,
                    size=size,
                    sender=sender,
                    arrived_wall_s=arrived_wall_s,
                    double=earlier is not None,
                    study_uid=header.study_uid,
                    sop_uid=header.sop_uid,
                    ooi_id=header.ooi_id if len(header.ooi_id) <= _LONGEST_ID else "",
                    acquired_wall_s=header.acquired_at.timestamp() if header.acquired_at else None,
                    duration_ms=header.duration_ms,
                    energy=header.energy,
                    kvp=header.kvp,
                )
            )

    def check(self, path: Path, expected_sop_uid: str = "") -> ScanHeader:
        """Its header; Refused if it is no whole DICOS CT object."""
        try:
            header = read_header(path, zone=self._zone)
        except FormatError as error:
            wrong_class = error.field == "SOPClassUID"
            raise Refused(
                Refusal.WRONG_CLASS if wrong_class else Refusal.BROKEN, f"{error.field}: {error.expectation}"
            ) from error
        if header.sop_class_uid != DICOS_CT:
            raise Refused(Refusal.WRONG_CLASS, "SOPClassUID: expected DICOS CT image storage")
        if not header.study_uid or not header.sop_uid:
            raise Refused(Refusal.BROKEN, "StudyInstanceUID, SOPInstanceUID: expected both")
        if expected_sop_uid and header.sop_uid != expected_sop_uid:
            raise Refused(Refusal.BROKEN, "SOPInstanceUID: expected the one it was announced with")
        return header
