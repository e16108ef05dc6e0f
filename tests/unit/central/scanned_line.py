"""Passages with CT scans and files, as an edge tells of them, for the tests of images and answers."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec import structs

from config.settings import LaneRole
from edge.messages import (
    ChainLink,
    Evidence,
    MediaKind,
    MediaRecorded,
    PassageDecided,
    Reason,
    ScanDoubt,
    ScanEvidence,
)
from models.findings import Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from tests.unit.central.centre_fixture import Office
from tests.unit.central.journeys import START, decided, incoming, line_state

LIQUID = Finding(
    kind=FindingKind.LIQUID,
    category=Category.ANOMALY,
    score=0.83,
    box_mm=(10.0, 20.0, 30.0, 40.0, 60.0, 90.0),
    material=Material.ORGANIC,
    mass_g=500.0,
)
PISTOL = structs.replace(
    LIQUID, kind=FindingKind.FIREARM, category=Category.PROHIBITED_ITEM, material=Material.METAL
)
ALARM = Review(outcome=Outcome.ALARM, reviewer="classical 1", findings=(LIQUID,), mass_g=512.0, took_ms=80)
PROHIBITED = structs.replace(ALARM, findings=(LIQUID, PISTOL))
CLEAR = Review(outcome=Outcome.CLEAR, reviewer="classical 1")
UNJUDGED = Review(outcome=Outcome.EXCEPTION, reviewer="classical 1", exception=ImageException.IMPENETRABLE)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def scanned(
    passage_id: str,
    review: Review | None,
    *,
    volumes: Sequence[str] = ("a" * 64, "b" * 64),
    doubts: Sequence[ScanDoubt] = (),
    **more: Any,
) -> PassageDecided:
    """A verdict that rests on a scan; one that an officer may clear is waited for."""
    clear = review is not None and review.outcome is Outcome.CLEAR and not doubts
    awaiting = review is ALARM and not doubts
    told: dict[str, Any] = {
        "role": LaneRole.RELEASE if clear else LaneRole.INSPECT,
        "lane": 1 if clear else 5,
        "reasons": (Reason.CLEARED if clear else Reason.IMAGE_ALARM,),
        "awaiting_answer": awaiting,
    }
    verdict = decided(passage_id, **(told | more))
    scan = ScanEvidence(
        scan_id=f"scan of {passage_id}", volumes=tuple(volumes), review=review, doubts=tuple(doubts)
    )
    evidence = structs.replace(verdict.evidence, scan=scan)
    assert isinstance(evidence, Evidence)
    return structs.replace(verdict, evidence=evidence)


def recorded(
    passage_id: str,
    content: bytes,
    kind: MediaKind = MediaKind.VOLUME,
    *,
    part: str = "",
    media_type: str = "application/dicom",
    after_s: float = 0,
) -> MediaRecorded:
    """That a file with these bytes lies at the edge."""
    return MediaRecorded(
        passage_id=passage_id,
        kind=kind,
        sha256=sha256_of(content),
        size=len(content),
        media_type=media_type,
        device="ct" if kind in (MediaKind.VOLUME, MediaKind.REPORT) else "belt",
        recorded_at=START + timedelta(seconds=after_s),
        part=part,
        link=ChainLink(sequence=7, hash="m"),
    )


def run_line(office: Office, **verdicts: PassageDecided) -> None:
    """A line that is online, and these verdicts."""
    states = [incoming(line_state(), "state", channel="state")]
    office.receive(*states, *(incoming(each, f"e-{name}") for name, each in verdicts.items()))
