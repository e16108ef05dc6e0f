"""Reads DICOS CT image objects (NEMA IIC 1, SOP class 501.1): multi-frame with functional groups, or plain.

Axes as in the file: frames are z along the belt, the first the item's front; rows are y from the top down;
columns are x across the belt. Attenuation in 1/cm is value × slope + intercept.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import BinaryIO

import numpy as np

from models.formats.dicos_elements import Elements, open_dicos
from models.formats.dicos_geometry import Groups, groups_of, kvp_of, rescale_of, spacing_of
from models.formats.dicos_pixels import Pixels, decode, find_pixels
from models.formats.errors import FormatError, reading
from models.formats.header import Energy, ScanHeader
from models.formats.limits import check_rescale, check_shape, check_spacing
from models.volume import Image

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.501.1"
_LONGEST_SCAN_S = 600  # longer than any belt scanner needs: rather milliseconds where seconds are due
_KIND = "a DICOS CT object"
_UID = re.compile(r"[0-9.]{1,64}", re.ASCII)
_DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6}))?([+-]\d{4})?", re.ASCII)

# DICOS image type, value 2: what the values are an image of; other terms (MU, DENSITY, …) name no energy.
_ENERGIES = {"LOW ENERGY": Energy.LOW, "HIGH ENERGY": Energy.HIGH}


def read_header(path: str | Path, *, zone: tzinfo = UTC) -> ScanHeader:
    """The header of a DICOS CT object, checked, and that its pixels are all there; none is decoded.

    Reads 1 MiB of the file at most. `zone`: of an acquisition time that states no offset from UTC, which the
    standard leaves to agreement. Raises FormatError, and nothing else, for whatever is wrong.
    """
    path = Path(path)
    with reading(path.name, _KIND), path.open("rb") as file:
        return _header(file, path.name, zone)[0]


def read_ct(path: str | Path, *, zone: tzinfo = UTC) -> tuple[ScanHeader, Image]:
    """Header and attenuation in 1/cm, shape (z, y, x); FormatError as `read_header`."""
    path = Path(path)
    with reading(path.name, _KIND), path.open("rb") as file:
        header, stored = _header(file, path.name, zone)
        values = decode(file, path.name, stored.pixels, header.shape, signed=stored.signed)
        image = values.astype(np.float32)
        if stored.slope != 1:
            image *= np.float32(stored.slope)
        if stored.intercept != 0:
            image += np.float32(stored.intercept)
        return header, image


@dataclass(frozen=True)
class _Stored:
    """Where an object's pixels lie, and what makes attenuation of them."""

    pixels: Pixels
    signed: bool
    slope: float
    intercept: float


def _header(file: BinaryIO, name: str, zone: tzinfo) -> tuple[ScanHeader, _Stored]:
    dicos = open_dicos(file, name)
    top = dicos.elements
    if top.text("SOPClassUID") != CT_IMAGE:
        raise FormatError(name, "SOPClassUID", "expected DICOS CT image storage")
    shape = _shape(top)
    check_shape(name, shape)
    pixels = find_pixels(file, name, dicos.end, dicos.transfer_syntax, shape)
    groups = groups_of(top, shape[0])
    spacing_mm = spacing_of(groups)
    check_spacing(name, spacing_mm)
    slope, intercept = rescale_of(groups)
    check_rescale(name, slope, intercept)
    stored = _Stored(pixels, top.number("PixelRepresentation") == 1, slope, intercept)
    return _scan_header(top, groups, shape, spacing_mm, zone), stored


def _scan_header(
    top: Elements,
    groups: Groups,
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    zone: tzinfo,
) -> ScanHeader:
    duration_s = top.number("AcquisitionDuration")
    if duration_s is not None and not 0 <= duration_s <= _LONGEST_SCAN_S:
        raise top.wrong("AcquisitionDuration", f"expected 0 to {_LONGEST_SCAN_S} seconds")
    return ScanHeader(
        sop_class_uid=CT_IMAGE,
        study_uid=_uid(top, "StudyInstanceUID"),
        series_uid=_uid(top, "SeriesInstanceUID"),
        sop_uid=_uid(top, "SOPInstanceUID"),
        ooi_id=top.text("PatientID"),
        acquired_at=_acquired_at(top, zone),
        duration_ms=None if duration_s is None else duration_s * 1000,
        energy=_energy(groups),
        kvp=kvp_of(groups),
        shape=shape,
        spacing_mm=spacing_mm,
        frame_uid=top.text("FrameOfReferenceUID"),
    )


def _shape(top: Elements) -> tuple[int, int, int]:
    """Frames, rows and columns, once the pixels are known to be plain 16-bit grey."""
    for keyword, expected in (("SamplesPerPixel", 1), ("BitsAllocated", 16), ("BitsStored", 16)):
        if (found := top.count(keyword)) != expected:
            raise top.wrong(keyword, f"expected {expected}, found {found}")
    if top.count("PixelRepresentation") not in (0, 1):
        raise top.wrong("PixelRepresentation", "expected 0 or 1")
    if top.text("PhotometricInterpretation") != "MONOCHROME2":
        raise top.wrong("PhotometricInterpretation", "expected MONOCHROME2")
    return top.count("NumberOfFrames"), top.count("Rows"), top.count("Columns")


def _uid(top: Elements, keyword: str) -> str:
    uid = top.text(keyword)
    if not _UID.fullmatch(uid):
        raise top.wrong(keyword, "expected a UID: 1 to 64 digits and dots")
    return uid


def _energy(groups: Groups) -> Energy | None:
    frame = groups.shared.item("CTImageFrameTypeSequence").texts("FrameType")
    stated = {
        energy
        for value in (*groups.top.texts("ImageType"), *frame)
        if (energy := _ENERGIES.get(value.replace("_", " "))) is not None
    }
    if len(stated) > 1:
        raise groups.top.wrong("ImageType", "expected one energy")
    return next(iter(stated), None)


def _acquired_at(top: Elements, zone: tzinfo) -> datetime | None:
    """Start of the acquisition; its own offset from UTC counts, then the object's, then `zone`."""
    keyword = "AcquisitionDateTime"
    text = top.text(keyword)
    if not text:
        return None
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise top.wrong(keyword, "expected YYYYMMDDHHMMSS.FFFFFF, with or without an offset")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    micros = int((match[7] or "0").ljust(6, "0"))
    offset = match[8] or top.text("TimezoneOffsetFromUTC")
    try:
        stated = _zone(offset) if offset else zone
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=stated)
    except (ValueError, OverflowError) as error:
        raise top.wrong(keyword, "expected a date, a time and an offset that exist") from error


def _zone(offset: str) -> tzinfo:
    sign = -1 if offset.startswith("-") else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5])))
