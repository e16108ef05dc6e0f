"""Reads NIfTI-1 files (.nii, .nii.gz): one energy in three dimensions, or low and high in four.

NIfTI names no unit of its values. They are taken as attenuation in 1/cm by the file's slope and intercept;
a medical image in Hounsfield units is then far out of any parcel's range, and negative in its air, which the
reviewer's check of the range sees.
Axes are the file's, first to last x, y, z: its orientation in a patient means nothing here.
"""

import gzip
import math
import os
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import nibabel as nib
import numpy as np
from msgspec import Struct

from models.formats.errors import FormatError, reading
from models.formats.limits import check_shape, check_spacing
from models.volume import Image

_HEADER_BYTES = 348
_FARTHEST_DATA = 2**20  # bytes of header extensions, at most
_CHUNK = 2**20
_TYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")
_MILLIMETRES = ("mm", "unknown")
GZIP = b"\x1f\x8b"


class NiftiHeader(Struct, frozen=True):
    """What a NIfTI file says of its values; order z, y, x. `images`: 1, or 2 for low and high."""

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    images: int
    kind: str  # of a stored value, as numpy writes it
    offset: int  # of the first value
    slope: float
    intercept: float


def read_nifti_header(path: str | Path) -> NiftiHeader:
    """The header, checked; FormatError for whatever is wrong."""
    path = Path(path)
    with reading(path.name, "a NIfTI-1 file"), path.open("rb") as file:
        return _header(_unpacked(file), path.name)


def read_nifti(path: str | Path) -> tuple[NiftiHeader, list[Image]]:
    """Header and attenuation in 1/cm, shape (z, y, x) each: one image, or low and high.

    FormatError for whatever is wrong, values that are not finite included.
    """
    path = Path(path)
    with reading(path.name, "a NIfTI-1 file"), path.open("rb") as file:
        plain = _unpacked(file)
        header = _header(plain, path.name)
        voxels = math.prod(header.shape) * header.images
        content = _content(plain, path.name, header.offset, voxels * np.dtype(header.kind).itemsize)
        stored = np.frombuffer(content, header.kind).reshape(header.images, *header.shape)
        return header, [_attenuation(image, header, path.name) for image in stored]


def is_nifti(start: bytes) -> bool:
    """Whether a file that begins with these bytes (348 of them) is to be read as NIfTI."""
    return start.startswith(GZIP) or start[344:348] == b"n+1\0"


def _unpacked(file: BinaryIO) -> BinaryIO:
    packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _header(file: BinaryIO, name: str) -> NiftiHeader:
    start = file.read(_HEADER_BYTES)
    if len(start) < _HEADER_BYTES or not is_nifti(start):
        raise FormatError(name, "magic", "expected n+1, a NIfTI-1 file with its values in it")
    said: Any = nib.Nifti1Header.from_fileobj(BytesIO(start), check=False)  # pyright: ignore
    shape = tuple(int(side) for side in said.get_data_shape())
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 2)):
        raise FormatError(name, "dim", "expected three dimensions, or a fourth of two: low and high energy")
    x, y, z = shape[:3]
    check_shape(name, (z, y, x))
    kind: str = said.get_data_dtype().str
    if kind[1:] not in _TYPES:
        raise FormatError(name, "datatype", "expected whole numbers up to 32 bits, or floating point")
    if said.get_xyzt_units()[0] not in _MILLIMETRES:
        raise FormatError(name, "xyzt_units", "expected millimetres")
    x_mm, y_mm, z_mm = (float(zoom) for zoom in said.get_zooms()[:3])
    check_spacing(name, (z_mm, y_mm, x_mm))
    offset = int(said.get_data_offset())
    if not _HEADER_BYTES <= offset <= _FARTHEST_DATA:
        raise FormatError(name, "vox_offset", f"expected {_HEADER_BYTES} to {_FARTHEST_DATA}, found {offset}")
    slope, intercept = said.get_slope_inter()
    return NiftiHeader(
        shape=(z, y, x),
        spacing_mm=(z_mm, y_mm, x_mm),
        images=shape[3] if len(shape) == 4 else 1,
        kind=kind,
        offset=offset,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
    )


def _content(file: BinaryIO, name: str, offset: int, size: int) -> bytearray:
    """The values' bytes; grows as they come, so that a header alone can never make it large."""
    if not isinstance(file, gzip.GzipFile) and file.seek(0, os.SEEK_END) < offset + size:
        raise FormatError(name, "values", "cut short")
    file.seek(offset)
    content = bytearray()
    while len(content) < size:
        chunk = file.read(min(_CHUNK, size - len(content)))
        if not chunk:
            raise FormatError(name, "values", "cut short")
        content += chunk
    if file.read(1):  # reaching the end is also what makes gzip compare its checksum
        raise FormatError(name, "values", "expected no more than the shape says")
    return content


def _attenuation(
    stored: np.ndarray[tuple[int, ...], np.dtype[np.number]], header: NiftiHeader, name: str
) -> Image:
    image = stored.astype(np.float32)
    if header.slope != 1:
        image *= np.float32(header.slope)
    if header.intercept != 0:
        image += np.float32(header.intercept)
    if not np.isfinite(image).all():
        raise FormatError(name, "values", "expected finite numbers")
    return image
