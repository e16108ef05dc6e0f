"""Makes one volume of the files of a scan, whatever their formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.formats.dicos_ct import read_ct
from models.formats.errors import FormatError, reading
from models.formats.header import Energy, ScanHeader
from models.formats.nifti import is_nifti, read_nifti
from models.formats.raw import description_path, read_raw
from models.tasks import TaskFile
from models.volume import Image, Volume

BOTH = "both"  # energy of a file that holds two images
_START_BYTES = 348  # enough to tell every format by
_SPACING_SHARE = 0.001  # by which the spacings of two files of a scan may differ, for rounding


@dataclass(frozen=True, eq=False)
class Part:
    """One file's images (one, or low and high), with what it says of itself."""

    file: str
    images: Sequence[Image]
    spacing_mm: tuple[float, float, float]
    stated: Energy | None = None
    header: ScanHeader | None = None  # of a DICOS object


def load_volume(files: Sequence[TaskFile], *, one_energy: bool = False) -> Volume:
    """The volume of a scan's files, as `load_scan`."""
    return load_scan(files, one_energy=one_energy)[0]


def load_scan(
    files: Sequence[TaskFile], *, one_energy: bool = False
) -> tuple[Volume, tuple[ScanHeader, ...]]:
    """The volume of a scan's files and the headers of those that are DICOS objects.

    The files are DICOS CT, NIfTI or raw, told apart by their content.

    Attenuation in 1/cm, finite; negative values and values of no parcel are loaded as they are, since what is
    plausible is the reviewer's to say (ImageException.OUT_OF_RANGE). A scan is low and high on one grid. Only
    with `one_energy`, for machines that have but one and for showing what there is, may `low` be missing.

    Raises FormatError for everything else: an energy missing or double, files that contradict each other or
    their energy, and whatever the formats refuse. A NIfTI file of three dimensions is one energy, so a
    medical CT alone is refused; given twice, or with `one_energy`, its Hounsfield units are out of range.
    """
    if not files:
        raise FormatError("scan", "files", "expected at least one")
    images: dict[Energy, Image] = {}
    parts: list[Part] = []
    for file in files:
        part = read_part(file.path)
        for energy, image in _energies(part, file.energy, trusts_stated=not one_energy):
            if energy in images:
                raise FormatError(part.file, "energy", f"expected the {energy} energy once")
            images[energy] = image
        parts.append(part)
    for part in parts[1:]:
        _check_fit(parts[0], part)
    if Energy.HIGH not in images or (Energy.LOW not in images and not one_energy):
        missing = Energy.HIGH if Energy.HIGH not in images else Energy.LOW
        raise FormatError(parts[0].file, "energy", f"expected low and high: the {missing} energy is missing")
    volume = Volume(high=images[Energy.HIGH], spacing_mm=parts[0].spacing_mm, low=images.get(Energy.LOW))
    return volume, tuple(part.header for part in parts if part.header is not None)


def read_part(path: str | Path) -> Part:
    """The images of one file; FormatError if it is in no format we read."""
    path = Path(path)
    with reading(path.name, "a readable file"):
        if description_path(path).is_file():
            described, image = read_raw(path)
            return Part(path.name, [image], described.spacing_mm, described.energy)
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    if start[128:132] == b"DICM":
        header, image = read_ct(path)
        return Part(path.name, [image], header.spacing_mm, header.energy, header)
    if is_nifti(start):
        nifti, images = read_nifti(path)
        return Part(path.name, images, nifti.spacing_mm)
    raise FormatError(
        path.name, "file", "expected DICOS CT, NIfTI-1, or raw values with a description beside them"
    )


def _energies(part: Part, energy: str, *, trusts_stated: bool) -> list[tuple[Energy, Image]]:
    """Which image of the file is which."""
    if energy == BOTH or len(part.images) == 2:
        if energy != BOTH or len(part.images) != 2:
            raise FormatError(part.file, "energy", f"expected {energy}, found {len(part.images)} image(s)")
        return [(Energy.LOW, part.images[0]), (Energy.HIGH, part.images[1])]
    if energy not in list(Energy):
        raise FormatError(part.file, "energy", "expected low, high or both")
    if trusts_stated and part.stated is not None and part.stated != energy:
        raise FormatError(part.file, "energy", f"expected {energy}, the file states {part.stated}")
    return [(Energy(energy), part.images[0])]


def _check_fit(first: Part, other: Part) -> None:
    """FormatError unless two files are of one scan and lie on one grid."""
    if first.images[0].shape != other.images[0].shape:
        raise FormatError(
            other.file, "shape", f"expected {first.images[0].shape} as the other file of the scan"
        )
    if not np.allclose(first.spacing_mm, other.spacing_mm, rtol=_SPACING_SHARE, atol=0):
        raise FormatError(
            other.file, "spacing", f"expected {first.spacing_mm} mm as the other file of the scan"
        )
    if first.header is None or other.header is None:
        return
    if first.header.sop_uid == other.header.sop_uid:
        raise FormatError(
            other.file, "SOPInstanceUID", "expected another than that of the scan's first object"
        )
    if (first.header.study_uid, first.header.ooi_id) != (other.header.study_uid, other.header.ooi_id):
        raise FormatError(
            other.file, "StudyInstanceUID", "expected study and object of inspection of the first"
        )
