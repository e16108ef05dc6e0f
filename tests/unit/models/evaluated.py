"""A labelled set of small made-up parcels, and reviewers of whom it is known what they will say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.evaluation.measuring import Case
from models.findings import Box, Category, Finding, FindingKind, ImageException, Material, Outcome, Review
from models.labelled import LabelledScan, LabelledSet, SetHeader, TrueObject, Truth
from models.volume import Volume

SHAPE = (24, 20, 22)
HERE: Box = (20, 20, 20, 40, 40, 60)
ELSEWHERE: Box = (60, 20, 20, 80, 40, 40)


def thing(kind: FindingKind | None = FindingKind.BLADE, box_mm: Box = HERE, **known: str) -> TrueObject:
    look_alike = FindingKind.FIREARM if known.get("look_alike") else None
    return TrueObject("thing", box_mm, 100.0, "steel", kind, look_alike, known.get("concealed", ""))


def finding(score: float, kind: FindingKind = FindingKind.BLADE, box_mm: Box = HERE) -> Finding:
    return Finding(kind, Category.PROHIBITED_ITEM, score, box_mm, Material.METAL, 100.0)


def said(*findings: Finding, suspicion: float | None = None) -> Review:
    return Review(
        Outcome.ALARM if findings else Outcome.CLEAR, "scripted 1", findings=findings, suspicion=suspicion
    )


UNJUDGED = Review(Outcome.EXCEPTION, "scripted 1", ImageException.CUT_OFF)


def case(review: Review, *objects: TrueObject, clutter: float = 0.0, took_ms: float = 10.0) -> Case:
    return Case(objects, clutter, review, took_ms)


def written(folder: Path, count: int = 6) -> LabelledSet:
    """Every second parcel, from the second on, holds a blade; parcel n reads n / 10 in its first voxel."""
    made = LabelledSet.begin(folder, SetHeader("made up 1", 7, count, SHAPE, (4.0, 4.0, 4.0)))
    for number in made.missing():
        image = np.full(SHAPE, 500, np.uint16)
        image[0, 0, 0] = 500 + 1000 * number
        objects = (thing(),) if number % 2 else ()
        truth = Truth(f"7 {number}", (0, 0, 0, 88, 80, 96), 900.0, objects, (0.0, 0.0))
        made.keep(number, LabelledScan(image, image, np.zeros(SHAPE, np.uint8), truth))
    return made


def number_of(volume: Volume) -> int:
    """Which parcel of `written` a volume is."""
    return round(float(volume.high[0, 0, 0]) * 10)


@dataclass
class Scripted:
    """Says what a function of the parcel's number says."""

    says: Callable[[int], Review]
    asked: int = 0
    name: str = "scripted 1"

    def review(self, volume: Volume) -> Review:
        self.asked += 1
        return self.says(number_of(volume))
