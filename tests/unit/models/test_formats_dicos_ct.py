"""DICOS CT: header and attenuation of good objects; a FormatError with its field for every other."""

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from models.formats.dicos_ct import read_ct, read_header
from models.formats.errors import FormatError
from models.formats.header import Energy
from tests.unit.models.formats_written import (
    INTERCEPT,
    SLOPE,
    SPACING_MM,
    ct,
    ramp,
    write_ct,
    write_delimited,
    write_rle,
)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("write", [write_ct, write_rle, write_delimited])
@pytest.mark.parametrize("energy", ["low", "high"])
def test_an_object_is_read(tmp_path: Path, write: Any, energy: str, plain: bool) -> None:
    path = write(tmp_path / "a", ramp(), energy, plain=plain)
    header, image = read_ct(path)
    assert header == read_header(path)
    assert header.shape == (5, 6, 7) and header.spacing_mm == SPACING_MM
    assert (header.energy, header.kvp, header.ooi_id) == (Energy(energy), 150.0, "3-17")
    assert (header.study_uid, header.series_uid, header.frame_uid) == ("2.25.1", "2.25.2", "2.25.3")
    assert header.acquired_at == datetime(2026, 7, 1, 12, 30, 15, 250_000, tzinfo=UTC)
    assert header.duration_ms == pytest.approx(1400)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, ramp() * SLOPE + INTERCEPT, atol=1e-5)


def test_negative_values_and_signed_pixels_load(tmp_path: Path) -> None:
    values = ramp().astype(np.int16) - 2000
    path = write_ct(tmp_path / "a", values.view(np.uint16), PixelRepresentation=1)
    np.testing.assert_allclose(read_ct(path)[1], values * SLOPE + INTERCEPT, atol=1e-5)


@pytest.mark.parametrize(
    ("stated", "offset", "zone", "utc_hour"),
    [
        ("20260701123015", None, UTC, 12),
        ("20260701123015", None, timezone(timedelta(hours=8)), 4),
        ("20260701123015.5", "+0900", UTC, 3),
        ("20260701123015+0200", "+0900", UTC, 10),
    ],
)
def test_time_is_of_the_nearest_offset(
    tmp_path: Path, stated: str, offset: str | None, zone: timezone, utc_hour: int
) -> None:
    changed = {"AcquisitionDateTime": stated} | ({"TimezoneOffsetFromUTC": offset} if offset else {})
    acquired_at = read_header(write_ct(tmp_path / "a", ramp(), **changed), zone=zone).acquired_at
    assert acquired_at is not None
    assert acquired_at.astimezone(UTC).hour == utc_hour


def test_what_is_not_stated_is_none(tmp_path: Path) -> None:
    silent: dict[str, Any] = {
        "AcquisitionDateTime": None,
        "AcquisitionDuration": None,
        "ImageType": ["ORIGINAL", "MU"],
    }
    header = read_header(write_ct(tmp_path / "a", ramp(), plain=True, KVP=None, **silent))
    assert (header.acquired_at, header.duration_ms, header.energy, header.kvp) == (None, None, None, None)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("SOPClassUID", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}),
        ("StudyInstanceUID", {"StudyInstanceUID": None}),
        ("SOPInstanceUID", {"SOPInstanceUID": None}),
        ("BitsAllocated", {"BitsAllocated": 8}),
        ("SamplesPerPixel", {"SamplesPerPixel": 3}),
        ("PhotometricInterpretation", {"PhotometricInterpretation": "MONOCHROME1"}),
        ("RescaleType", {"RescaleType": "HU"}),
        ("RescaleSlope", {"RescaleSlope": None}),
        ("RescaleSlope", {"RescaleSlope": 0}),
        ("PixelSpacing", {"PixelSpacing": None}),
        ("spacing", {"PixelSpacing": [0, 3]}),
        ("SpacingBetweenSlices", {"SliceThickness": None}),
        ("ImageType", {"ImageType": ["LOW ENERGY", "HIGH ENERGY"]}),
        ("AcquisitionDateTime", {"AcquisitionDateTime": "202607"}),
        ("AcquisitionDuration", {"AcquisitionDuration": 1400.0}),
        ("shape", {"Rows": 2049}),
        ("shape", {"Rows": 0}),
        ("shape", {"Rows": 2000, "Columns": 2000, "NumberOfFrames": 2000}),
        ("PixelData", {"NumberOfFrames": 4}),
        ("PixelData", {"PixelData": None}),
    ],
)
def test_the_wrong_field_is_named(tmp_path: Path, field: str, changed: dict[str, Any]) -> None:
    path = write_ct(tmp_path / "name", ramp(), plain=True, **changed)
    with pytest.raises(FormatError) as refused:
        read_header(path)
    assert (refused.value.field, refused.value.file) == (field, "name")


