"""Raw volumes: little endian uint16 values in the order z, y, x, described by a small JSON file beside them.

    NAME        z·y·x values, nothing else
    NAME.json   {"shape": [192, 128, 128], "spacing_mm": [3.5, 3.5, 3.5], "slope": 0.001, "intercept": 0.0,
                 "energy": "high"}

They let people try CT images of machines whose files we do not read.
"""

import math
import os
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from models.formats.errors import FormatError, reading
from models.formats.header import Energy
from models.formats.limits import check_rescale, check_shape, check_spacing
from models.volume import Image

_DESCRIPTION_BYTES = 4096
_Side = Annotated[int, Meta(ge=1)]


class RawDescription(Struct, frozen=True, forbid_unknown_fields=True):
    """What the JSON file says; attenuation in 1/cm is value × slope + intercept; order z, y, x."""

    shape: tuple[_Side, _Side, _Side]
    spacing_mm: tuple[float, float, float]
    slope: float
    intercept: float
    energy: Energy


def description_path(path: str | Path) -> Path:
    """Where the description of a raw volume lies."""
    path = Path(path)
    return path.with_name(path.name + ".json")


def read_raw(path: str | Path) -> tuple[RawDescription, Image]:
    """Description and attenuation in 1/cm, shape (z, y, x); FormatError for whatever is wrong."""
    path = Path(path)
    with reading(path.name, "a raw volume"):
        described = _described(description_path(path))
        expected = 2 * math.prod(described.shape)
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size != expected:
                raise FormatError(path.name, "size", f"expected {expected} bytes, found {size}")
            file.seek(0)
            stored = np.fromfile(file, "<u2")
        image = stored.reshape(described.shape).astype(np.float32)
        image *= np.float32(described.slope)
        image += np.float32(described.intercept)
        return described, image


def write_raw(path: str | Path, described: RawDescription, image: Image) -> None:
    """Write volume and description; values outside of what 16 bits hold are a FormatError."""
    path = Path(path)
    if image.shape != described.shape:
        raise FormatError(path.name, "shape", f"expected {described.shape}, found {image.shape}")
    stored = np.rint((image - described.intercept) / described.slope)
    if not (np.isfinite(stored).all() and stored.min() >= 0 and stored.max() <= np.iinfo(np.uint16).max):
        raise FormatError(
            path.name, "values", "expected finite ones that slope and intercept bring to uint16"
        )
    path.write_bytes(stored.astype("<u2").tobytes())
    description_path(path).write_bytes(msgspec.json.format(msgspec.json.encode(described), indent=2))


def _described(path: Path) -> RawDescription:
    with path.open("rb") as file:
        content = file.read(_DESCRIPTION_BYTES)
    try:
        described = msgspec.json.decode(content, type=RawDescription)
    except msgspec.DecodeError as error:
        raise FormatError(path.name, "description", str(error)) from error
    check_shape(path.name, described.shape)
    check_spacing(path.name, described.spacing_mm)
    check_rescale(path.name, described.slope, described.intercept)
    return described
