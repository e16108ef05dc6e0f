"""Labelled sets of CT scans on disk: what a generator knows of each parcel, beside the image of it.

A set is a folder: ``set.json``, and for each parcel ``000000.npz`` with the part of the volume around it and
``000000.json`` with the truth. A parcel is there once its JSON is, so that a broken-off set is gone on with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.findings import Box, FindingKind
from models.volume import Volume

Stored = NDArray[np.uint16]
Labels = NDArray[np.uint8]

SLOPE, INTERCEPT = 1e-4, -0.05  # attenuation in 1/cm = stored value × slope + intercept
_Window = tuple[slice, slice, slice]
_T = TypeVar("_T")
_MARGIN_VOXELS = 6  # around what is labelled, so that blur and streaks beside it are kept
_HEADER = "set.json"


class LabelledError(ValueError):
    """A set cannot be read: names the file and what was expected."""


class TrueObject(Struct, frozen=True):
    """One object of a parcel. Its voxels' label is its place in `Truth.objects`, counted from 1."""

    name: str  # what it is, in words: "power bank"
    box_mm: Box  # of the whole object in the volume, also of what lies hidden inside it
    mass_g: float
    material: str  # the one that makes up most of its mass
    kind: FindingKind | None = None  # None: nothing that anybody looks for
    look_alike: FindingKind | None = None  # it is harmless and made to be taken for this
    concealed: str = ""  # how it is hidden: "inside a book"


class Truth(Struct, frozen=True):
    """What is in a parcel: the parcel's own box is that of its packaging."""

    seed: str
    box_mm: Box
    mass_g: float
    objects: tuple[TrueObject, ...]
    air_per_cm: tuple[float, float]  # standard deviation of the air around it, low and high energy

    def of(self, kinds: frozenset[FindingKind]) -> tuple[TrueObject, ...]:
        """The objects of some kinds."""
        return tuple(each for each in self.objects if each.kind in kinds)


@dataclass(frozen=True, eq=False)
class LabelledScan:
    """A scan and its truth. `low`, `high`, `labels` have one shape (z, y, x), the whole volume's."""

    low: Stored
    high: Stored
    labels: Labels  # 0: packaging and air; else the place in `truth.objects`, counted from 1
    truth: Truth


class SetHeader(Struct, frozen=True):
    """Of a whole set. Parcel n comes of the seed ``"{seed} {n}"``, whatever the set's size."""

    generator: str  # name and version
    seed: int
    count: int
    shape: tuple[int, int, int]  # z, y, x
    spacing_mm: tuple[float, float, float]
    format: int = 1


class _Kept(Struct, frozen=True):
    """A parcel's JSON."""

    corner: tuple[int, int, int]  # of the part kept
    truth: Truth


@dataclass(frozen=True, eq=False)
class Part:
    """The part of a volume around a parcel; arrays as in `LabelledScan`."""

    corner: tuple[int, int, int]  # its first voxel, z, y, x
    low: Stored
    high: Stored
    labels: Labels
    truth: Truth


class LabelledSet:
    """A set that is being written or read.

    Args:
        folder: with ``set.json`` in it.

    Raises:
        LabelledError: there is no set, or one of another format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.header = _decoded(folder / _HEADER, SetHeader)
        if self.header.format != 1:
            raise LabelledError(f"{folder / _HEADER}: format: expected 1, found {self.header.format}")

    @classmethod
    def begin(cls, folder: Path, header: SetHeader) -> "LabelledSet":
        """Begin a set, or go on with one of the same generator and seed; the count may have grown.

        Raises:
            LabelledError: the folder holds another set.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _HEADER
        if path.exists():
            before = cls(folder).header
            if msgspec.structs.replace(before, count=header.count) != header:
                raise LabelledError(f"{path}: holds another set, {before.generator} of seed {before.seed}")
        _replace(path, msgspec.json.format(msgspec.json.encode(header)))
        return cls(folder)

    def __len__(self) -> int:
        return self.header.count

    def has(self, number: int) -> bool:
        """Whether a parcel is there already."""
        return self._path(number, "json").exists()

    def missing(self) -> Iterator[int]:
        """Parcels still to be made."""
        return (number for number in range(len(self)) if not self.has(number))

    def keep(self, number: int, scan: LabelledScan) -> None:
        """Write a parcel: its image first, its truth last."""
        path = self._path(number, "npz")
        header = self.header
        if scan.labels.shape != header.shape:
            raise LabelledError(f"{path}: expected a volume of {header.shape}, got {scan.labels.shape}")
        window = _around(scan.truth.box_mm, header.shape, header.spacing_mm)
        z, y, x = (each.start for each in window)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, low=scan.low[window], high=scan.high[window], labels=scan.labels[window])
        part.replace(path)
        _replace(self._path(number, "json"), msgspec.json.encode(_Kept((z, y, x), scan.truth)))

    def truth(self, number: int) -> Truth:
        """What is in a parcel."""
        return self._kept(number).truth

    def part(self, number: int) -> Part:
        """The part of a volume around its parcel, with the labels."""
        kept, path = self._kept(number), self._path(number, "npz")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Part(kept.corner, arrays["low"], arrays["high"], arrays["labels"], kept.truth)
        except (OSError, ValueError, KeyError) as error:
            raise LabelledError(f"{path}: expected arrays low, high and labels: {error}") from error

    def volume(self, number: int) -> Volume:
        """The whole volume as a reviewer gets it; the air that was not kept is drawn anew, always alike."""
        part = self.part(number)
        z, y, x = (
            slice(first, first + size) for first, size in zip(part.corner, part.low.shape, strict=True)
        )
        random = np.random.default_rng((self.header.seed, number))
        images: list[NDArray[np.float32]] = []
        for stored, air_per_cm in zip((part.low, part.high), part.truth.air_per_cm, strict=True):
            image = random.standard_normal(self.header.shape, np.float32) * np.float32(air_per_cm)
            image[z, y, x] = stored * np.float32(SLOPE) + np.float32(INTERCEPT)
            images.append(image)
        return Volume(high=images[1], spacing_mm=self.header.spacing_mm, low=images[0])

    def _kept(self, number: int) -> _Kept:
        return _decoded(self._path(number, "json"), _Kept)

    def _path(self, number: int, ending: str) -> Path:
        return self.folder / f"{number:06}.{ending}"


def _around(box_mm: Box, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> _Window:
    """The part of a volume around a box."""
    z, y, x = (
        slice(
            max(0, int(box_mm[axis] / voxel_mm) - _MARGIN_VOXELS),
            min(size, ceil(box_mm[axis + 3] / voxel_mm) + _MARGIN_VOXELS),
        )
        for axis, size, voxel_mm in zip((2, 1, 0), shape, spacing_mm, strict=True)
    )
    return (z, y, x)


def _decoded(path: Path, form: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except (OSError, msgspec.DecodeError) as error:
        raise LabelledError(f"{path}: {error}") from error


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