@pytest.mark.parametrize("shape", [(1, 6, 7), (5, 1, 7), (5, 6, 1)])
def test_one_voxel_thick_is_no_volume(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    with pytest.raises(FormatError, match="one voxel thick"):
        read_header(write_ct(tmp_path / "a", ramp(shape)))


def test_slices_must_be_evenly_spaced(tmp_path: Path) -> None:
    top = ct(ramp())
    top.PerFrameFunctionalGroupsSequence[3].PlanePositionSequence[0].ImagePositionPatient = [0, 0, 17]
    top.save_as(tmp_path / "a", enforce_file_format=True)
    with pytest.raises(FormatError, match="ImagePositionPatient"):
        read_header(tmp_path / "a")


def test_frames_must_agree_on_their_scale(tmp_path: Path) -> None:
    top, odd = ct(ramp()), Dataset()
    odd.RescaleSlope, odd.RescaleIntercept, odd.RescaleType = 0.002, INTERCEPT, "US"
    top.PerFrameFunctionalGroupsSequence[2].PixelValueTransformationSequence = [odd]
    top.save_as(tmp_path / "a", enforce_file_format=True)
    with pytest.raises(FormatError, match="RescaleSlope: expected the same for all frames"):
        read_header(tmp_path / "a")


def test_transfer_syntaxes_not_taken(tmp_path: Path) -> None:
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    for other in (b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2\0\0"):
        (tmp_path / "b").write_bytes(content.replace(b"1.2.840.10008.1.2.1", other, 1))
        with pytest.raises(FormatError, match="TransferSyntaxUID"):
            read_header(tmp_path / "b")


@pytest.mark.parametrize("write", [write_ct, write_rle, write_delimited])
def test_truncated_anywhere(tmp_path: Path, write: Any) -> None:
    content = write(tmp_path / "a", ramp((2, 3, 4))).read_bytes()
    cut = tmp_path / "cut"
    for length in range(0, len(content) - 1, 3):
        cut.write_bytes(content[:length])
        with pytest.raises(FormatError):
            read_ct(cut)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_flipped_bytes_never_raise_anything_else(tmp_path: Path, data: st.DataObject) -> None:
    write = data.draw(st.sampled_from([write_ct, write_rle, write_delimited]))
    content = bytearray(write(tmp_path / "a", ramp((2, 3, 4))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(128, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "b").write_bytes(content)
    try:
        _, image = read_ct(tmp_path / "b")
    except FormatError:
        return
    assert np.isfinite(image).all()


def test_a_run_beyond_its_frame_is_a_format_error(tmp_path: Path) -> None:
    content = write_rle(tmp_path / "a", ramp((2, 3, 4))).read_bytes()
    refused = 0
    for at in range(content.index(b"\xe0\x7f\x10\x00OB") + 20, len(content) - 8):
        for value in (0x00, 0x7F, 0x80, 0x81, 0xFF):
            (tmp_path / "b").write_bytes(content[:at] + bytes([value]) + content[at + 1 :])
            try:
                read_ct(tmp_path / "b")
            except FormatError:
                refused += 1
    assert refused > 100


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 0x10000000])
def test_huge_lengths_allocate_nothing(tmp_path: Path, length: int) -> None:
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    long = length.to_bytes(4, "little")
    head = content.index(b"\x08\x00\x08\x00CS")
    pixels = content.index(b"\xe0\x7f\x10\x00OW") + 8
    hostile = [
        content[:head] + b"\x08\x00\x01\x00UN\0\0" + long + content[head:],
        content[:head] + b"\x08\x00\x01\x00SQ\0\0" + long + content[head:],
        content[:pixels] + long + content[pixels + 4 :],
        content[:head]
        + b"\x08\x00\x06\x00SQ\0\0\xff\xff\xff\xff"
        + b"\xfe\xff\x00\xe0"
        + long
        + content[head:],
    ]
    for each in hostile:
        (tmp_path / "b").write_bytes(each)
        tracemalloc.start()
        with pytest.raises(FormatError):
            read_ct(tmp_path / "b")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16 * 2**20


_HEAD, _SHARED, _FRAMES = b"\x08\x00\x08\x00CS", b"\x00\x52\x29\x92SQ", b"\x00\x52\x30\x92SQ"
_ITEM, _ITEM_END, _SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_OPEN = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    "private",
    [
        # UN of undefined length: its items hold elements without VR (DICOM PS3.5, 6.2.2)
        b"UN\0\0" + _OPEN + _ITEM + _OPEN + b"\x09\x00\x02\x10\x04\0\0\0SQ\0\0" + _ITEM_END + bytes(4),
        b"UN\0\0" + _OPEN + _ITEM + b"\x04\0\0\0" + _SEQUENCE_END,
        b"SQ\0\0" + _OPEN + _ITEM + _OPEN + b"\x09\x00\x02\x10SQ\0\0" + _OPEN + _SEQUENCE_END + bytes(4)
        + _ITEM_END + bytes(4),
        b"SQ\0\0" + _OPEN + _ITEM + bytes(4),
        b"ZZ\0\0\x04\0\0\0abcd",  # a VR to come
    ],
)  # fmt: skip
def test_what_is_private_is_passed_over(tmp_path: Path, private: bytes) -> None:
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    head = content.index(b"\x10\x00\x20\x00LO")  # PatientID
    end = _SEQUENCE_END + bytes(4) if _OPEN in private else b""
    element = b"\x09\x00\x01\x10" + private + end
    (tmp_path / "b").write_bytes(content[:head] + element + content[head:])
    assert read_header(tmp_path / "b") == read_header(tmp_path / "a")


@pytest.mark.parametrize(
    ("write", "found", "put", "field"),
    [
        (write_ct, _HEAD, b"\x08\x00\x08\x00\x04\0", "header"),  # without its VR
        (write_ct, _SHARED, _SHARED[:4] + b"UN", "SharedFunctionalGroupsSequence"),
        (write_ct, _FRAMES, _FRAMES[:4] + b"OB", "PerFrameFunctionalGroupsSequence"),
        (write_ct, _ITEM, _ITEM_END, "SharedFunctionalGroupsSequence"),
        (write_delimited, _ITEM, _ITEM_END, "header"),
        (write_delimited, _ITEM_END, _ITEM, "header"),
        (write_delimited, _ITEM_END, _SEQUENCE_END, "header"),
        (write_delimited, _SEQUENCE_END, _ITEM_END, "header"),
        (write_delimited, _SEQUENCE_END, b"\x09\x00\x01\x10", "header"),
    ],
)
def test_broken_structure_is_refused(
    tmp_path: Path, write: Any, found: bytes, put: bytes, field: str
) -> None:
    content = write(tmp_path / "a", ramp()).read_bytes()
    assert found in content
    (tmp_path / "b").write_bytes(content.replace(found, put, 1))
    with pytest.raises(FormatError) as refused:
        read_header(tmp_path / "b")
    assert refused.value.field == field


def test_an_items_elements_end_with_it(tmp_path: Path) -> None:
    """An element that reaches beyond its item would be read from the next one's bytes."""
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    at = content.index(b"\x28\x00\x52\x10DS") + 6  # RescaleIntercept
    longer = (int.from_bytes(content[at : at + 2], "little") + 200).to_bytes(2, "little")
    (tmp_path / "b").write_bytes(content[:at] + longer + content[at + 2 :])
    with pytest.raises(FormatError, match="PixelValueTransformationSequence: expected items of whole"):
        read_header(tmp_path / "b")


def test_deeply_nested_and_endless_headers(tmp_path: Path) -> None:
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    head = content.index(b"\x08\x00\x08\x00CS")
    nested = b"\x08\x00\x06\x00SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    (tmp_path / "b").write_bytes(content[:head] + nested + content[head:])
    with pytest.raises(FormatError):
        read_header(tmp_path / "b")
    padding = b"\xe1\x7e\x10\x00UN\0\0" + (3 * 2**20).to_bytes(4, "little") + bytes(3 * 2**20)
    pixels = content.index(b"\xe0\x7f\x10\x00OW")
    (tmp_path / "b").write_bytes(content[:pixels] + padding + content[pixels:])
    with pytest.raises(FormatError, match="first 1 MiB"):
        read_header(tmp_path / "b")


def test_a_header_of_countless_items_is_not_parsed(tmp_path: Path) -> None:
    content = write_ct(tmp_path / "a", ramp()).read_bytes()
    head = content.index(b"\x08\x00\x08\x00CS")
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * 100_000 + b"\xfe\xff\xdd\xe0\0\0\0\0"
    hostile = b"\x08\x00\x06\x00SQ\0\0\xff\xff\xff\xff" + items
    (tmp_path / "b").write_bytes(content[:head] + hostile + content[head:])
    tracemalloc.start()
    with pytest.raises(FormatError, match="at most 20000 items"):
        read_header(tmp_path / "b")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_a_missing_file_is_a_format_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="nothing: file: expected to be readable"):
        read_header(tmp_path / "nothing")
